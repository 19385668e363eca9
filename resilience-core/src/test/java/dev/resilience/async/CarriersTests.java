package dev.resilience.async;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import dev.resilience.Sneaky;
import dev.resilience.async.ContextCarrier.Carried;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class CarriersTests {

	private final List<String> log = new ArrayList<>();

	@Test
	void captureWhenNobodyCarriesAnythingShouldBeNothing() {
		assertThat(new Carriers(List.of()).capture()).isSameAs(Carried.NOTHING);
		assertThat(new Carriers(List.of(() -> Carried.NOTHING, () -> Carried.NOTHING)).capture())
			.isSameAs(Carried.NOTHING);
	}

	@Test
	void captureShouldNestAllThatIsCarried() {
		new Carriers(List.of(carrier("a"), () -> Carried.NOTHING, carrier("b"))).capture()
			.run(() -> this.log.add("step"));
		assertThat(this.log).containsExactly("a begin", "b begin", "step", "b end", "a end");
	}

	@Test
	void captureWhenACarrierFailsShouldCarryWhatTheOthersDo() {
		new Carriers(List.of(() -> {
			throw new IllegalStateException("no context");
		}, () -> {
			throw new NoClassDefFoundError("io/micrometer/context/ContextSnapshot");
		}, carrier("a"))).capture().run(() -> this.log.add("step"));
		assertThat(this.log).containsExactly("a begin", "step", "a end");
	}

	@Test
	void captureWhenACarrierFailsInAnyWayShouldCarryWhatTheOthersDo() {
		new Carriers(List.of(() -> {
			throw new AssertionError("no context");
		}, () -> {
			throw Sneaky.sneaky(new IOException("no context"));
		}, carrier("a"))).capture().run(() -> this.log.add("step"));
		assertThat(this.log).containsExactly("a begin", "step", "a end");
	}

	@Test
	void runWhenACarrierThrowsACheckedExceptionShouldDoTheStepOnce() {
		new Carriers(List.of(() -> (step) -> {
			throw Sneaky.sneaky(new IOException("no context"));
		}, carrier("a"))).capture().run(() -> this.log.add("step"));
		assertThat(this.log).containsExactly("a begin", "step", "a end");
	}

	@Test
	void runWhenACarrierRunsTheStepElsewhereShouldDoItOnce() {
		List<Runnable> elsewhere = new ArrayList<>();
		new Carriers(List.of(() -> (step) -> {
			elsewhere.add(step);
			throw new IllegalStateException("no context");
		}, () -> elsewhere::add)).capture().run(() -> this.log.add("step"));
		List.copyOf(elsewhere).forEach(Runnable::run);
		assertThat(this.log).containsExactly("step");
	}

	@Test
	void runWhenTheStepFailsShouldThrowAndNotRepeatIt() {
		Carried carried = new Carriers(List.of(carrier("a"))).capture();
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> carried.run(() -> {
			this.log.add("step");
			throw Sneaky.sneaky(new IOException("refused"));
		}));
		assertThat(this.log).containsExactly("a begin", "step");
	}

	@Test
	void runWhenACarrierFailsBeforeTheStepShouldDoTheStepOnce() {
		new Carriers(List.of(() -> (step) -> {
			throw new IllegalStateException("no context");
		}, carrier("a"))).capture().run(() -> this.log.add("step"));
		assertThat(this.log).containsExactly("a begin", "step", "a end");
	}

	private ContextCarrier carrier(String name) {
		return () -> (step) -> {
			this.log.add(name + " begin");
			step.run();
			this.log.add(name + " end");
		};
	}

}
