package dev.resilience.idempotency.store;

import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;

import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * The records of the memory store. Thread-safe, but for what takes a shard: whoever calls
 * that has locked it.
 */
final class MemoryTable {

	// Each shard has its own lock, held for one look-up and one change. The number of
	// records is one counter for all: a place is reserved before a record is added, so
	// the bound holds at every moment. Every new claim first drops a few expired records
	// of its own shard, and when no place is left, those of all shards.
	//
	// Clients choose keys, and scopes and principals may come from them too: the path of
	// a request does. They could choose many with equal String.hashCode(). So all three
	// are hashed by products with a factor that each store draws at random.

	private static final int SHARDS = 32;

	private static final int PURGED_AT_ONCE = 4;

	private final MemoryShard[] shards = new MemoryShard[SHARDS];

	private final long factor = ThreadLocalRandom.current().nextLong() | 1;

	private final Capacity capacity;

	private final TimeSource time;

	MemoryTable(int maxEntries, TimeSource time) {
		this.capacity = new Capacity(maxEntries);
		this.time = time;
		for (int index = 0; index < SHARDS; index++) {
			this.shards[index] = new MemoryShard();
		}
	}

	Capacity capacity() {
		return this.capacity;
	}

	int hash(RecordKey key) {
		return MemoryRecord.hash(key, this.factor);
	}

	<R> CompletionStage<R> look(RecordKey name, MemoryShard.Look<R> look) {
		RecordKey key = known(name);
		int hash = hash(key);
		MemoryShard shard = shard(hash);
		synchronized (shard) {
			long now = this.time.ticker().read();
			return CompletableFuture.completedFuture(look.at(shard, present(shard, hash, key, now), now));
		}
	}

	/**
	 * A record's whole name, if there is such a record.
	 */
	RecordKey known(RecordKey name) {
		for (int index = 0; name.isDigest() && index < SHARDS; index++) {
			synchronized (this.shards[index]) {
				RecordKey known = this.shards[index].name(name.digest());
				if (known != null) {
					return known;
				}
			}
		}
		return name;
	}

	@Nullable MemoryRecord present(MemoryShard shard, int hash, RecordKey key, long now) {
		MemoryRecord record = shard.find(hash, key);
		if (record != null && shard.byExpiry().isExpired(record, now)) {
			remove(shard, record);
			return null;
		}
		return record;
	}

	/**
	 * Adds a record.
	 * @return the record, or {@code null} when there is no room
	 */
	@Nullable MemoryRecord add(MemoryShard shard, int hash, RecordKey key, UUID owner, @Nullable String fingerprint, long now,
			long expiry) {
		purge(shard, now, PURGED_AT_ONCE);
		if (!this.capacity.take()) {
			return null;
		}
		try {
			MemoryRecord record = record(shard, hash, key, owner, fingerprint, 1);
			shard.add(record, expiry);
			return record;
		}
		catch (Throwable ex) {
			this.capacity.free(1);
			throw ex;
		}
	}

	/**
	 * Puts another owner's record in the place of one. The place is never free meanwhile:
	 * in a full store another claim would get it.
	 */
	MemoryRecord replace(MemoryShard shard, MemoryRecord former, RecordKey key, UUID owner,
			@Nullable String fingerprint, long expiry) {
		MemoryRecord record = record(shard, former.hash, key, owner, fingerprint, former.attempt() + 1);
		shard.remove(former);
		shard.add(record, expiry);
		return record;
	}

	private MemoryRecord record(MemoryShard shard, int hash, RecordKey key, UUID owner, @Nullable String fingerprint,
			int attempt) {
		return new MemoryRecord(hash, key, owner, fingerprint, shard.nextFence(this.time.clock().millis()), attempt);
	}

	void expireAt(MemoryShard shard, MemoryRecord record, long expiry) {
		if (shard.byExpiry().expiry(record) != expiry) {
			shard.byExpiry().move(record, expiry);
		}
	}

	void remove(MemoryShard shard, MemoryRecord record) {
		shard.remove(record);
		this.capacity.free(1);
	}

	private int purge(MemoryShard shard, long now, int limit) {
		int purged = shard.purge(now, limit);
		this.capacity.free(purged);
		return purged;
	}

	int purgeAll() {
		int purged = 0;
		for (MemoryShard shard : this.shards) {
			synchronized (shard) {
				purged += purge(shard, this.time.ticker().read(), Integer.MAX_VALUE);
			}
		}
		return purged;
	}

	MemoryShard shard(int hash) {
		return this.shards[hash >>> 27];
	}

}
