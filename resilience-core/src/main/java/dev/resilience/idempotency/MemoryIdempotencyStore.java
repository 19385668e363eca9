package dev.resilience.idempotency;

import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.config.Setting;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * Keeps records in this JVM's memory, gone with it. Thread-safe; its stages are complete
 * when it returns them. It keeps the very object that the call returned, and hands it to
 * every later caller: whoever changes it changes it for all of them.
 * <p>
 * It holds at most {@code max-entries} records, 100,000 by default. When it is full, it
 * refuses new claims: evicting a record that has not expired would let its call take
 * effect twice.
 */
public final class MemoryIdempotencyStore implements IdempotencyStore {

	// Not a Caffeine cache: that makes room by evicting, where this has to refuse, and it
	// drops expired entries when its wheel turns, where this needs room the moment a
	// record expires. A record is its own link in the map and in the order of expiry.
	//
	// Each shard has its own lock, held for one look-up and one change. The number of
	// records is one counter for all: a place is reserved before a record is added, so
	// the bound holds at every moment. Every new claim first drops a few expired records
	// of its own shard, and when no place is left, those of all shards.
	//
	// Clients choose keys, and could choose many with equal String.hashCode(). So keys
	// are hashed by a polynomial whose factor each store draws at random.

	private static final int DEFAULT_MAX_ENTRIES = 100_000;

	private static final int SHARDS = 32;

	private static final int PURGED_AT_ONCE = 4;

	private final MemoryShard[] shards = new MemoryShard[SHARDS];

	private final AtomicInteger size = new AtomicInteger();

	private final long factor = ThreadLocalRandom.current().nextLong() | 1;

	private final int maxEntries;

	private final TimeSource time;

	/**
	 * Creates a store for 100,000 records.
	 * @param time all the time it uses
	 */
	public MemoryIdempotencyStore(TimeSource time) {
		this(DEFAULT_MAX_ENTRIES, time);
	}

	/**
	 * Creates a store.
	 * @param maxEntries the most records it holds, at least 1
	 * @param time all the time it uses
	 */
	public MemoryIdempotencyStore(int maxEntries, TimeSource time) {
		this.maxEntries = Setting.of("max-entries", maxEntries)
			.require(maxEntries >= 1, "must be at least 1", "give room for all keys of one 'ttl'")
			.value();
		this.time = time;
		for (int index = 0; index < SHARDS; index++) {
			this.shards[index] = new MemoryShard();
		}
	}

	/**
	 * How many records there are.
	 * @return the number, without expired ones
	 */
	public int size() {
		purgeAll();
		return this.size.get();
	}

	/**
	 * The most records it holds.
	 * @return the number
	 */
	public int maxEntries() {
		return this.maxEntries;
	}

	@Override
	public CompletionStage<Claim> claim(RecordKey key, UUID owner, @Nullable String fingerprint, Duration lease,
			Duration ttl) {
		int hash = MemoryRecord.hash(key, this.factor);
		MemoryShard shard = shard(hash);
		Claim claim;
		do {
			claim = claim(shard, hash, key, owner, fingerprint, lease.toNanos(), ttl.toNanos());
		}
		while (claim instanceof Claim.Full && purgeAll() > 0);
		return CompletableFuture.completedFuture(claim);
	}

	private Claim claim(MemoryShard shard, int hash, RecordKey key, UUID owner, @Nullable String fingerprint,
			long lease, long ttl) {
		synchronized (shard) {
			long now = this.time.ticker().read();
			MemoryRecord record = present(shard, hash, key, now);
			if (record == null) {
				record = add(shard, hash, key, owner, fingerprint, now + lease + ttl);
				if (record == null) {
					return new Claim.Full();
				}
				record.leaseUntil(now + lease);
			}
			Claim claim = record.answer(owner, fingerprint, now);
			if (claim instanceof Claim.Granted) {
				record.leaseUntil(now + lease);
				expireAt(shard, record, now + lease + ttl);
			}
			return claim;
		}
	}

	@Override
	public CompletionStage<Boolean> complete(RecordKey key, UUID owner, @Nullable String fingerprint,
			@Nullable Object value, Duration ttl) {
		int hash = MemoryRecord.hash(key, this.factor);
		MemoryShard shard = shard(hash);
		long nanos = ttl.toNanos();
		Boolean accepted;
		do {
			accepted = complete(shard, hash, key, owner, fingerprint, value, nanos);
		}
		while (accepted == null && purgeAll() > 0);
		return CompletableFuture.completedFuture(Boolean.TRUE.equals(accepted));
	}

	/**
	 * Completes a record.
	 * @return whether it did, or {@code null} when there is no room
	 */
	private @Nullable Boolean complete(MemoryShard shard, int hash, RecordKey key, UUID owner,
			@Nullable String fingerprint, @Nullable Object value, long ttl) {
		synchronized (shard) {
			long now = this.time.ticker().read();
			MemoryRecord record = present(shard, hash, key, now);
			if (record == null) {
				record = add(shard, hash, key, owner, fingerprint, now + ttl);
				if (record == null) {
					return null;
				}
			}
			if (!record.isOwnedBy(owner)) {
				return false;
			}
			if (!record.isCompleted()) {
				record.complete(value, this.time.clock().millis());
				expireAt(shard, record, now + ttl);
			}
			return true;
		}
	}

	@Override
	public CompletionStage<Boolean> release(RecordKey key, UUID owner) {
		return look(key, (shard, record, now) -> {
			boolean own = record == null || (record.isOwnedBy(owner) && !record.isCompleted());
			if (own && record != null) {
				remove(shard, record);
			}
			return own;
		});
	}

	@Override
	public CompletionStage<Boolean> renew(RecordKey key, UUID owner, Duration lease) {
		return lease(key, owner, lease.toNanos(), false);
	}

	@Override
	public CompletionStage<Boolean> abandon(RecordKey key, UUID owner) {
		return lease(key, owner, 0, true);
	}

	private CompletionStage<Boolean> lease(RecordKey key, UUID owner, long nanos, boolean last) {
		return look(key, (shard, record, now) -> {
			if (record == null || !record.isOwnedBy(owner)) {
				return false;
			}
			if (record.isUnfinished()) {
				long deadline = now + nanos;
				expireAt(shard, record, record.expiry + (deadline - record.leasedUntil()));
				record.leaseUntil(deadline);
				if (last) {
					record.abandon();
				}
			}
			return true;
		});
	}

	@Override
	public CompletionStage<Optional<StoredRecord>> find(RecordKey key) {
		return look(key, (shard, record, now) -> Optional.ofNullable(record).map((found) -> found.view(now)));
	}

	@Override
	public CompletionStage<Boolean> forget(RecordKey key) {
		return look(key, (shard, record, now) -> {
			if (record == null || record.isLive(now)) {
				return false;
			}
			remove(shard, record);
			return true;
		});
	}

	private <R> CompletionStage<R> look(RecordKey key, MemoryShard.Look<R> look) {
		int hash = MemoryRecord.hash(key, this.factor);
		MemoryShard shard = shard(hash);
		synchronized (shard) {
			long now = this.time.ticker().read();
			return CompletableFuture.completedFuture(look.at(shard, present(shard, hash, key, now), now));
		}
	}

	private @Nullable MemoryRecord present(MemoryShard shard, int hash, RecordKey key, long now) {
		MemoryRecord record = shard.find(hash, key);
		if (record != null && record.isExpired(now)) {
			remove(shard, record);
			return null;
		}
		return record;
	}

	private @Nullable MemoryRecord add(MemoryShard shard, int hash, RecordKey key, UUID owner,
			@Nullable String fingerprint, long expiry) {
		purge(shard, PURGED_AT_ONCE);
		if (!reserve()) {
			return null;
		}
		MemoryRecord record = new MemoryRecord(hash, key, owner, fingerprint,
				shard.nextFence(this.time.clock().instant()));
		record.expiry = expiry;
		shard.add(record);
		return record;
	}

	private void expireAt(MemoryShard shard, MemoryRecord record, long expiry) {
		if (record.expiry != expiry) {
			record.expiry = expiry;
			shard.moved(record);
		}
	}

	private void remove(MemoryShard shard, MemoryRecord record) {
		shard.remove(record);
		this.size.decrementAndGet();
	}

	private boolean reserve() {
		int current = this.size.get();
		while (current < this.maxEntries) {
			if (this.size.compareAndSet(current, current + 1)) {
				return true;
			}
			current = this.size.get();
		}
		return false;
	}

	private int purge(MemoryShard shard, int limit) {
		int purged = shard.purge(this.time.ticker().read(), limit);
		if (purged > 0) {
			this.size.addAndGet(-purged);
		}
		return purged;
	}

	private int purgeAll() {
		int purged = 0;
		for (MemoryShard shard : this.shards) {
			synchronized (shard) {
				purged += purge(shard, Integer.MAX_VALUE);
			}
		}
		return purged;
	}

	private MemoryShard shard(int hash) {
		return this.shards[hash >>> 27];
	}

}
