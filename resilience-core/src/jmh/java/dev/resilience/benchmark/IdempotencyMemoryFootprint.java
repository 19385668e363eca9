package dev.resilience.benchmark;

import java.lang.management.ManagementFactory;
import java.util.UUID;

import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.time.TimeSource;

/**
 * Prints what a million completed calls take in memory, keys of 36 characters included,
 * and that a store that is full does not grow.
 */
public final class IdempotencyMemoryFootprint {

	private static final int RECORDS = 1_000_000;

	private IdempotencyMemoryFootprint() {
	}

	public static void main(String[] args) throws Exception {
		TimeSource time = TimeSource.system();
		MemoryIdempotencyStore store = new MemoryIdempotencyStore(RECORDS, time);
		IdempotentOperation operation = new IdempotentOperation("operation", IdempotencyConfig.builder().build(), store,
				time);
		Work work = new Work();
		operation.execute("warms up", null, work);
		operation.forget("warms up");
		long before = used();
		for (int index = 0; index < RECORDS; index++) {
			operation.execute(UUID.randomUUID().toString(), null, work);
		}
		long full = used();
		System.out.printf("%,d records: %,d MB%n", store.size(), (full - before) / 1_000_000);
		int refused = 0;
		for (int index = 0; index < RECORDS; index++) {
			try {
				operation.execute(UUID.randomUUID().toString(), null, work);
			}
			catch (Exception ex) {
				refused++;
			}
		}
		System.out.printf("%,d more refused, %,d records: %,d MB%n", refused, store.size(),
				(used() - before) / 1_000_000);
	}

	private static long used() {
		for (int round = 0; round < 4; round++) {
			System.gc();
		}
		return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
	}

}
