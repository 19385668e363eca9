package dev.resilience.benchmark;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.ratelimiter.RateLimiterAlgorithm;
import dev.resilience.ratelimiter.RateLimiterConfig;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A permit that is there, by each algorithm. All have been asked before, so that no
 * figure is that of a JVM that knows one algorithm only.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class LimiterAlgorithmsBenchmark {

	private static final int WARM_UP = 200_000;

	private final RateLimiter tokenBucket = limiter(RateLimiterAlgorithm.TOKEN_BUCKET, false);

	private final RateLimiter adaptive = limiter(RateLimiterAlgorithm.ADAPTIVE, false);

	private final RateLimiter slidingWindow = limiter(RateLimiterAlgorithm.SLIDING_WINDOW, false);

	private final RateLimiter exactWindow = limiter(RateLimiterAlgorithm.SLIDING_WINDOW, true);

	@Setup
	@SuppressWarnings("CheckReturnValue")
	public void askAll() {
		for (int ask = 0; ask < WARM_UP; ask++) {
			this.tokenBucket.tryAcquirePermit();
			this.adaptive.tryAcquirePermit();
			this.slidingWindow.tryAcquirePermit();
			this.exactWindow.tryAcquirePermit();
		}
	}

	@Benchmark
	public boolean tokenBucket() {
		return this.tokenBucket.tryAcquirePermit();
	}

	@Benchmark
	public boolean adaptive() {
		return this.adaptive.tryAcquirePermit();
	}

	@Benchmark
	public boolean slidingWindow() {
		return this.slidingWindow.tryAcquirePermit();
	}

	@Benchmark
	public boolean exactWindow() {
		return this.exactWindow.tryAcquirePermit();
	}

	/**
	 * 90 permits in a microsecond, and so few in a window that a log may hold them.
	 */
	private static RateLimiter limiter(RateLimiterAlgorithm algorithm, boolean exact) {
		return RateLimiter.of(algorithm.key(),
				RateLimiterConfig.builder()
					.limit(9_000)
					.period(Duration.ofNanos(100_000))
					.algorithm(algorithm)
					.exact(exact)
					.build());
	}

}
