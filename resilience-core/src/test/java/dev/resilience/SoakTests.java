package dev.resilience;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import dev.resilience.bulkhead.Bulkhead;
import dev.resilience.bulkhead.BulkheadConfig;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.ratelimiter.RateLimiterConfig;
import dev.resilience.retry.Retry;
import dev.resilience.retry.RetryBudget;
import dev.resilience.retry.RetryConfig;
import dev.resilience.time.FakeTicker;
import dev.resilience.timeout.Timeout;
import dev.resilience.timeout.TimeoutConfig;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Long runs: what leaks, and what grows with the number of policies, shows only here.
 */
@Tag("stress")
@org.junit.jupiter.api.Timeout(600)
class SoakTests {

	private static final int THREADS = 4;

	private static final int MINUTES = 60;

	private static final int CALLS_A_MINUTE = 2_000;

	private static final int KEYS = 5_000;

	private static final long MEGABYTE = 1 << 20;

	private final FakeTicker ticker = new FakeTicker(Long.MAX_VALUE - TimeUnit.MINUTES.toNanos(30));

	private final Bulkhead bulkhead = new Bulkhead("soak",
			BulkheadConfig.builder()
				.maxConcurrentCalls(2)
				.maxWaiting(3)
				.maxWait(Duration.ofMillis(500))
				.maxKeys(100)
				.build(),
			this.ticker.source());

	private final RateLimiter limiter = new RateLimiter("soak",
			RateLimiterConfig.builder().limit(50).period(Duration.ofSeconds(1)).build(), this.ticker.source());

	private final CircuitBreaker breaker = new CircuitBreaker("soak", CircuitBreakerConfig.builder().build(),
			this.ticker.source());

	private final Retry retry = new Retry("soak",
			RetryConfig.builder().baseDelay(Duration.ofMillis(5)).budget(new RetryBudget(0.5, 10)).build(),
			this.ticker.source());

	private final Timeout timeout = new Timeout("soak", new TimeoutConfig(Duration.ofSeconds(1), true),
			this.ticker.source());

	@Test
	void oneHourOfCallsShouldGrowNeitherHeapNorTimers() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(THREADS);
		long early = 0;
		try {
			for (int minute = 0; minute < MINUTES; minute++) {
				minute(threads, minute);
				if (minute == MINUTES / 3) {
					early = usedMegabytes();
				}
			}
		}
		finally {
			threads.shutdownNow();
		}
		this.ticker.advance(Duration.ofMinutes(1));
		assertThat(this.ticker.timers()).isLessThanOrEqualTo(1);
		assertThat(this.bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0)
			.containsEntry("waiting", 0.0)
			.hasEntrySatisfying("keys", (keys) -> assertThat(keys).isLessThanOrEqualTo(100));
		assertThat(usedMegabytes() - early).as("growth in megabytes").isLessThan(4);
	}

	private void minute(ExecutorService threads, int minute) throws Exception {
		List<Future<?>> running = new ArrayList<>();
		for (int thread = 0; thread < THREADS; thread++) {
			Random random = new Random(minute * 31L + thread);
			running.add(threads.submit(() -> calls(random)));
		}
		for (int second = 0; second < 60; second++) {
			this.ticker.advance(Duration.ofSeconds(1));
		}
		while (!running.stream().allMatch(Future::isDone)) {
			// Whoever waits for his turn waits for time to pass.
			this.ticker.advance(Duration.ofMillis(100));
		}
		for (Future<?> each : running) {
			each.get();
		}
	}

	private void calls(Random random) {
		Pipeline all = Pipeline.of(this.retry, this.breaker, this.limiter, this.timeout);
		List<CompletableFuture<String>> open = new ArrayList<>();
		for (int call = 0; call < CALLS_A_MINUTE; call++) {
			Callable<String> work = work(random.nextInt(20));
			try {
				all.call(work);
			}
			catch (Exception ex) {
				// The callee's failures and the policies' rejections are part of the
				// load.
			}
			CompletableFuture<String> stage = new CompletableFuture<>();
			CompletableFuture<String> result = this.bulkhead
				.callAsync(CallContext.ofKey("key-" + random.nextInt(KEYS)), () -> stage)
				.toCompletableFuture();
			open.add(stage);
			if (random.nextInt(10) == 0) {
				result.cancel(true);
			}
			if (open.size() > 10) {
				open.remove(random.nextInt(open.size())).complete("done");
			}
		}
		open.forEach((each) -> each.complete("done"));
	}

	private static Callable<String> work(int kind) {
		return () -> {
			if (kind == 0) {
				throw new IOException("refused");
			}
			return "done";
		};
	}

	@Test
	void callShouldCostTheSameBesideTenThousandOtherPolicies() throws Exception {
		double alone = nanosPerCall(1);
		double among = nanosPerCall(10_000);
		// A coarse check: caches cost something, a look through all policies far more.
		assertThat(among).isLessThan(alone * 10 + 1_000);
	}

	private static double nanosPerCall(int policies) throws Exception {
		PolicyRegistry<Bulkhead> registry = new PolicyRegistry<>(Bulkhead.TYPE);
		List<Pipeline> all = new ArrayList<>();
		for (int index = 0; index < policies; index++) {
			Bulkhead created = registry.getOrCreate("policy-" + index,
					(name) -> Bulkhead.of(name, BulkheadConfig.builder().build()));
			all.add(Pipeline.of(created,
					Timeout.of("policy-" + index, new TimeoutConfig(Duration.ofSeconds(10), true))));
		}
		int calls = 400_000;
		double least = Double.MAX_VALUE;
		for (int round = 0; round < 4; round++) {
			long begin = System.nanoTime();
			for (int call = 0; call < calls; call++) {
				all.get(call % policies).call(() -> "done");
			}
			least = Math.min(least, (double) (System.nanoTime() - begin) / calls);
		}
		return least;
	}

	@Test
	void oneHundredThousandKeyedBreakersShouldFitIntoSixtyMegabytes() {
		CircuitBreaker keyed = new CircuitBreaker("keyed", CircuitBreakerConfig.builder().maxKeys(100_000).build(),
				this.ticker.source());
		long before = usedMegabytes();
		for (int key = 0; key < 100_000; key++) {
			((Permit) keyed.tryAcquire(CallContext.ofKey(key))).failed(new IOException("refused"), 0);
		}
		assertThat(usedMegabytes() - before).isLessThan(60);
		assertThat(keyed.snapshot().gauges()).containsEntry("keys", 100_000.0);
	}

	private static long usedMegabytes() {
		long least = Long.MAX_VALUE;
		for (int round = 0; round < 4; round++) {
			System.gc();
			Runtime runtime = Runtime.getRuntime();
			least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
		}
		return least / MEGABYTE;
	}

}
