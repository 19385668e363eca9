package dev.resilience.idempotency.store;

import java.util.Arrays;

import org.jspecify.annotations.Nullable;

/**
 * The records of one shard by the moment of their expiry, the first to expire on top. Not
 * thread-safe: its shard is locked.
 */
final class ExpiryHeap {

	// The moments stand beside the records, not in them: comparing two of them reads an
	// array, not two records that are somewhere in a large heap.

	private @Nullable MemoryRecord[] records;

	private long[] moments;

	private int size;

	ExpiryHeap(int capacity) {
		this.records = new @Nullable MemoryRecord[capacity];
		this.moments = new long[capacity];
	}

	int size() {
		return this.size;
	}

	@SuppressWarnings("NullAway") // places below the size are taken
	MemoryRecord at(int place) {
		return this.records[place];
	}

	/**
	 * When a record of the heap may be deleted, by the ticker.
	 */
	long expiry(MemoryRecord record) {
		return this.moments[record.place];
	}

	boolean isExpired(MemoryRecord record, long now) {
		return expiry(record) - now <= 0;
	}

	void add(MemoryRecord record, long expiry) {
		if (this.size == this.moments.length) {
			int larger = this.size + (this.size >> 1);
			this.records = Arrays.copyOf(this.records, larger);
			this.moments = Arrays.copyOf(this.moments, larger);
		}
		rise(this.size++, record, expiry);
	}

	void remove(MemoryRecord record) {
		this.size--;
		MemoryRecord last = at(this.size);
		long expiry = this.moments[this.size];
		this.records[this.size] = null;
		if (last != record) {
			move(record.place, last, expiry);
		}
	}

	void move(MemoryRecord record, long expiry) {
		move(record.place, record, expiry);
	}

	/**
	 * Puts a record where it belongs, if the place is free.
	 */
	private void move(int free, MemoryRecord record, long expiry) {
		if (free > 0 && expiry - this.moments[parent(free)] < 0) {
			rise(free, record, expiry);
		}
		else {
			sink(free, record, expiry);
		}
	}

	private void rise(int free, MemoryRecord record, long expiry) {
		int place = free;
		while (place > 0 && expiry - this.moments[parent(place)] < 0) {
			copy(parent(place), place);
			place = parent(place);
		}
		put(place, record, expiry);
	}

	private void sink(int free, MemoryRecord record, long expiry) {
		int place = free;
		int child;
		while ((child = earlierChild(place)) < this.size && this.moments[child] - expiry < 0) {
			copy(child, place);
			place = child;
		}
		put(place, record, expiry);
	}

	private int earlierChild(int place) {
		int left = 2 * place + 1;
		int right = left + 1;
		return (right < this.size && this.moments[right] - this.moments[left] < 0) ? right : left;
	}

	private static int parent(int place) {
		return (place - 1) >>> 1;
	}

	private void copy(int from, int to) {
		put(to, at(from), this.moments[from]);
	}

	private void put(int place, MemoryRecord record, long expiry) {
		this.records[place] = record;
		this.moments[place] = expiry;
		record.place = place;
	}

}
