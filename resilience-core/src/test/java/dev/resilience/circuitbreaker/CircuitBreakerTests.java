package dev.resilience.circuitbreaker;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import dev.resilience.Admission;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import dev.resilience.RecordingListener;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.TimeSource;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class CircuitBreakerTests {

	private final FakeTicker ticker = new FakeTicker();

	private final CircuitBreakerConfig.Builder config = CircuitBreakerConfig.builder();

	@Test
	void callWhenFailuresInARowReachThresholdShouldOpen() {
		CircuitBreaker breaker = breaker();
		fail(breaker, 4);
		assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
		assertThat(breaker.snapshot().gauges()).containsEntry("consecutive-failures", 4.0);
		fail(breaker, 1);
		assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
		assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(() -> breaker.call(() -> "never"));
	}

	@Test
	void callWhenSuccessComesBetweenFailuresShouldStayClosed() throws Exception {
		CircuitBreaker breaker = breaker();
		for (int round = 0; round < 10; round++) {
			fail(breaker, 4);
			assertThat(breaker.call(() -> "fine")).isEqualTo("fine");
		}
		assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
		assertThat(breaker.snapshot().calls()).containsEntry("failed", 40L).containsEntry("succeeded", 10L);
	}

	@Test
	void callWhenFailureThresholdIsZeroShouldNeverOpen() {
		this.config.failureThreshold(0);
		CircuitBreaker breaker = breaker();
		fail(breaker, 1000);
		assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
	}

	@Test
	void callWhenOpenDurationHasPassedShouldBeATrial() throws Exception {
		CircuitBreaker breaker = open();
		this.ticker.advance(Duration.ofSeconds(60).minusNanos(1));
		assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(() -> breaker.call(() -> "never"));
		this.ticker.advance(Duration.ofNanos(1));
		assertThat(breaker.state()).as("no call has come").isEqualTo(CircuitState.OPEN);
		breaker.call(() -> {
			assertThat(breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
			return "trial";
		});
		assertThat(this.ticker.timers()).as("no timer is needed").isZero();
	}

	@Test
	void callWhenTickerIsAboutToWrapShouldMeasureTheOpenDurationAllTheSame() throws Exception {
		FakeTicker wrapping = new FakeTicker(Long.MAX_VALUE - Duration.ofSeconds(30).toNanos());
		CircuitBreaker breaker = new CircuitBreaker("payments", this.config.build(), wrapping.source());
		fail(breaker, 5);
		wrapping.advance(Duration.ofSeconds(59));
		assertThat(breaker.tryAcquire()).isInstanceOf(Admission.Rejection.class);
		wrapping.advance(Duration.ofSeconds(1));
		assertThat(breaker.call(() -> "trial")).isEqualTo("trial");
	}

	@Test
	void callWhenWallClockJumpsShouldNotMoveTheBreaker() {
		CircuitBreaker breaker = open();
		this.ticker.shiftClock(Duration.ofDays(1));
		assertThat(breaker.tryAcquire()).isInstanceOf(Admission.Rejection.class);
		this.ticker.shiftClock(Duration.ofDays(-2));
		this.ticker.advance(Duration.ofSeconds(60));
		assertThat(breaker.tryAcquire()).isInstanceOf(Permit.class);
	}

	@Test
	void callWhenFailureIsIgnoredShouldCountItAsIgnored() {
		this.config.recordExceptions(List.of(IOException.class)).ignoreExceptions(List.of(FileNotFoundException.class));
		CircuitBreaker breaker = breaker();
		for (int round = 0; round < 10; round++) {
			fail(breaker, FileNotFoundException::new);
			fail(breaker, IllegalStateException::new);
		}
		fail(breaker, ConnectException::new);
		assertThat(breaker.snapshot().calls()).containsExactly(Map.entry("succeeded", 0L), Map.entry("failed", 1L),
				Map.entry("ignored", 20L), Map.entry("slow", 0L));
		assertThat(breaker.snapshot().gauges()).containsEntry("consecutive-failures", 1.0);
	}

	@Test
	void callWhenErrorIsThrownShouldCountAsFailedUnlessIgnored() {
		this.config.recordExceptions(List.of(IOException.class)).ignoreExceptions(List.of(OutOfMemoryError.class));
		CircuitBreaker breaker = breaker();
		fail(breaker, StackOverflowError::new);
		fail(breaker, OutOfMemoryError::new);
		assertThat(breaker.snapshot().calls()).containsEntry("failed", 1L).containsEntry("ignored", 1L);
	}

	@Test
	void recordWhenClosedShouldCountAsACall() {
		CircuitBreaker breaker = breaker();
		breaker.recordSuccess();
		for (int round = 0; round < 5; round++) {
			breaker.recordFailure(new IOException("refused"));
		}
		assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
		breaker.recordSuccess();
		assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
		assertThat(breaker.snapshot().calls()).containsEntry("succeeded", 2L).containsEntry("failed", 5L);
	}

	@Test
	void rejectionWhenOpenShouldExplainWithoutTheCalleesWords() {
		this.ticker.advance(Duration.ofSeconds(191));
		CircuitBreaker breaker = breaker();
		fail(breaker, 4);
		fail(breaker, () -> new ConnectException("secret host refused"));
		this.ticker.advance(Duration.ofSeconds(48));
		assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(() -> breaker.call(() -> "never"))
			.withMessage("circuit breaker 'payments' is OPEN since 12:03:11Z: 5 consecutive failures, "
					+ "last java.net.ConnectException; next trial in 12 s")
			.satisfies((ex) -> {
				assertThat(ex.reason()).isEqualTo("open");
				assertThat(ex.retryAfter()).isEqualTo(Duration.ofSeconds(12));
				assertThat(ex.decisionId()).isEqualTo("circuit-breaker:payments:2");
				assertThat(ex.getStackTrace()).isEmpty();
			});
		assertThat(breaker.snapshot().toString()).doesNotContain("secret");
	}

	@Test
	void rejectionWhenReadLateShouldNotWaitForThePast() {
		CircuitBreaker breaker = open();
		Admission.Rejection rejection = (Admission.Rejection) breaker.tryAcquire();
		this.ticker.advance(Duration.ofMillis(59_500));
		assertThat(rejection.explain()).endsWith("; next trial in 500 ms");
		this.ticker.advance(Duration.ofDays(1));
		assertThat(rejection.retryAfter()).isEqualTo(Duration.ZERO);
		assertThat(rejection.explain()).contains("since 2026-01-01T12:00:00Z").endsWith("; the next call is a trial");
	}

	@Test
	void rejectionWhenOpenShouldBeOneObjectForAllCalls() {
		CircuitBreaker breaker = open();
		assertThat(breaker.tryAcquire()).isSameAs(breaker.tryAcquire());
	}

	@Test
	void forceOpenWhenClosedShouldRejectUntilReset() throws Exception {
		CircuitBreaker breaker = breaker();
		breaker.forceOpen("maintenance");
		this.ticker.advance(Duration.ofDays(300));
		assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(() -> breaker.call(() -> "never"))
			.withMessage("circuit breaker 'payments' is FORCED_OPEN since 2026-01-01T12:00:00Z: maintenance")
			.satisfies((ex) -> assertThat(ex.reason()).isEqualTo("forced-open"))
			.satisfies((ex) -> assertThat(ex.retryAfter()).isNull());
		breaker.recordSuccess();
		assertThat(breaker.state()).isEqualTo(CircuitState.FORCED_OPEN);
		breaker.reset("maintenance is over");
		assertThat(breaker.call(() -> "fine")).isEqualTo("fine");
	}

	@Test
	void disableWhenOpenShouldLetAllPassAndCount() {
		CircuitBreaker breaker = open();
		breaker.disable("false alarm");
		fail(breaker, 100);
		assertThat(breaker.state()).isEqualTo(CircuitState.DISABLED);
		assertThat(breaker.snapshot().calls()).containsEntry("failed", 105L);
		assertThat(breaker.snapshot().health()).isEqualTo(PolicySnapshot.Health.UP);
	}

	@Test
	void resetWhenClosedShouldForgetFailuresInARow() {
		CircuitBreaker breaker = breaker();
		fail(breaker, 4);
		breaker.reset("the callee was replaced");
		fail(breaker, 4);
		assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
	}

	@Test
	void orderWhenReasonIsMissingShouldSayWhatToDo() {
		CircuitBreaker breaker = breaker();
		assertThatIllegalArgumentException().isThrownBy(() -> breaker.forceOpen(" "))
			.withMessage("'reason' is ' ' but must not be blank: say why, for those who will ask");
		assertThatIllegalArgumentException().isThrownBy(() -> breaker.disable(""));
		assertThatIllegalArgumentException().isThrownBy(() -> breaker.reset("x".repeat(501)))
			.withMessageContaining("at most 500 characters");
		assertThat(breaker.snapshot().transitions()).isEmpty();
	}

	@Test
	void snapshotWhenNewShouldShowEverythingAtZero() {
		PolicySnapshot snapshot = breaker().snapshot();
		assertThat(snapshot.type()).isEqualTo("circuit-breaker");
		assertThat(snapshot.state()).isEqualTo("CLOSED");
		assertThat(snapshot.states()).containsExactly("CLOSED", "OPEN", "HALF_OPEN", "FORCED_OPEN", "DISABLED");
		assertThat(snapshot.health()).isEqualTo(PolicySnapshot.Health.UP);
		assertThat(snapshot.rejections()).containsExactly(Map.entry("open", 0L), Map.entry("half-open-full", 0L),
				Map.entry("forced-open", 0L), Map.entry("missing-key", 0L), Map.entry("invalid-key", 0L));
		assertThat(snapshot.gauges()).containsExactly(Map.entry("consecutive-failures", 0.0),
				Map.entry("trials-running", 0.0), Map.entry("buffered-calls", 0.0),
				Map.entry("failure-rate", Double.NaN), Map.entry("slow-call-rate", Double.NaN),
				Map.entry("success-rate", 1.0), Map.entry("keys", 0.0), Map.entry("open-keys", 0.0));
		assertThat(snapshot.details()).containsEntry("generation", 1L)
			.containsEntry("since", FakeTicker.EPOCH)
			.doesNotContainKeys("lastFailure", "lastFailureAt", "retryAfter", "timeLeft", "recordResultError");
		assertThat(snapshot.config()).containsExactly(Map.entry("failure-threshold", 5),
				Map.entry("window.type", "none"), Map.entry("open-duration", Duration.ofSeconds(60)),
				Map.entry("open-duration-multiplier", 1.0), Map.entry("max-open-duration", Duration.ofMinutes(10)),
				Map.entry("half-open-max-calls", 3), Map.entry("trial-timeout", Duration.ofSeconds(60)),
				Map.entry("success-threshold", 2), Map.entry("record-exceptions", List.of("java.lang.Exception")),
				Map.entry("ignore-exceptions", List.of()), Map.entry("max-keys", 10_000), Map.entry("mode", "enforce"));
	}

	@Test
	void snapshotWhenOpenShouldExplainAndMoveNothing() {
		CircuitBreaker breaker = open();
		breaker.tryAcquire();
		this.ticker.advance(Duration.ofSeconds(50));
		PolicySnapshot snapshot = breaker.snapshot();
		assertThat(snapshot.health()).isEqualTo(PolicySnapshot.Health.DEGRADED);
		assertThat(snapshot.rejections()).containsEntry("open", 1L);
		assertThat(snapshot.transitions()).containsExactly(Map.entry("CLOSED->OPEN", 1L));
		assertThat(snapshot.details()).containsEntry("retryAfter", Duration.ofSeconds(10))
			.containsEntry("since", Instant.parse("2026-01-01T12:00:00Z"))
			.containsEntry("lastFailure", "java.io.IOException")
			.containsEntry("lastFailureAt", FakeTicker.EPOCH)
			.containsEntry("generation", 2L);
		this.ticker.advance(Duration.ofSeconds(50));
		assertThat(breaker.snapshot().state()).isEqualTo("OPEN");
		assertThat(breaker.snapshot().details()).containsEntry("retryAfter", Duration.ZERO);
	}

	@Test
	void callWhenDurationsAreNotMeasuredShouldNotReadTheTicker() throws Exception {
		FakeTicker untouched = new FakeTicker();
		CircuitBreaker breaker = new CircuitBreaker("payments", this.config.build(), new TimeSource(() -> {
			throw new AssertionError("A success in CLOSED needs no time");
		}, untouched.source().clock(), untouched));
		assertThat(breaker.call(() -> "fine")).isEqualTo("fine");
	}

	private CircuitBreaker breaker() {
		return new CircuitBreaker("payments", this.config.build(), this.ticker.source());
	}

	private CircuitBreaker open() {
		CircuitBreaker breaker = breaker();
		fail(breaker, 5);
		return breaker;
	}

	private static void fail(CircuitBreaker breaker, int times) {
		for (int time = 0; time < times; time++) {
			fail(breaker, () -> new IOException("refused"));
		}
	}

	private static void fail(CircuitBreaker breaker, Callable<Throwable> cause) {
		assertThatExceptionOfType(Throwable.class).isThrownBy(() -> breaker.call(() -> sneak(cause.call())))
			.isNotInstanceOf(CircuitOpenException.class);
	}

	private static Object sneak(Throwable cause) throws Exception {
		if (cause instanceof Error error) {
			throw error;
		}
		throw (Exception) cause;
	}

	@Test
	void orderWhenTheStateStaysShouldCountNoTransitionAndTellTheReason() {
		CircuitBreaker breaker = CircuitBreaker.of("steady", CircuitBreakerConfig.builder().build());
		RecordingListener events = new RecordingListener();
		breaker.addListener(events);
		breaker.recordFailure(new IOException("refused"));
		breaker.reset("drill");
		assertThat(breaker.snapshot().transitions()).isEmpty();
		assertThat(breaker.snapshot().gauges()).containsEntry("consecutive-failures", 0.0);
		assertThat(events.await(1)).singleElement().satisfies((event) -> {
			assertThat(event.kind()).isEqualTo("order");
			assertThat(event.message()).isEqualTo("circuit breaker 'steady' stays CLOSED: drill");
		});
	}

	@Test
	void orderWhenTheReasonIsMoreThanOneLineShouldBeRefused() {
		CircuitBreaker breaker = CircuitBreaker.of("lines", CircuitBreakerConfig.builder().build());
		for (String reason : List.of("maintenance\nuser=root logged in", "\u0007", "a\u2028b")) {
			assertThatIllegalArgumentException().isThrownBy(() -> breaker.forceOpen(reason))
				.withMessageContaining("one line");
			assertThatIllegalArgumentException().isThrownBy(() -> breaker.disable(reason));
			assertThatIllegalArgumentException().isThrownBy(() -> breaker.reset(reason));
		}
		assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
	}

	@Test
	void explainToCallerShouldTellNeitherOrdersNorFailures() {
		CircuitBreaker breaker = CircuitBreaker.of("quiet", CircuitBreakerConfig.builder().failureThreshold(1).build());
		breaker.recordFailure(new java.net.ConnectException("refused"));
		Admission.Rejection open = (Admission.Rejection) breaker.tryAcquire();
		assertThat(open.explain()).contains("ConnectException");
		assertThat(open.explainToCaller()).contains("'quiet' is OPEN")
			.contains("next trial in")
			.doesNotContain("Exception", "failures");
		breaker.forceOpen("fraud at acme");
		Admission.Rejection forced = (Admission.Rejection) breaker.tryAcquire();
		assertThat(forced.explain()).contains("fraud at acme");
		assertThat(forced.explainToCaller()).contains("FORCED_OPEN").doesNotContain("acme");
	}

}
