package dev.resilience.bulkhead;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import com.sun.management.ThreadMXBean;
import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import dev.resilience.Permit;
import dev.resilience.PolicyEvent;
import dev.resilience.PolicySnapshot;
import dev.resilience.RecordingListener;
import dev.resilience.async.Unfinished;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class BulkheadTests {

	private final FakeTicker ticker = new FakeTicker();

	@Test
	void callWhenPlacesAreTakenShouldReject() throws Exception {
		Bulkhead bulkhead = bulkhead(2);
		String answer = bulkhead.call(() -> bulkhead.call(() -> {
			assertThatExceptionOfType(BulkheadFullException.class).isThrownBy(() -> bulkhead.call(() -> "never"))
				.withMessage("bulkhead 'orders' is full: 2 of 2 places are taken")
				.satisfies((ex) -> {
					assertThat(ex.category()).isEqualTo(CallRejectedException.Category.UNAVAILABLE);
					assertThat(ex.reason()).isEqualTo("full");
					assertThat(ex.policyType()).isEqualTo("bulkhead");
					assertThat(ex.retryAfter()).isNull();
				});
			return "inner";
		}));
		assertThat(answer).isEqualTo("inner");
		assertThat(bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0).containsEntry("available", 2.0);
		assertThat(bulkhead.snapshot().calls()).containsEntry("granted", 2L);
		assertThat(bulkhead.snapshot().rejections()).containsExactlyInAnyOrderEntriesOf(
				Map.of("full", 1L, "max-waiting", 0L, "max-wait", 0L, "missing-key", 0L, "invalid-key", 0L));
	}

	@Test
	void callWhenCalleeFailsShouldFreeThePlace() {
		Bulkhead bulkhead = bulkhead(1);
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> bulkhead.call(() -> {
			throw new IOException("refused");
		}));
		assertThatExceptionOfType(StackOverflowError.class).isThrownBy(() -> bulkhead.call(() -> {
			throw new StackOverflowError();
		}));
		assertThat(bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0);
	}

	@Test
	void admitWhenAWeightIsGivenShouldTakeThatManyPlaces() {
		Bulkhead bulkhead = bulkhead(5);
		Permit heavy = (Permit) bulkhead.admit(weight(4));
		assertThat(bulkhead.admit(weight(2))).isInstanceOf(Full.class);
		Permit light = (Permit) bulkhead.admit(weight(1));
		assertThat(bulkhead.snapshot().state()).isEqualTo("FULL");
		heavy.succeeded(null, 0);
		assertThat(bulkhead.snapshot().gauges()).containsEntry("in-use", 1.0);
		light.abandoned();
		assertThat(bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0);
	}

	@ParameterizedTest
	@ValueSource(ints = { 6, Integer.MAX_VALUE })
	void admitWhenWeightIsOverAllPlacesShouldNameWeightPlacesAndRemedy(int weight) {
		assertThatIllegalArgumentException().isThrownBy(() -> bulkhead(5).admit(weight(weight)))
			.withMessage("'weight' is '" + weight + "' but must be at most the 5 places of bulkhead 'orders': "
					+ "ask for fewer places at once, or raise 'max-concurrent-calls'");
	}

	@Test
	void admitShouldShareOnePermitAmongCalls() {
		Bulkhead bulkhead = bulkhead(2);
		assertThat(bulkhead.admit(CallContext.NONE)).isSameAs(bulkhead.admit(CallContext.NONE));
	}

	@Test
	void admitWhenKeyedShouldGiveEachKeyItsOwnPlaces() {
		Bulkhead bulkhead = bulkhead(1);
		Permit first = (Permit) bulkhead.admit(CallContext.ofKey("a"));
		assertThat(bulkhead.admit(CallContext.ofKey("a"))).isInstanceOf(Full.class);
		assertThat(bulkhead.admit(CallContext.ofKey("b"))).isInstanceOf(Permit.class);
		assertThat(bulkhead.admit(CallContext.NONE)).isInstanceOf(Permit.class);
		first.succeeded(null, 0);
		assertThat(bulkhead.admit(CallContext.ofKey("a"))).isInstanceOf(Permit.class);
		PolicySnapshot snapshot = bulkhead.snapshot();
		assertThat(snapshot.gauges()).containsEntry("in-use", 3.0).containsEntry("keys", 2.0);
		assertThat(snapshot.calls()).containsEntry("granted", 4L);
	}

	@Test
	void admitWhenThereAreTooManyKeysShouldShareOneMemberAndForgetOnlyIdleOnes() {
		Bulkhead bulkhead = new Bulkhead("orders", BulkheadConfig.builder().maxConcurrentCalls(1).maxKeys(2).build(),
				this.ticker.source());
		Permit busy = (Permit) bulkhead.admit(CallContext.ofKey("a"));
		bulkhead.admit(CallContext.ofKey("b"));
		assertThat(bulkhead.admit(CallContext.ofKey("c"))).isInstanceOf(Permit.class);
		assertThat(bulkhead.admit(CallContext.ofKey("d"))).as("shares with c").isInstanceOf(Full.class);
		assertThat(bulkhead.admit(CallContext.ofKey("a"))).as("was not forgotten").isInstanceOf(Full.class);
		busy.succeeded(null, 0);
		assertThat(bulkhead.admit(CallContext.ofKey("d"))).as("in the place of a").isInstanceOf(Permit.class);
		assertThat(bulkhead.snapshot().gauges()).containsEntry("keys", 2.0).containsEntry("in-use", 3.0);
	}

	@Test
	void tryAcquireWhenEndedTwiceShouldFreeThePlaceOnce() {
		Bulkhead bulkhead = bulkhead(2);
		Permit first = (Permit) bulkhead.tryAcquire();
		bulkhead.tryAcquire();
		first.succeeded(null, 0);
		first.abandoned();
		first.failed(new IOException(), 0);
		assertThat(bulkhead.snapshot().gauges()).containsEntry("in-use", 1.0);
		assertThat(bulkhead.tryAcquire()).isInstanceOf(Permit.class);
		assertThat(bulkhead.tryAcquire()).isInstanceOf(Admission.Rejection.class);
	}

	@Test
	void failedWhenTheWorkGoesOnShouldHoldThePlaceUntilItEnds() {
		Bulkhead bulkhead = bulkhead(1);
		GaveUp gaveUp = new GaveUp();
		((Permit) bulkhead.admit(CallContext.NONE)).failed(gaveUp, 0);
		assertThat(bulkhead.admit(CallContext.NONE)).isInstanceOf(Full.class);
		gaveUp.actions.forEach(Runnable::run);
		assertThat(bulkhead.admit(CallContext.NONE)).isInstanceOf(Permit.class);
	}

	@Test
	void resizeShouldTakeEffectAtOnce() {
		RecordingListener events = new RecordingListener();
		Bulkhead bulkhead = bulkhead(2);
		bulkhead.addListener(events);
		List<Permit> permits = new ArrayList<>();
		permits.add((Permit) bulkhead.admit(CallContext.NONE));
		permits.add((Permit) bulkhead.admit(CallContext.NONE));
		bulkhead.resize(1);
		assertThat(bulkhead.snapshot().gauges()).containsEntry("in-use", 2.0).containsEntry("available", 0.0);
		permits.get(0).succeeded(null, 0);
		assertThat(bulkhead.admit(CallContext.NONE)).isInstanceOfSatisfying(Full.class, (full) -> {
			assertThat(full.explain()).isEqualTo("bulkhead 'orders' is full: 1 of 1 places are taken");
			assertThat(full.generation()).isOne();
		});
		bulkhead.resize(3);
		assertThat(bulkhead.admit(CallContext.NONE)).isInstanceOf(Permit.class);
		assertThat(bulkhead.admit(CallContext.NONE)).isInstanceOf(Permit.class);
		assertThat(bulkhead.admit(CallContext.NONE)).isInstanceOf(Full.class);
		assertThat(bulkhead.config().maxConcurrentCalls()).isEqualTo(3);
		PolicyEvent event = events.await(2).get(1);
		assertThat(event.kind()).isEqualTo("resize");
		assertThat(event.message()).isEqualTo("bulkhead 'orders' was resized from 1 to 3 places");
		assertThat(event.details()).containsEntry("from", 1).containsEntry("to", 3);
		assertThatIllegalArgumentException().isThrownBy(() -> bulkhead.resize(0))
			.withMessageContaining("'max-concurrent-calls' is '0'");
	}

	@Test
	void snapshotWhenCallsPassedByTheMillionShouldCountEachOne() {
		Bulkhead bulkhead = bulkhead(1);
		// More than the word itself can count.
		int calls = 17_000_000;
		for (int call = 0; call < calls; call++) {
			((Permit) bulkhead.admit(CallContext.NONE)).succeeded(null, 0);
		}
		assertThat(bulkhead.snapshot().calls()).containsEntry("granted", (long) calls);
		assertThat(bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0).containsEntry("waiting", 0.0);
	}

	@Test
	void snapshotShouldTellTheConfigurationAndWarn() {
		Bulkhead bulkhead = new Bulkhead("orders", BulkheadConfig.builder().maxWait(Duration.ofMillis(50)).build(),
				this.ticker.source());
		assertThat(bulkhead.snapshot().config()).containsEntry("max-concurrent-calls", 25)
			.containsEntry("max-wait", Duration.ofMillis(50))
			.containsEntry("max-waiting", 0)
			.containsEntry("max-keys", 10_000);
		assertThat(bulkhead.snapshot().details().get("warning")).asString().contains("no call ever waits");
		assertThat(bulkhead(1).snapshot().details()).isEmpty();
	}

	@Test
	void callWhenNobodyWaitsShouldAllocateNothing() throws Exception {
		Bulkhead bulkhead = Bulkhead.of("orders", BulkheadConfig.builder().maxConcurrentCalls(5).build());
		Callable<String> call = () -> "done";
		ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
		double least = Double.MAX_VALUE;
		for (int round = 0; round < 4; round++) {
			long before = threads.getCurrentThreadAllocatedBytes();
			for (int index = 0; index < 100_000; index++) {
				bulkhead.call(call);
			}
			least = Math.min(least, (threads.getCurrentThreadAllocatedBytes() - before) / 100_000.0);
		}
		assertThat(least).isLessThan(1);
	}

	private Bulkhead bulkhead(int places) {
		return new Bulkhead("orders", BulkheadConfig.builder().maxConcurrentCalls(places).build(),
				this.ticker.source());
	}

	private static CallContext weight(int weight) {
		return new CallContext(null, weight, true);
	}

	@SuppressWarnings("serial")
	private static final class GaveUp extends Exception implements Unfinished {

		private static final long serialVersionUID = 1L;

		private final transient List<Runnable> actions = new ArrayList<>();

		@Override
		public void whenEnded(Runnable action) {
			this.actions.add(action);
		}

	}

}
