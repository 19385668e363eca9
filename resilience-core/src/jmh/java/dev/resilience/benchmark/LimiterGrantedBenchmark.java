package dev.resilience.benchmark;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A permit that is there. The limit is so high that no loop reaches it; a rejection ends
 * the run.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class LimiterGrantedBenchmark {

	private final Callable<Integer> call = new Work();

	private final Limiters limiters = Limiters.of(90_000_000, Duration.ofSeconds(1));

	@Benchmark
	public boolean ours() {
		return granted(this.limiters.ours().tryAcquirePermit());
	}

	/**
	 * The permit and the call: more than the peers do here.
	 */
	@Benchmark
	public Integer oursAroundCall() throws Exception {
		return this.limiters.ours().call(this.call);
	}

	@Benchmark
	public Integer resilience4jAroundCall() throws Exception {
		return this.limiters.resilience4j().executeCallable(this.call);
	}

	@Benchmark
	public boolean resilience4j() {
		return granted(this.limiters.resilience4j().acquirePermission());
	}

	@Benchmark
	public boolean bucket4j() {
		return granted(this.limiters.bucket4j().tryConsume(1));
	}

	@Benchmark
	public boolean failsafe() {
		return granted(this.limiters.failsafe().tryAcquirePermit());
	}

	private static boolean granted(boolean answer) {
		if (!answer) {
			throw new IllegalStateException("The limit was reached");
		}
		return true;
	}

}
