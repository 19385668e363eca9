package dev.resilience.ratelimiter;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.Permit;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.TimeSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class TurnTests {

	private final FakeTicker ticker = new FakeTicker();

	@AfterEach
	void clearInterrupt() {
		Thread.interrupted();
	}

	@Test
	void callWhenItMayWaitShouldSleepUntilItsPermitIsEarned() throws Exception {
		RateLimiter limiter = limiter(Duration.ofSeconds(1));
		for (int call = 0; call < 4; call++) {
			limiter.call(() -> "done");
		}
		this.ticker.advance(Duration.ofMillis(30));
		limiter.call(() -> "done");
		assertThat(this.ticker.sleeps()).containsExactly(Duration.ofMillis(100), Duration.ofMillis(100),
				Duration.ofMillis(100), Duration.ofMillis(70));
		assertThat(limiter.snapshot().calls()).containsEntry("granted", 1L).containsEntry("waited", 4L);
		assertThat(limiter.snapshot().gauges()).containsEntry("waiting", 0.0).containsEntry("acceptance-rate", 1.0);
	}

	@Test
	void callWhenWaitWouldBeTooLongShouldRejectAtOnce() throws Exception {
		RateLimiter limiter = limiter(Duration.ofMillis(99));
		limiter.call(() -> "done");
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> limiter.call(() -> "never"))
			.satisfies((ex) -> assertThat(ex.reason()).isEqualTo("limit"));
		assertThat(this.ticker.sleeps()).isEmpty();
		this.ticker.advance(Duration.ofMillis(1));
		limiter.call(() -> "done");
		assertThat(this.ticker.sleeps()).containsExactly(Duration.ofMillis(99));
	}

	@Test
	void admitWhenSeveralWaitShouldQueueThemInOrder() {
		RateLimiter limiter = limiter(Duration.ofMillis(300));
		limiter.admit(CallContext.NONE);
		List<CompletableFuture<Admission>> decisions = new ArrayList<>();
		for (int call = 0; call < 3; call++) {
			decisions.add(wait(limiter).decision().toCompletableFuture());
		}
		assertThat(limiter.admit(CallContext.NONE)).isInstanceOf(Admission.Rejection.class);
		assertThat(limiter.snapshot().gauges()).containsEntry("waiting", 3.0).containsEntry("available", 0.0);
		for (int call = 0; call < 3; call++) {
			this.ticker.advance(Duration.ofMillis(100).minusNanos(1));
			assertThat(decisions.get(call)).isNotDone();
			this.ticker.advance(Duration.ofNanos(1));
			assertThat(decisions.get(call)).isCompletedWithValue(Permit.INERT);
		}
		assertThat(this.ticker.timers()).isZero();
	}

	@Test
	void admitWhenWaitersTookPermitsAheadShouldLetNobodyOvertake() {
		RateLimiter limiter = limiter(Duration.ofMillis(300));
		limiter.admit(CallContext.NONE);
		wait(limiter).decision();
		this.ticker.advance(Duration.ofMillis(100));
		assertThat(limiter.tryAcquirePermit()).isFalse();
		this.ticker.advance(Duration.ofMillis(100));
		assertThat(limiter.tryAcquirePermit()).isTrue();
	}

	@Test
	void admitWhenWeightedShouldWaitForAllItsPermits() {
		RateLimiter limiter = new RateLimiter("orders",
				RateLimiterConfig.builder().limit(10).maxWait(Duration.ofSeconds(1)).build(), this.ticker.source());
		limiter.admit(new CallContext(null, 9, true));
		CompletableFuture<Admission> decision = ((Turn) limiter.admit(new CallContext(null, 4, true))).decision()
			.toCompletableFuture();
		this.ticker.advance(Duration.ofMillis(299));
		assertThat(decision).isNotDone();
		this.ticker.advance(Duration.ofMillis(1));
		assertThat(decision).isDone();
	}

	@Test
	void admitWhenTooManyWaitShouldReject() {
		RateLimiter limiter = new RateLimiter("orders",
				RateLimiterConfig.builder().limit(10).burst(1).maxWait(Duration.ofSeconds(9)).maxWaiting(2).build(),
				this.ticker.source());
		limiter.admit(CallContext.NONE);
		Turn first = wait(limiter);
		wait(limiter);
		assertThat(limiter.admit(CallContext.NONE)).isInstanceOfSatisfying(Admission.Rejection.class, (rejection) -> {
			assertThat(rejection.reason()).isEqualTo("max-waiting");
			assertThat(rejection.retryAfter()).isEqualTo(Duration.ofMillis(300));
			assertThat(rejection.explain()).isEqualTo("rate limiter 'orders' has no room for another waiting call "
					+ "(max-waiting 2): 10 per 1s, burst 1; next permit in 300 ms");
		});
		first.cancel();
		assertThat(limiter.admit(CallContext.NONE)).isInstanceOf(Turn.class);
	}

	@Test
	void cancelWhenUndecidedShouldReturnTheReservation() {
		RateLimiter limiter = limiter(Duration.ofMillis(100));
		limiter.admit(CallContext.NONE);
		Turn turn = wait(limiter);
		CompletableFuture<Admission> decision = turn.decision().toCompletableFuture();
		assertThat(limiter.admit(CallContext.NONE)).isInstanceOf(Admission.Rejection.class);
		turn.cancel();
		turn.cancel();
		assertThat(decision).isCompletedWithValue(Permit.INERT);
		assertThat(this.ticker.timers()).isZero();
		assertThat(limiter.snapshot().gauges()).containsEntry("waiting", 0.0);
		assertThat(limiter.snapshot().calls()).containsEntry("cancelled", 1L).containsEntry("waited", 0L);
		this.ticker.advance(Duration.ofMillis(100));
		assertThat(ManualTicker.drain(limiter)).isEqualTo(1);
	}

	@Test
	void cancelWhenDecidedShouldDoNothing() {
		RateLimiter limiter = limiter(Duration.ofMillis(100));
		limiter.admit(CallContext.NONE);
		Turn turn = wait(limiter);
		turn.decision();
		this.ticker.advance(Duration.ofMillis(100));
		turn.cancel();
		assertThat(limiter.tryAcquirePermit()).isFalse();
		assertThat(limiter.snapshot().calls()).containsEntry("cancelled", 0L).containsEntry("waited", 1L);
	}

	@Test
	void cancelWhenResetMeanwhileShouldNotAddToTheFullBucket() {
		RateLimiter limiter = limiter(Duration.ofMillis(100));
		limiter.admit(CallContext.NONE);
		Turn turn = wait(limiter);
		limiter.reset();
		assertThat(limiter.tryAcquirePermit()).isTrue();
		turn.cancel();
		assertThat(limiter.tryAcquirePermit()).isFalse();
	}

	@Test
	void cancelWhenCallAsyncIsCancelledShouldReturnTheReservation() {
		RateLimiter limiter = limiter(Duration.ofMillis(100));
		limiter.admit(CallContext.NONE);
		CompletableFuture<String> call = limiter.callAsync(() -> CompletableFuture.completedFuture("never"))
			.toCompletableFuture();
		assertThat(call).isNotDone();
		call.cancel(true);
		assertThat(this.ticker.timers()).isZero();
		this.ticker.advance(Duration.ofMillis(100));
		assertThat(ManualTicker.drain(limiter)).isEqualTo(1);
	}

	@Test
	void callAsyncWhenItMayWaitShouldNotBlockAndRunLater() {
		RateLimiter limiter = limiter(Duration.ofMillis(100));
		limiter.admit(CallContext.NONE);
		CompletableFuture<String> call = limiter.callAsync(() -> CompletableFuture.completedFuture("later"))
			.toCompletableFuture();
		assertThat(call).isNotDone();
		assertThat(this.ticker.sleeps()).isEmpty();
		this.ticker.advance(Duration.ofMillis(100));
		assertThat(call).isCompletedWithValue("later");
	}

	@Test
	void awaitWhenInterruptedShouldReturnTheReservation() {
		RateLimiter limiter = limiter(Duration.ofMillis(100));
		limiter.admit(CallContext.NONE);
		Thread.currentThread().interrupt();
		assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> limiter.call(() -> "never"));
		assertThat(limiter.snapshot().gauges()).containsEntry("waiting", 0.0);
		this.ticker.advance(Duration.ofMillis(100));
		assertThat(ManualTicker.drain(limiter)).isEqualTo(1);
	}

	@Test
	void awaitWhenKeyedShouldWaitForTheKeysBucket() throws Exception {
		RateLimiter limiter = limiter(Duration.ofMillis(100));
		limiter.call(CallContext.ofKey("a"), () -> "done");
		limiter.call(CallContext.ofKey("b"), () -> "done");
		assertThat(this.ticker.sleeps()).isEmpty();
		limiter.call(CallContext.ofKey("a"), () -> "done");
		assertThat(this.ticker.sleeps()).containsExactly(Duration.ofMillis(100));
	}

	@Test
	void callWhenOnSystemTimeShouldReallyWait() throws Exception {
		RateLimiter limiter = new RateLimiter("orders",
				RateLimiterConfig.builder().limit(200).burst(1).maxWait(Duration.ofSeconds(5)).build(),
				TimeSource.system());
		long start = System.nanoTime();
		for (int call = 0; call < 11; call++) {
			limiter.call(() -> "done");
		}
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(49));
	}

	private RateLimiter limiter(Duration maxWait) {
		return new RateLimiter("orders", RateLimiterConfig.builder().limit(10).burst(1).maxWait(maxWait).build(),
				this.ticker.source());
	}

	private static Turn wait(RateLimiter limiter) {
		return (Turn) limiter.admit(CallContext.NONE);
	}

}
