package dev.resilience.idempotency;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many ends of calls are kept here for a store that has not taken them, and how
 * large: never more than there may be. Thread-safe.
 */
final class Backlog {

	private static final int MAX_ENDS = 1_000;

	private static final long MAX_BYTES = 64L * 1024 * 1024;

	private final AtomicInteger ends = new AtomicInteger();

	private final AtomicLong bytes = new AtomicLong();

	/**
	 * Finds room for an end.
	 * @return whether there was any
	 */
	boolean take(int size) {
		if (this.ends.get() >= MAX_ENDS || this.bytes.get() + size > MAX_BYTES) {
			return false;
		}
		this.ends.incrementAndGet();
		this.bytes.addAndGet(size);
		return true;
	}

	void free(int size) {
		this.ends.decrementAndGet();
		this.bytes.addAndGet(-size);
	}

}
