package dev.resilience.idempotency.store;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many records there are, never more than there may be. Thread-safe.
 */
final class Capacity {

	private final AtomicInteger taken = new AtomicInteger();

	private final int most;

	Capacity(int most) {
		this.most = most;
	}

	int most() {
		return this.most;
	}

	int taken() {
		return this.taken.get();
	}

	/**
	 * Takes the place of one record.
	 * @return whether there was one
	 */
	boolean take() {
		int current = this.taken.get();
		while (current < this.most) {
			if (this.taken.compareAndSet(current, current + 1)) {
				return true;
			}
			current = this.taken.get();
		}
		return false;
	}

	void free(int places) {
		if (places > 0) {
			this.taken.getAndAdd(-places);
		}
	}

}
