package dev.resilience.benchmark;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import dev.resilience.retry.Retry;
import dev.resilience.retry.RetryConfig;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A call that succeeds at the first try.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RetryBenchmark {

	private final Callable<Integer> call = new Work();

	private final Retry ours = Retry.of("ours", RetryConfig.builder().build());

	private final io.github.resilience4j.retry.Retry resilience4j = io.github.resilience4j.retry.Retry
		.ofDefaults("peer");

	private final FailsafeExecutor<Integer> failsafe = Failsafe.with(RetryPolicy.<Integer>ofDefaults());

	@Benchmark
	public Integer ours() throws Exception {
		return this.ours.call(this.call);
	}

	@Benchmark
	public Integer resilience4j() throws Exception {
		return this.resilience4j.executeCallable(this.call);
	}

	@Benchmark
	public Integer failsafe() {
		return this.failsafe.get(this.call::call);
	}

}
