package dev.resilience.circuitbreaker;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

import dev.resilience.Admission;
import dev.resilience.Permit;
import dev.resilience.RecordingListener;
import dev.resilience.Trap;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class OrderTests {

	private static final Duration HOUR = Duration.ofHours(1);

	private final IOException failure = new IOException("refused");

	private final FakeTicker ticker = new FakeTicker();

	private final CircuitBreaker breaker = new CircuitBreaker("payments", CircuitBreakerConfig.builder().build(),
			this.ticker.source());

	@Test
	void forceOpenWhenTimeIsLeftShouldRejectAndSayHowLong() {
		this.breaker.forceOpen("maintenance", HOUR);
		this.ticker.advance(HOUR.minusSeconds(90));
		Admission.Rejection rejection = (Admission.Rejection) this.breaker.tryAcquire();
		assertThat(rejection.retryAfter()).isEqualTo(Duration.ofSeconds(90));
		assertThat(rejection.explain()).endsWith(": maintenance; ends in 90 s");
		assertThat(rejection.explainToCaller()).endsWith("; ends in 90 s").doesNotContain("maintenance");
		assertThat(this.breaker.snapshot().details()).containsEntry("timeLeft", Duration.ofSeconds(90));
	}

	@Test
	void forceOpenWhenTimeIsOverShouldCloseOnTheNextCall() throws Exception {
		this.breaker.forceOpen("maintenance", HOUR);
		this.ticker.advance(HOUR.minusNanos(1));
		assertThat(this.breaker.tryAcquire()).isInstanceOf(Admission.Rejection.class);
		assertThat(this.breaker.stops()).isNotNull();
		this.ticker.advance(Duration.ofNanos(1));
		assertThat(this.breaker.stops()).isNull();
		assertThat(this.breaker.call(() -> "fine")).isEqualTo("fine");
		assertThat(this.breaker.state()).isEqualTo(CircuitState.CLOSED);
		assertThat(this.ticker.timers()).as("no timer is needed").isZero();
	}

	@Test
	void stateWhenTimeOfOrderIsOverShouldCloseAndTellAndMoveNothingElse() {
		RecordingListener events = new RecordingListener();
		this.breaker.addListener(events);
		for (Consumer<String> order : List.<Consumer<String>>of((reason) -> this.breaker.forceOpen(reason, HOUR),
				(reason) -> this.breaker.disable(reason, HOUR))) {
			order.accept("drill");
			CircuitState ordered = this.breaker.state();
			this.ticker.advance(HOUR.minusNanos(1));
			assertThat(this.breaker.state()).isEqualTo(ordered).isNotEqualTo(CircuitState.CLOSED);
			this.ticker.advance(Duration.ofNanos(1));
			assertThat(this.breaker.state()).isEqualTo(CircuitState.CLOSED);
		}
		assertThat(events.await(4).get(3).details()).containsEntry("from", "DISABLED").containsEntry("to", "CLOSED");
		for (int call = 0; call < 5; call++) {
			((Permit) this.breaker.tryAcquire()).failed(this.failure, 0);
		}
		this.ticker.advance(HOUR);
		assertThat(this.breaker.state()).as("no call has come").isEqualTo(CircuitState.OPEN);
	}

	@Test
	void disableWhenTimeIsOverShouldCloseOnTheNextSnapshotAndTell() {
		RecordingListener events = new RecordingListener();
		this.breaker.addListener(events);
		this.breaker.disable("false alarm", HOUR);
		assertThat(this.breaker.snapshot().details()).containsEntry("timeLeft", HOUR);
		this.ticker.advance(HOUR);
		assertThat(this.breaker.snapshot().state()).isEqualTo("CLOSED");
		assertThat(this.breaker.snapshot().details()).doesNotContainKey("timeLeft")
			.containsEntry("reason", "the order's time is over");
		assertThat(events.await(2).get(1).details()).containsEntry("from", "DISABLED").containsEntry("to", "CLOSED");
	}

	@Test
	void disableWhenTimeIsOverShouldWatchCallsAgain() {
		this.breaker.disable("false alarm", HOUR);
		for (int call = 0; call < 10; call++) {
			((Permit) this.breaker.tryAcquire()).failed(this.failure, 0);
		}
		this.ticker.advance(HOUR);
		for (int call = 0; call < 5; call++) {
			((Permit) this.breaker.tryAcquire()).failed(this.failure, 0);
		}
		assertThat(this.breaker.state()).isEqualTo(CircuitState.OPEN);
	}

	@Test
	@Trap(1)
	void endedWhenOrderWithTimeCameMeanwhileShouldNotMoveIt() {
		Permit failing = (Permit) this.breaker.tryAcquire();
		this.breaker.forceOpen("maintenance", HOUR);
		for (int call = 0; call < 10; call++) {
			this.breaker.recordSuccess();
			this.breaker.recordFailure(this.failure);
		}
		failing.failed(this.failure, 0);
		assertThat(this.breaker.state()).isEqualTo(CircuitState.FORCED_OPEN);
		this.ticker.advance(HOUR);
		assertThat(this.breaker.snapshot().gauges()).containsEntry("consecutive-failures", 0.0);
	}

	@Test
	void orderWhenAnotherComesShouldForgetTheTimeOfTheFirst() {
		this.breaker.forceOpen("maintenance", HOUR);
		this.breaker.forceOpen("longer maintenance");
		this.ticker.advance(HOUR.multipliedBy(100));
		assertThat(this.breaker.tryAcquire()).isInstanceOf(Admission.Rejection.class);
		assertThat(this.breaker.snapshot().details()).doesNotContainKey("timeLeft");
	}

	@Test
	void orderWhenTickerWrapsShouldEndAllTheSame() {
		FakeTicker wrapping = new FakeTicker(Long.MAX_VALUE - 1000);
		CircuitBreaker other = new CircuitBreaker("orders", CircuitBreakerConfig.builder().build(), wrapping.source());
		other.forceOpen("maintenance", HOUR);
		wrapping.advance(HOUR.minusNanos(1));
		assertThat(other.tryAcquire()).isInstanceOf(Admission.Rejection.class);
		wrapping.advance(Duration.ofNanos(1));
		assertThat(other.tryAcquire()).isInstanceOf(Permit.class);
	}

	@Test
	void orderWhenTimeIsOutOfBoundsShouldSayWhatToDo() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.breaker.forceOpen("maintenance", Duration.ZERO))
			.withMessage(
					"'expires-in' is 'PT0S' but must be positive and at most 365 days: set a duration such as 60s");
		assertThatIllegalArgumentException().isThrownBy(() -> this.breaker.disable("alarm", Duration.ofDays(366)));
		assertThat(this.breaker.state()).isEqualTo(CircuitState.CLOSED);
	}

}
