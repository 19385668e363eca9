package dev.resilience.idempotency.store;

import java.time.Instant;
import java.util.Arrays;

import org.jspecify.annotations.Nullable;

/**
 * A part of the memory store: a hash table of records and a heap of the same records, the
 * first to expire on top. Not thread-safe: its store locks it.
 */
final class MemoryShard {

	private static final int SMALLEST = 16;

	private @Nullable MemoryRecord[] table = new @Nullable MemoryRecord[SMALLEST];

	private @Nullable MemoryRecord[] heap = new @Nullable MemoryRecord[SMALLEST];

	private int size;

	private long fence;

	/**
	 * A fence that is greater than all before it, even if the wall clock steps back.
	 */
	long nextFence(Instant now) {
		long micros = now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
		this.fence = Math.max(this.fence + 1, micros);
		return this.fence;
	}

	@Nullable MemoryRecord find(int hash, RecordKey name) {
		MemoryRecord record = this.table[hash & (this.table.length - 1)];
		while (record != null && (record.hash != hash || !record.isNamed(name))) {
			record = record.next;
		}
		return record;
	}

	/**
	 * Finds the name of a record by its digest. It looks at every record: for people, not
	 * for calls.
	 */
	@Nullable RecordKey name(String digest) {
		for (int place = 0; place < this.size; place++) {
			RecordKey name = at(place).name();
			if (name.digest().equals(digest)) {
				return name;
			}
		}
		return null;
	}

	void add(MemoryRecord record) {
		if (this.size == this.heap.length) {
			this.heap = Arrays.copyOf(this.heap, this.size + (this.size >> 1));
		}
		if (this.size > this.table.length - (this.table.length >> 2)) {
			grow();
		}
		link(this.table, record);
		this.size++;
		place(record, this.size - 1);
		moved(record);
	}

	void remove(MemoryRecord record) {
		unlink(record);
		this.size--;
		MemoryRecord last = at(this.size);
		this.heap[this.size] = null;
		if (last != record) {
			place(last, record.place);
			moved(last);
		}
	}

	/**
	 * Puts a record whose expiry has changed in its place.
	 */
	void moved(MemoryRecord record) {
		while (record.place > 0 && isBefore(record, at((record.place - 1) / 2))) {
			swapUp(record);
		}
		while (2 * record.place + 1 < this.size) {
			MemoryRecord child = at(2 * record.place + 1);
			if (child.place + 1 < this.size && isBefore(at(child.place + 1), child)) {
				child = at(child.place + 1);
			}
			if (!isBefore(child, record)) {
				return;
			}
			swapUp(child);
		}
	}

	/**
	 * Deletes expired records.
	 * @return how many
	 */
	int purge(long now, int limit) {
		int purged = 0;
		while (purged < limit && this.size > 0 && at(0).isExpired(now)) {
			remove(at(0));
			purged++;
		}
		return purged;
	}

	private void swapUp(MemoryRecord record) {
		int place = record.place;
		MemoryRecord parent = at((place - 1) / 2);
		place(record, parent.place);
		place(parent, place);
	}

	private void place(MemoryRecord record, int place) {
		this.heap[place] = record;
		record.place = place;
	}

	@SuppressWarnings("NullAway") // places below the size are taken
	private MemoryRecord at(int place) {
		return this.heap[place];
	}

	private static boolean isBefore(MemoryRecord left, MemoryRecord right) {
		return left.expiry - right.expiry < 0;
	}

	private void grow() {
		@Nullable MemoryRecord[] larger = new @Nullable MemoryRecord[2 * this.table.length];
		for (int place = 0; place < this.size; place++) {
			link(larger, at(place));
		}
		this.table = larger;
	}

	private static void link(@Nullable MemoryRecord[] table, MemoryRecord record) {
		int index = record.hash & (table.length - 1);
		record.next = table[index];
		table[index] = record;
	}

	private void unlink(MemoryRecord record) {
		int index = record.hash & (this.table.length - 1);
		MemoryRecord before = this.table[index];
		if (before == record) {
			this.table[index] = record.next;
			return;
		}
		while (before != null && before.next != record) {
			before = before.next;
		}
		if (before != null) {
			before.next = record.next;
		}
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
