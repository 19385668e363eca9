package dev.resilience.idempotency.store;

import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

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
	// record expires.

	private static final int DEFAULT_MAX_ENTRIES = 100_000;

	private static final CompletionStage<Boolean> ACCEPTED = CompletableFuture.completedFuture(true);

	private static final CompletionStage<Boolean> REFUSED = CompletableFuture.completedFuture(false);

	private final MemoryTable table;

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
		int most = Setting.of("max-entries", maxEntries)
			.require(maxEntries >= 1, "must be at least 1", "give room for all keys of one 'ttl'")
			.value();
		this.table = new MemoryTable(most, time);
		this.time = time;
	}

	/**
	 * How many records there are.
	 * @return the number, without expired ones
	 */
	public int size() {
		this.table.purgeAll();
		return this.table.capacity().taken();
	}

	/**
	 * The most records it holds.
	 * @return the number
	 */
	public int maxEntries() {
		return this.table.capacity().most();
	}

	@Override
	public CompletionStage<Claim> claim(RecordKey key, UUID owner, @Nullable String fingerprint, Duration lease,
			Duration ttl) {
		return claim(key, owner, fingerprint, lease.toNanos(), ttl.toNanos(), false);
	}

	@Override
	public CompletionStage<Claim> takeOver(RecordKey key, UUID owner, @Nullable String fingerprint, Duration lease,
			Duration ttl) {
		return claim(key, owner, fingerprint, lease.toNanos(), ttl.toNanos(), true);
	}

	private CompletionStage<Claim> claim(RecordKey key, UUID owner, @Nullable String fingerprint, long lease, long ttl,
			boolean takingOver) {
		int hash = this.table.hash(key);
		MemoryShard shard = this.table.shard(hash);
		Claim claim;
		do {
			claim = claim(shard, hash, key, owner, fingerprint, lease, ttl, takingOver);
		}
		while (claim instanceof Claim.Full && this.table.purgeAll() > 0);
		return CompletableFuture.completedFuture(claim);
	}

	private Claim claim(MemoryShard shard, int hash, RecordKey key, UUID owner, @Nullable String fingerprint,
			long lease, long ttl, boolean takingOver) {
		synchronized (shard) {
			long now = this.time.ticker().read();
			MemoryRecord record = this.table.present(shard, hash, key, now);
			if (takingOver && record != null && record.answer(owner, fingerprint, now) instanceof Claim.Abandoned) {
				record = this.table.replace(shard, record, key, owner, fingerprint, now + lease + ttl);
				record.leaseUntil(now + lease);
			}
			if (record == null) {
				record = this.table.add(shard, hash, key, owner, fingerprint, now, now + lease + ttl);
				if (record == null) {
					return new Claim.Full();
				}
				record.leaseUntil(now + lease);
			}
			Claim claim = record.answer(owner, fingerprint, now);
			if (claim instanceof Claim.Granted) {
				record.leaseUntil(now + lease);
				this.table.expireAt(shard, record, now + lease + ttl);
			}
			return claim;
		}
	}

	@Override
	public CompletionStage<Boolean> complete(RecordKey name, UUID owner, @Nullable String fingerprint,
			@Nullable Object value, Duration ttl) {
		RecordKey key = this.table.known(name);
		int hash = this.table.hash(key);
		MemoryShard shard = this.table.shard(hash);
		long nanos = ttl.toNanos();
		Boolean accepted;
		do {
			accepted = complete(shard, hash, key, owner, fingerprint, value, nanos);
		}
		while (accepted == null && this.table.purgeAll() > 0);
		return Boolean.TRUE.equals(accepted) ? ACCEPTED : REFUSED;
	}

	/**
	 * Completes a record.
	 * @return whether it did, or {@code null} when there is no room
	 */
	private @Nullable Boolean complete(MemoryShard shard, int hash, RecordKey key, UUID owner,
			@Nullable String fingerprint, @Nullable Object value, long ttl) {
		synchronized (shard) {
			long now = this.time.ticker().read();
			MemoryRecord record = this.table.present(shard, hash, key, now);
			if (record == null) {
				record = this.table.add(shard, hash, key, owner, fingerprint, now, now + ttl);
				if (record == null) {
					return null;
				}
			}
			if (!record.isOwnedBy(owner)) {
				return false;
			}
			if (!record.isCompleted()) {
				record.complete(value, this.time.clock().millis());
				this.table.expireAt(shard, record, now + ttl);
			}
			return true;
		}
	}

	@Override
	public CompletionStage<Boolean> release(RecordKey key, UUID owner) {
		return this.table.look(key, (shard, record, now) -> {
			boolean own = record == null || (record.isOwnedBy(owner) && !record.isCompleted());
			if (own && record != null) {
				this.table.remove(shard, record);
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
		return this.table.look(key, (shard, record, now) -> {
			if (record == null || !record.isOwnedBy(owner)) {
				return false;
			}
			if (record.isUnfinished()) {
				long deadline = now + nanos;
				this.table.expireAt(shard, record, shard.byExpiry().expiry(record) + (deadline - record.leasedUntil()));
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
		return this.table.look(key, (shard, record, now) -> Optional.ofNullable(record)
			.map((found) -> found.view(now, shard.byExpiry().expiry(found))));
	}

	@Override
	public CompletionStage<Boolean> forget(RecordKey key, @Nullable UUID owner) {
		return this.table.look(key, (shard, record, now) -> {
			if (record == null || record.isLive(now)
					|| (owner != null && (record.isCompleted() || !record.isOwnedBy(owner)))) {
				return false;
			}
			this.table.remove(shard, record);
			return true;
		});
	}

}
