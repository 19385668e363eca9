package dev.resilience.benchmark;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What the parts cost that every policy is built from: nobody is faster.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FloorBenchmark {

	private final Callable<Integer> call = new Work();

	private final AtomicLong atomic = new AtomicLong();

	private final LongAdder adder = new LongAdder();

	@Benchmark
	public Integer emptyCall() throws Exception {
		return this.call.call();
	}

	@Benchmark
	public long nanoTime() {
		return System.nanoTime();
	}

	@Benchmark
	public boolean compareAndSet() {
		long value = this.atomic.get();
		return this.atomic.compareAndSet(value, value + 1);
	}

	@Benchmark
	public void longAdder() {
		this.adder.increment();
	}

}
