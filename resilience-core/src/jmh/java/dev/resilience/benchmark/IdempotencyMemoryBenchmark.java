package dev.resilience.benchmark;

import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.time.TimeSource;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Idempotent calls whose results are kept in memory. Each iteration begins with an empty
 * store.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class IdempotencyMemoryBenchmark {

	private static final int KEYS = 2_000_000;

	private final Callable<Integer> call = new Work();

	private final String[] keys = new String[KEYS];

	private final AtomicInteger next = new AtomicInteger();

	private IdempotentOperation operation = emptyOne();

	@Setup
	public void makeKeys() {
		for (int index = 0; index < KEYS; index++) {
			this.keys[index] = UUID.randomUUID().toString();
		}
	}

	@Setup(Level.Iteration)
	public void empty() throws Exception {
		this.operation = emptyOne();
		this.next.set(0);
		this.operation.execute("replayed", null, this.call);
	}

	private static IdempotentOperation emptyOne() {
		TimeSource time = TimeSource.system();
		return new IdempotentOperation("operation", IdempotencyConfig.builder().build(),
				new MemoryIdempotencyStore(KEYS, time), time);
	}

	@Benchmark
	public Integer firstCall() throws Exception {
		return this.operation.execute(this.keys[this.next.getAndIncrement()], null, this.call);
	}

	@Benchmark
	public Integer replay() throws Exception {
		return this.operation.execute("replayed", null, this.call);
	}

}
