package dev.resilience.ratelimiter;

import java.util.Arrays;

/**
 * How many permits fell into which slot, oldest first; slots without any take no place.
 * It grows to the most slots that were ever in use together, and allocates nothing from
 * then on. Not thread-safe.
 */
final class Slots {

	private static final int FIRST_CAPACITY = 8;

	private long[] slots = new long[FIRST_CAPACITY];

	private long[] counts = new long[FIRST_CAPACITY];

	private int first;

	private int size;

	private long total;

	int size() {
		return this.size;
	}

	/**
	 * All permits together.
	 */
	long total() {
		return this.total;
	}

	long slot(int index) {
		return this.slots[at(index)];
	}

	long count(int index) {
		return this.counts[at(index)];
	}

	long last() {
		return slot(this.size - 1);
	}

	/**
	 * Adds permits to the last slot or a later one.
	 */
	void add(long slot, long permits) {
		if (this.size == 0 || last() != slot) {
			if (this.size == this.slots.length) {
				grow();
			}
			this.size++;
			this.slots[at(this.size - 1)] = slot;
			this.counts[at(this.size - 1)] = 0;
		}
		this.counts[at(this.size - 1)] += permits;
		this.total += permits;
	}

	void removeFirst() {
		this.total -= this.counts[this.first];
		this.first = at(1);
		this.size--;
	}

	/**
	 * Takes permits out of a slot.
	 */
	void subtract(int index, long permits) {
		this.counts[at(index)] -= permits;
		this.total -= permits;
		if (this.counts[at(index)] == 0) {
			for (int next = index + 1; next < this.size; next++) {
				this.slots[at(next - 1)] = this.slots[at(next)];
				this.counts[at(next - 1)] = this.counts[at(next)];
			}
			this.size--;
		}
	}

	private void grow() {
		this.slots = unrolled(this.slots);
		this.counts = unrolled(this.counts);
		this.first = 0;
	}

	private long[] unrolled(long[] values) {
		long[] larger = Arrays.copyOfRange(values, this.first, this.first + 2 * values.length);
		System.arraycopy(values, 0, larger, values.length - this.first, this.first);
		return larger;
	}

	private int at(int index) {
		return (this.first + index) & (this.slots.length - 1);
	}

}
