package dev.resilience;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

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
import dev.resilience.time.Sleeper;
import dev.resilience.time.TimeSource;
import dev.resilience.timeout.Timeout;
import dev.resilience.timeout.TimeoutConfig;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Long runs: what leaks shows only here.
 */
@Tag("stress")
@org.junit.jupiter.api.Timeout(600)
class SoakTests {

	private static final int THREADS = 4;

	private static final int MINUTES = 60;

	private static final int CALLS_A_MINUTE = 1_000;

	private static final int KEYS = 5_000;

	private static final int MAX_KEYS = 100;

	private static final long MEGABYTE = 1 << 20;

	private static final long MARGIN = 4;

	private final FakeTicker ticker = new FakeTicker(Long.MAX_VALUE - TimeUnit.MINUTES.toNanos(30));

	// The ticker writes down who slept, which would be a leak of its own.
	private final TimeSource time = new TimeSource(this.ticker, this.ticker.source().clock(), new Sleeper() {

		@Override
		public void sleep(long nanos) throws InterruptedException {
			if (Thread.interrupted()) {
				throw new InterruptedException();
			}
			SoakTests.this.ticker.advance(Duration.ofNanos(Math.max(0, nanos)));
		}

		@Override
		public Timer schedule(Runnable task, long nanos) {
			return SoakTests.this.ticker.schedule(task, nanos);
		}

	});

	private final Bulkhead bulkhead = new Bulkhead("soak",
			BulkheadConfig.builder()
				.maxConcurrentCalls(2)
				.maxWaiting(3)
				.maxWait(Duration.ofMillis(500))
				.maxKeys(MAX_KEYS)
				.build(),
			this.time);

	private final RateLimiter limiter = new RateLimiter("soak",
			RateLimiterConfig.builder()
				.limit(50)
				.period(Duration.ofSeconds(1))
				.maxWait(Duration.ofMillis(200))
				.maxWaiting(5)
				.maxKeys(MAX_KEYS)
				.build(),
			this.time);

	private final CircuitBreaker breaker = new CircuitBreaker("soak",
			CircuitBreakerConfig.builder().callTimeout(Duration.ofSeconds(5)).maxKeys(MAX_KEYS).build(), this.time);

	private final Retry retry = new Retry("soak",
			RetryConfig.builder().baseDelay(Duration.ofMillis(5)).budget(new RetryBudget(0.5, 10)).build(), this.time);

	private final Timeout timeout = new Timeout("soak", new TimeoutConfig(Duration.ofSeconds(1), true), this.time);

	@Test
	void oneHourOfCallsShouldGrowNeitherHeapNorTimers() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(THREADS);
		long early = 0;
		try {
			for (int minute = 0; minute < MINUTES; minute++) {
				minute(threads, minute);
				if (minute == MINUTES / 4) {
					early = usedMegabytes();
				}
			}
		}
		finally {
			threads.shutdownNow();
		}
		this.ticker.advance(Duration.ofMinutes(1));
		assertThat(this.ticker.timers()).isZero();
		for (Policy keyed : List.of(this.breaker, this.limiter, this.bulkhead)) {
			assertThat(keyed.snapshot().gauges()).as(keyed.toString())
				.hasEntrySatisfying("keys", (keys) -> assertThat(keys).isBetween(1.0, (double) MAX_KEYS));
		}
		assertThat(this.bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0).containsEntry("waiting", 0.0);
		assertThat(this.limiter.snapshot().gauges()).containsEntry("waiting", 0.0);
		assertThat(this.limiter.snapshot().calls()).as("calls that waited")
			.hasEntrySatisfying("waited", (waited) -> assertThat(waited).isPositive());
		assertThat(usedMegabytes() - early).as("growth in megabytes").isLessThan(MARGIN);
	}

	private void minute(ExecutorService threads, int minute) throws Exception {
		List<Future<?>> running = new ArrayList<>();
		for (int thread = 0; thread < THREADS; thread++) {
			Random random = new Random(minute * 31L + thread);
			running.add(threads.submit(() -> calls(random, minute)));
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

	private void calls(Random random, int minute) {
		Pipeline.Compiled<Order, String> plain = compile(Order::process, this.retry, this.breaker, this.limiter,
				this.timeout);
		Pipeline.Compiled<Order, String> asynchronous = compile(Order::stage, this.retry, this.breaker, this.limiter,
				this.bulkhead, this.timeout);
		List<Order> open = new ArrayList<>();
		for (int call = 0; call < CALLS_A_MINUTE; call++) {
			try {
				plain.call(order(random, minute));
			}
			catch (Throwable ex) {
				// The callee's failures and the policies' rejections are part of the
				// load.
			}
			Order order = order(random, minute);
			CompletableFuture<String> result = asynchronous.callAsync(order).toCompletableFuture();
			open.add(order);
			if (random.nextInt(10) == 0) {
				result.cancel(true);
			}
			if (open.size() > 10) {
				open.remove(random.nextInt(open.size())).end();
			}
		}
		open.forEach(Order::end);
	}

	private static <R> Pipeline.Compiled<Order, String> compile(Policy.Call<Order, R> work, Policy... policies) {
		List<Function<Order, CallContext>> contexts = Collections.nCopies(policies.length, Order::context);
		return Pipeline.compile(List.of(policies), contexts, work);
	}

	/**
	 * With another key as a rule, and other keys as the hour goes on.
	 */
	private static Order order(Random random, int minute) {
		CallContext context = (random.nextInt(4) == 0) ? CallContext.NONE
				: CallContext.ofKey("key-" + (minute * KEYS / 10 + random.nextInt(KEYS)));
		return new Order(context, random.nextInt(20) == 0, new CompletableFuture<>());
	}

	/**
	 * One call's work.
	 *
	 * @param context its key
	 * @param refused whether it fails
	 * @param stage the work where it is asynchronous
	 */
	private record Order(CallContext context, boolean refused, CompletableFuture<String> stage) {

		String process() throws IOException {
			if (this.refused) {
				throw new IOException("refused");
			}
			return "done";
		}

		void end() {
			if (this.refused) {
				this.stage.completeExceptionally(new IOException("refused"));
			}
			else {
				this.stage.complete("done");
			}
		}

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
