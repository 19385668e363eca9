package dev.resilience.idempotency.store;

import org.jspecify.annotations.Nullable;

/**
 * A part of the memory store: a hash table of records, and the same records by their
 * expiry. Not thread-safe: its store locks it.
 */
final class MemoryShard {

	// Open addressing with linear probing; a record that goes is filled up by those
	// behind it, so nothing is left in its place. The marks, which are the hashes, have
	// an
	// array of their own:
	// looking for a name that is not there, and growing, read that array from one place
	// on, and no record, of which each would be a wait for memory.

	private static final int SMALLEST = 16;

	private static final int FREE = 0;

	private int[] marks = new int[SMALLEST];

	private @Nullable MemoryRecord[] records = new @Nullable MemoryRecord[SMALLEST];

	private final ExpiryHeap byExpiry = new ExpiryHeap(SMALLEST);

	private long fence;

	/**
	 * A fence that is greater than all before it, even if the wall clock steps back.
	 */
	long nextFence(long millis) {
		this.fence = Math.max(this.fence + 1, millis * 1_000);
		return this.fence;
	}

	ExpiryHeap byExpiry() {
		return this.byExpiry;
	}

	@Nullable MemoryRecord find(int hash, RecordKey name) {
		int mark = mark(hash);
		int slot = slot(mark);
		while (this.marks[slot] != FREE) {
			if (this.marks[slot] == mark && at(slot).isNamed(name)) {
				return at(slot);
			}
			slot = next(slot);
		}
		return null;
	}

	/**
	 * Finds the name of a record by its digest. It looks at every record: for people, not
	 * for calls.
	 */
	@Nullable RecordKey name(String digest) {
		for (int place = 0; place < this.byExpiry.size(); place++) {
			RecordKey name = this.byExpiry.at(place).name();
			if (name.digest().equals(digest)) {
				return name;
			}
		}
		return null;
	}

	void add(MemoryRecord record, long expiry) {
		if (this.byExpiry.size() >= this.marks.length - (this.marks.length >> 2)) {
			grow();
		}
		// The heap may have to grow as well, so it comes first: where there is no memory
		// for that, the record is in neither of them.
		this.byExpiry.add(record, expiry);
		put(mark(record.hash), record);
	}

	void remove(MemoryRecord record) {
		this.byExpiry.remove(record);
		int gap = slot(mark(record.hash));
		while (this.records[gap] != record) {
			gap = next(gap);
		}
		for (int slot = next(gap); this.marks[slot] != FREE; slot = next(slot)) {
			// It may go back to the gap, unless its own slot is behind that.
			if (distance(slot(this.marks[slot]), slot) >= distance(gap, slot)) {
				this.marks[gap] = this.marks[slot];
				this.records[gap] = this.records[slot];
				gap = slot;
			}
		}
		this.marks[gap] = FREE;
		this.records[gap] = null;
	}

	/**
	 * Deletes expired records.
	 * @return how many
	 */
	int purge(long now, int limit) {
		int purged = 0;
		while (purged < limit && this.byExpiry.size() > 0 && this.byExpiry.isExpired(this.byExpiry.at(0), now)) {
			remove(this.byExpiry.at(0));
			purged++;
		}
		return purged;
	}

	private void put(int mark, MemoryRecord record) {
		int slot = slot(mark);
		while (this.marks[slot] != FREE) {
			slot = next(slot);
		}
		this.marks[slot] = mark;
		this.records[slot] = record;
	}

	private void grow() {
		int[] oldMarks = this.marks;
		@Nullable MemoryRecord[] oldRecords = this.records;
		int[] free = new int[2 * oldMarks.length];
		// Both are there before one is used: without memory for the second, everything
		// stays as it is.
		this.records = new @Nullable MemoryRecord[2 * oldMarks.length];
		this.marks = free;
		for (int slot = 0; slot < oldMarks.length; slot++) {
			MemoryRecord record = oldRecords[slot];
			if (record != null) {
				put(oldMarks[slot], record);
			}
		}
	}

	@SuppressWarnings("NullAway") // a slot with a mark has a record
	private MemoryRecord at(int slot) {
		return this.records[slot];
	}

	/**
	 * A hash that is not that of a free slot.
	 */
	private static int mark(int hash) {
		return (hash != FREE) ? hash : 1;
	}

	private int slot(int mark) {
		return mark & (this.marks.length - 1);
	}

	private int next(int slot) {
		return slot(slot + 1);
	}

	private int distance(int from, int to) {
		return slot(to - from);
	}

	/**
	 * What a command does with the record that it names, while the shard is locked.
	 *
	 * @param <R> its answer
	 */
	interface Look<R> {

		R at(MemoryShard shard, @Nullable MemoryRecord record, long now);

	}

}
