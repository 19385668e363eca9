package dev.resilience.circuitbreaker;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import dev.resilience.Trap;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class WindowRuleTests {

	private static final Duration SLOW = Duration.ofSeconds(2);

	private final IOException failure = new IOException("refused");

	private final FakeTicker ticker = new FakeTicker();

	@Test
	void callWhenFailureRateReachesThresholdShouldOpen() {
		CircuitBreaker breaker = breaker(SlidingWindow.ofCalls(100));
		for (int round = 0; round < 9; round++) {
			breaker.recordSuccess();
			breaker.recordFailure(this.failure);
		}
		breaker.recordFailure(this.failure);
		assertThat(breaker.state()).as("19 calls").isEqualTo(CircuitState.CLOSED);
		assertThat(breaker.snapshot().gauges()).containsEntry("buffered-calls", 19.0)
			.containsEntry("failure-rate", Double.NaN);
		breaker.recordSuccess();
		assertThat(breaker.state()).as("a success makes up the number").isEqualTo(CircuitState.OPEN);
		assertThat(breaker.snapshot().details()).containsEntry("reason", "10 failed of the latest 20 calls");
	}

	@ParameterizedTest
	@Trap(5)
	@ValueSource(strings = { "COUNT", "TIME" })
	void callWhenThresholdIsOneHundredShouldOpenAtOneHundred(SlidingWindow.Type type) {
		SlidingWindow.Builder window = (type == SlidingWindow.Type.COUNT) ? SlidingWindow.ofCalls(20)
				: SlidingWindow.ofTime(Duration.ofSeconds(60));
		CircuitBreaker breaker = breaker(window.failureRateThreshold(100));
		fail(breaker, 19);
		assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
		fail(breaker, 1);
		assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
	}

	@Test
	@Trap(5)
	void callWhenRateIsJustBelowThresholdShouldStayClosed() {
		CircuitBreaker breaker = breaker(SlidingWindow.ofCalls(1000).minimumCalls(1000).failureRateThreshold(33.3));
		succeed(breaker, 668);
		fail(breaker, 332);
		assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
		assertThat(breaker.snapshot().gauges()).containsEntry("failure-rate", 0.332);
		fail(breaker, 669);
		assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
		assertThat(breaker.snapshot().details()).containsEntry("reason", "333 failed of the latest 1000 calls");
	}

	@Test
	void callWhenMinimumIsMoreThanTheWindowHoldsShouldJudgeAFullWindow() {
		CircuitBreaker breaker = breaker(SlidingWindow.ofCalls(4).minimumCalls(20));
		fail(breaker, 4);
		assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
	}

	@Test
	void callWhenFailuresAreInARowShouldOpenBesideTheWindow() {
		CircuitBreaker breaker = new CircuitBreaker("payments",
				config(SlidingWindow.ofCalls(100)).failureThreshold(3).build(), this.ticker.source());
		fail(breaker, 3);
		assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
		assertThat(breaker.snapshot().details()).containsEntry("reason",
				"3 consecutive failures, last java.io.IOException");
	}

	@Test
	void callWhenSlowShouldCountSlowAndOpenAtItsThreshold() throws Exception {
		CircuitBreaker breaker = breaker(
				SlidingWindow.ofTime(Duration.ofMinutes(10)).slowCallDuration(SLOW).slowCallRateThreshold(25));
		for (int call = 0; call < 20; call++) {
			int index = call;
			breaker.call(() -> take((index % 4 == 0) ? SLOW : SLOW.minusNanos(1)));
		}
		PolicySnapshot snapshot = breaker.snapshot();
		assertThat(snapshot.state()).isEqualTo("OPEN");
		assertThat(snapshot.calls()).containsEntry("succeeded", 20L)
			.containsEntry("failed", 0L)
			.containsEntry("slow", 5L);
		assertThat(snapshot.details()).containsEntry("reason", "5 slow of the latest 20 calls");
		assertThat(snapshot.gauges()).containsEntry("success-rate", 1.0);
	}

	@Test
	void callWhenSlowAndFailedShouldCountBoth() {
		CircuitBreaker breaker = breaker(SlidingWindow.ofCalls(100).minimumCalls(2).slowCallDuration(SLOW));
		permit(breaker).succeeded("fine", 0);
		permit(breaker).failed(this.failure, SLOW.toNanos());
		assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
		assertThat(breaker.snapshot().calls()).containsEntry("failed", 1L).containsEntry("slow", 1L);
	}

	@Test
	void callAsyncWhenSlowShouldBeMeasuredToItsEnd() {
		CircuitBreaker breaker = breaker(SlidingWindow.ofCalls(100).slowCallDuration(SLOW));
		CompletableFuture<String> work = new CompletableFuture<>();
		breaker.callAsync(() -> work);
		this.ticker.advance(SLOW);
		work.complete("fine");
		assertThat(breaker.snapshot().calls()).containsEntry("slow", 1L).containsEntry("succeeded", 1L);
	}

	@Test
	void trialWhenSlowShouldReopenAsTheCalleeIsNotWellYet() throws Exception {
		CircuitBreaker breaker = breaker(SlidingWindow.ofCalls(10).slowCallDuration(SLOW));
		for (int call = 0; call < 10; call++) {
			breaker.call(() -> take(SLOW));
		}
		this.ticker.advance(Duration.ofSeconds(60));
		breaker.call(() -> take(SLOW));
		assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
		assertThat(breaker.snapshot().details()).containsEntry("reason", "a trial was slow");
		this.ticker.advance(Duration.ofSeconds(60));
		breaker.call(() -> "fast");
		breaker.call(() -> "fast");
		assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
		assertThat(breaker.snapshot().gauges()).as("a new window").containsEntry("buffered-calls", 0.0);
	}

	@Test
	void callWhenIgnoredShouldNotBeInTheWindow() {
		CircuitBreaker breaker = new CircuitBreaker("payments",
				config(SlidingWindow.ofCalls(10)).ignoreExceptions(List.of(IllegalArgumentException.class)).build(),
				this.ticker.source());
		for (int call = 0; call < 10; call++) {
			breaker.recordFailure(new IllegalArgumentException("of the caller"));
		}
		assertThat(breaker.snapshot().gauges()).containsEntry("buffered-calls", 0.0);
	}

	@Test
	@Trap(2)
	void endedWhenAdmittedBeforeTheOutageShouldNotReachTheLaterWindow() {
		CircuitBreaker breaker = breaker(SlidingWindow.ofCalls(10));
		List<Permit> early = new ArrayList<>();
		for (int call = 0; call < 50; call++) {
			early.add(permit(breaker));
		}
		fail(breaker, 10);
		breaker.reset("the callee was replaced");
		early.forEach((permit) -> permit.failed(this.failure, 0));
		assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
		assertThat(breaker.snapshot().gauges()).containsEntry("buffered-calls", 0.0);
	}

	private Object take(Duration duration) {
		this.ticker.advance(duration);
		return "done";
	}

	@Test
	void snapshotWhenNothingOpensTheBreakerShouldWarn() {
		CircuitBreaker breaker = new CircuitBreaker("payments", config(SlidingWindow.ofCalls(10)).build(),
				this.ticker.source());
		assertThat(breaker.snapshot().details()).doesNotContainKey("warning");
		breaker.reconfigure(CircuitBreakerConfig.builder().failureThreshold(0).build());
		assertThat(breaker.snapshot().details()).containsEntry("warning",
				"'failure-threshold' is '0' and there is no window, so the breaker never opens by itself: set"
						+ " 'failure-threshold' to 1 or more, or 'window.type' to count or time");
		breaker.reconfigure(CircuitBreakerConfig.builder().build());
		assertThat(breaker.snapshot().details()).doesNotContainKey("warning");
	}

	@Test
	void snapshotWhenWindowIsMissingShouldWarnOfItsSettings() {
		for (SlidingWindow.Builder window : List.of(SlidingWindow.NONE.toBuilder().minimumCalls(7),
				SlidingWindow.NONE.toBuilder().failureRateThreshold(40),
				SlidingWindow.NONE.toBuilder().slowCallRateThreshold(40),
				new SlidingWindow(SlidingWindow.Type.NONE, 99, Duration.ofSeconds(60), 20, 50, null, 100).toBuilder(),
				new SlidingWindow(SlidingWindow.Type.NONE, 100, Duration.ofSeconds(61), 20, 50, null, 100)
					.toBuilder())) {
			CircuitBreaker breaker = new CircuitBreaker("payments", config(window).failureThreshold(5).build(),
					this.ticker.source());
			assertThat(breaker.snapshot().details().get("warning")).asString()
				.contains("but there is no window, so it has no effect: set 'window.type' to count or time")
				.doesNotContain(";");
		}
	}

	private CircuitBreaker breaker(SlidingWindow.Builder window) {
		return new CircuitBreaker("payments", config(window).build(), this.ticker.source());
	}

	private static CircuitBreakerConfig.Builder config(SlidingWindow.Builder window) {
		return CircuitBreakerConfig.builder().failureThreshold(0).window(window.build());
	}

	private static Permit permit(CircuitBreaker breaker) {
		return (Permit) breaker.tryAcquire();
	}

	private static void succeed(CircuitBreaker breaker, int calls) {
		for (int call = 0; call < calls; call++) {
			breaker.recordSuccess();
		}
	}

	private void fail(CircuitBreaker breaker, int calls) {
		for (int call = 0; call < calls; call++) {
			breaker.recordFailure(this.failure);
		}
	}

}
