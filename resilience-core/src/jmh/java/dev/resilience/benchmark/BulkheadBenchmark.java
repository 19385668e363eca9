package dev.resilience.benchmark;

import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import dev.resilience.bulkhead.Bulkhead;
import dev.resilience.bulkhead.BulkheadConfig;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A place that is free: taken, a call made, and freed.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class BulkheadBenchmark {

	private final Callable<Integer> call = new Work();

	private final Bulkhead ours = Bulkhead.of("ours", BulkheadConfig.builder().build());

	private final io.github.resilience4j.bulkhead.Bulkhead resilience4j = io.github.resilience4j.bulkhead.Bulkhead
		.ofDefaults("peer");

	private final dev.failsafe.Bulkhead<Object> failsafe = dev.failsafe.Bulkhead.of(25);

	private final Semaphore semaphore = new Semaphore(25);

	@Benchmark
	public Integer ours() throws Exception {
		return this.ours.call(this.call);
	}

	@Benchmark
	public Integer resilience4j() throws Exception {
		return this.resilience4j.executeCallable(this.call);
	}

	@Benchmark
	public Integer failsafe() throws Exception {
		if (!this.failsafe.tryAcquirePermit()) {
			throw new IllegalStateException("The bulkhead is full");
		}
		try {
			return this.call.call();
		}
		finally {
			this.failsafe.releasePermit();
		}
	}

	@Benchmark
	public Integer semaphore() throws Exception {
		if (!this.semaphore.tryAcquire()) {
			throw new IllegalStateException("The semaphore is taken");
		}
		try {
			return this.call.call();
		}
		finally {
			this.semaphore.release();
		}
	}

}
