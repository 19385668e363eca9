package dev.resilience.benchmark;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.resilience.timeout.Timeout;
import dev.resilience.timeout.TimeoutConfig;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A call that ends in time, on its caller's thread. Resilience4j has no such timeout.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TimeoutBenchmark {

	private final Callable<Integer> call = new Work();

	private final Timeout ours = Timeout.of("ours", TimeoutConfig.builder().duration(Duration.ofSeconds(2)).build());

	private final FailsafeExecutor<Integer> failsafe = Failsafe
		.with(dev.failsafe.Timeout.<Integer>builder(Duration.ofSeconds(2)).withInterrupt().build());

	@Benchmark
	public Integer ours() throws Exception {
		return this.ours.call(this.call);
	}

	@Benchmark
	public Integer failsafe() {
		return this.failsafe.get(this.call::call);
	}

}
