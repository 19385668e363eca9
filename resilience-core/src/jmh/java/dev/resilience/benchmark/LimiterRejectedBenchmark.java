package dev.resilience.benchmark;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import com.google.common.util.concurrent.RateLimiter;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A permit that is not there, told without an exception. A grant ends the run.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class LimiterRejectedBenchmark {

	private final Limiters limiters = Limiters.of(1, Duration.ofDays(1));

	private final RateLimiter guava = RateLimiter.create(1.0 / TimeUnit.DAYS.toSeconds(1));

	@Setup
	@SuppressWarnings("CheckReturnValue")
	public void exhaust() {
		this.limiters.ours().tryAcquirePermit();
		this.limiters.resilience4j().acquirePermission();
		this.limiters.bucket4j().tryConsume(1);
		this.limiters.failsafe().tryAcquirePermit();
		this.guava.tryAcquire();
	}

	@Benchmark
	public boolean ours() {
		return rejected(this.limiters.ours().tryAcquirePermit());
	}

	@Benchmark
	public boolean resilience4j() {
		return rejected(this.limiters.resilience4j().acquirePermission());
	}

	@Benchmark
	public boolean bucket4j() {
		return rejected(this.limiters.bucket4j().tryConsume(1));
	}

	@Benchmark
	public boolean failsafe() {
		return rejected(this.limiters.failsafe().tryAcquirePermit());
	}

	@Benchmark
	public boolean guava() {
		return rejected(this.guava.tryAcquire());
	}

	private static boolean rejected(boolean answer) {
		if (answer) {
			throw new IllegalStateException("A permit was granted");
		}
		return false;
	}

}
