package dev.resilience.ratelimiter;

import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

import com.sun.management.ThreadMXBean;
import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.Permit;
import dev.resilience.Trap;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.Sleeper;
import dev.resilience.time.TimeSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * What holds for a limiter however it counts.
 */
class AlgorithmTests {

	private final FakeTicker ticker = new FakeTicker();

	@AfterEach
	void clearInterrupt() {
		Thread.interrupted();
	}

	@ParameterizedTest
	@EnumSource
	void admitWhenKeyedShouldHaveTheWholeLimitForEachKey(RateLimiterAlgorithm algorithm) {
		RateLimiter limiter = limiter(config(algorithm, 3));
		for (String key : List.of("a", "b")) {
			assertThat(take(limiter, CallContext.ofKey(key), 9)).isEqualTo(3);
		}
		assertThat(take(limiter, CallContext.NONE, 9)).isEqualTo(3);
		assertThat(limiter.reset("a")).isTrue();
		assertThat(take(limiter, CallContext.ofKey("a"), 9)).isEqualTo(3);
		assertThat(take(limiter, CallContext.ofKey("b"), 9)).isZero();
		limiter.reset();
		assertThat(take(limiter, CallContext.ofKey("b"), 9)).isEqualTo(3);
		assertThat(take(limiter, CallContext.NONE, 9)).isEqualTo(3);
	}

	@ParameterizedTest
	@EnumSource
	void admitWhenKeysFloodShouldEvictOnlyThoseThatUsedNothing(RateLimiterAlgorithm algorithm) {
		RateLimiter limiter = limiter(config(algorithm, 2).maxKeys(10));
		for (int key = 0; key < 100; key++) {
			take(limiter, CallContext.ofKey(key), 2);
		}
		assertThat(take(limiter, CallContext.ofKey(0), 2)).as("its limit is not reset").isZero();
		this.ticker.advance(Duration.ofSeconds(2));
		assertThat(take(limiter, CallContext.ofKey("newcomer"), 9)).isEqualTo(2);
		assertThat(limiter.snapshot().gauges()).containsEntry("keys", 10.0);
	}

	@ParameterizedTest
	@EnumSource
	void admitWhenWeightIsOverTheMostShouldRefuseToAnswer(RateLimiterAlgorithm algorithm) {
		RateLimiter limiter = limiter(config(algorithm, 3));
		assertThatIllegalArgumentException().isThrownBy(() -> limiter.admit(weight(4)))
			.withMessageStartingWith("'weight' is '4' but must be at most the burst of 3");
		assertThat(limiter.snapshot().gauges()).containsEntry("available", 3.0);
	}

	@ParameterizedTest
	@EnumSource
	@Trap(19)
	void snapshotWhenCallsWereRejectedShouldCountThem(RateLimiterAlgorithm algorithm) {
		RateLimiter limiter = limiter(config(algorithm, 3));
		ManualTicker.drain(limiter);
		take(limiter, CallContext.NONE, 4);
		take(limiter, CallContext.ofKey("a"), 4);
		assertThat(limiter.snapshot().rejections()).containsEntry("limit", 6L);
		assertThat(limiter.snapshot().calls()).containsEntry("granted", 6L);
		assertThat(limiter.snapshot().gauges()).containsEntry("acceptance-rate", 0.5)
			.containsEntry("available", 0.0)
			.containsEntry("current-rate", 3.0);
		assertThat(limiter.snapshot().state()).isEqualTo("EXHAUSTED");
	}

	@ParameterizedTest
	@EnumSource
	void retryAfterShouldBeTheShortestWait(RateLimiterAlgorithm algorithm) {
		Random random = new Random(20260105);
		for (int round = 0; round < 200; round++) {
			RateLimiter limiter = limiter(config(algorithm, 10));
			for (int call = 0; call < 10; call++) {
				take(limiter, weight(1 + random.nextInt(3)), 1);
				this.ticker.advance(Duration.ofNanos(random.nextLong(50_000_000)));
			}
			limiter.admit(weight(8));
			if (limiter.admit(weight(10)) instanceof Admission.Rejection rejection) {
				Duration wait = Objects.requireNonNull(rejection.retryAfter());
				this.ticker.advance(wait.minusNanos(1));
				assertThat(limiter.admit(weight(10))).isInstanceOf(Admission.Rejection.class);
				this.ticker.advance(Duration.ofNanos(1));
			}
			assertThat(limiter.admit(weight(10))).isInstanceOf(Permit.class);
		}
	}

	@ParameterizedTest
	@EnumSource
	void waitWhenCancelledOrInterruptedShouldLeaveNothingBehind(RateLimiterAlgorithm algorithm) {
		Random random = new Random(20260106);
		for (int round = 0; round < 50; round++) {
			RateLimiter limiter = limiter(config(algorithm, 10).maxWait(Duration.ofHours(1)));
			RateLimiter twin = limiter(config(algorithm, 10));
			take(limiter, CallContext.NONE, 10);
			take(twin, CallContext.NONE, 10);
			List<Admission.Wait> waits = new ArrayList<>();
			for (int call = 0; call < 10; call++) {
				waits.add((Admission.Wait) limiter.admit(weight(1 + random.nextInt(10))));
			}
			List<CompletableFuture<Admission>> decisions = new ArrayList<>();
			waits.subList(0, 3).forEach((wait) -> decisions.add(((Turn) wait).decision().toCompletableFuture()));
			Thread.currentThread().interrupt();
			assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> limiter.call(() -> "never"));
			while (!waits.isEmpty()) {
				((Turn) waits.remove(random.nextInt(waits.size()))).cancel();
			}
			assertThat(decisions).allMatch(CompletableFuture::isDone);
			assertThat(this.ticker.timers()).isZero();
			assertThat(limiter.snapshot().gauges()).containsEntry("waiting", 0.0);
			for (int step = 0; step < 12; step++) {
				this.ticker.advance(Duration.ofMillis(99));
				assertThat(limiter.snapshot().gauges().get("available"))
					.isEqualTo(twin.snapshot().gauges().get("available"));
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void callWhenItMayWaitShouldPassInItsTurn(RateLimiterAlgorithm algorithm) throws Exception {
		RateLimiter limiter = limiter(config(algorithm, 2).maxWait(Duration.ofSeconds(5)));
		long start = this.ticker.read();
		for (int call = 0; call < 8; call++) {
			limiter.call(() -> "done");
		}
		assertThat(Duration.ofNanos(this.ticker.read() - start)).isBetween(Duration.ofSeconds(3),
				Duration.ofMillis(3_060));
		assertThat(limiter.snapshot().calls()).containsEntry("cancelled", 0L);
	}

	@ParameterizedTest
	@EnumSource
	void tryAcquirePermitWhenThreadsHammerAndTimeMovesShouldKeepTheBound(RateLimiterAlgorithm algorithm) {
		AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1_000_000_000);
		long origin = now.get();
		RateLimiter limiter = new RateLimiter("orders", config(algorithm, 1_000).build(),
				new TimeSource(now::get, Clock.systemUTC(), Sleeper.system()));
		AtomicLong granted = new AtomicLong();
		CompletableFuture<?>[] threads = new CompletableFuture<?>[4];
		for (int thread = 0; thread < threads.length; thread++) {
			threads[thread] = CompletableFuture.runAsync(() -> {
				for (int ask = 0; ask < 60_000; ask++) {
					granted.addAndGet(limiter.tryAcquirePermit() ? 1 : 0);
					now.addAndGet(40_000);
				}
			}, (task) -> new Thread(task).start());
		}
		CompletableFuture.allOf(threads).join();
		double periods = (now.get() - origin) / 1e9;
		assertThat(periods).isGreaterThan(9);
		assertThat((double) granted.get()).isBetween(1_000 * periods * 0.9, 1_000 * (periods + 1));
		assertThat(limiter.snapshot().calls()).containsEntry("granted", granted.get());
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void tryAcquirePermitWhenWindowsAreCountedByManyThreadsShouldGrantTheLimit(boolean exact) {
		RateLimiter limiter = limiter(config(RateLimiterAlgorithm.SLIDING_WINDOW, 5_000).exact(exact));
		AtomicLong granted = new AtomicLong();
		CompletableFuture<?>[] threads = new CompletableFuture<?>[4];
		for (int thread = 0; thread < threads.length; thread++) {
			threads[thread] = CompletableFuture.runAsync(() -> granted.addAndGet(ManualTicker.drain(limiter)),
					(task) -> new Thread(task).start());
		}
		CompletableFuture.allOf(threads).join();
		assertThat(granted).hasValue(5_000);
	}

	@ParameterizedTest
	@EnumSource
	void askWhenWarmShouldAllocateNothing(RateLimiterAlgorithm algorithm) {
		ManualTicker manual = new ManualTicker(0);
		RateLimiter limiter = manual.limiter(config(algorithm, 100));
		ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
		for (int warmUp = 0; warmUp < 500; warmUp++) {
			limiter.admit(CallContext.NONE);
			manual.advance(20_000_000);
		}
		long before = threads.getCurrentThreadAllocatedBytes();
		for (int ask = 0; ask < 50_000; ask++) {
			limiter.admit(CallContext.NONE);
			manual.advance(20_000_000);
		}
		assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(5_000);
		assertThat(limiter.snapshot().rejections()).containsEntry("limit", 0L);
	}

	@Test
	void createWhenBurstOfAWindowIsNotItsLimitShouldSaySo() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> config(RateLimiterAlgorithm.SLIDING_WINDOW, 10).burst(5).build())
			.withMessage("'burst' is '5' but must be the 'limit', which is 10, with 'algorithm' sliding-window: "
					+ "leave it out: the limit is the most that may pass at once");
	}

	@Test
	void createWhenExactIsOutOfPlaceShouldSaySo() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> config(RateLimiterAlgorithm.TOKEN_BUCKET, 10).exact(true).build())
			.withMessageStartingWith("'exact' is 'true' but must be false with 'algorithm' token-bucket");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> config(RateLimiterAlgorithm.SLIDING_WINDOW, 10_001).exact(true).build())
			.withMessageStartingWith("'limit' is '10001' but must be at most 10,000 with 'exact'");
		assertThat(config(RateLimiterAlgorithm.SLIDING_WINDOW, 10_000).exact(true).build().exact()).isTrue();
	}

	private RateLimiter limiter(RateLimiterConfig.Builder config) {
		return new RateLimiter("orders", config.build(), this.ticker.source());
	}

	private static RateLimiterConfig.Builder config(RateLimiterAlgorithm algorithm, long limit) {
		return RateLimiterConfig.builder().limit(limit).algorithm(algorithm);
	}

	private static CallContext weight(int weight) {
		return new CallContext(null, weight, true);
	}

	private static int take(RateLimiter limiter, CallContext context, int most) {
		int granted = 0;
		for (int call = 0; call < most; call++) {
			granted += (limiter.tryAcquire(context) instanceof Permit) ? 1 : 0;
		}
		return granted;
	}

}
