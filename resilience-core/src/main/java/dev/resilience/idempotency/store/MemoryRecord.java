package dev.resilience.idempotency.store;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

import dev.resilience.idempotency.store.IdempotencyStore.Claim;
import dev.resilience.idempotency.store.IdempotencyStore.Status;
import dev.resilience.idempotency.store.IdempotencyStore.StoredRecord;
import org.jspecify.annotations.Nullable;

/**
 * One record in memory, so small that a million of them fit. Guarded by its shard.
 */
final class MemoryRecord {

	private static final Object UNFINISHED = new Object();

	private static final Object ABANDONED = new Object();

	final int hash;

	/**
	 * Where the record is in the heap.
	 */
	int place;

	private final @Nullable String scope;

	private final @Nullable String principal;

	private final String operation;

	private final String key;

	private final @Nullable String fingerprint;

	private final long ownerHigh;

	private final long ownerLow;

	private final long fence;

	private final int attempt;

	private @Nullable Object value = UNFINISHED;

	/**
	 * When the lease runs out, by the ticker; of a completed record, when that was, in
	 * milliseconds of the epoch.
	 */
	private long moment;

	MemoryRecord(int hash, RecordKey name, UUID owner, @Nullable String fingerprint, long fence, int attempt) {
		this.hash = hash;
		this.scope = name.scope();
		this.principal = name.principal();
		this.operation = name.operation();
		this.key = name.key();
		this.fingerprint = fingerprint;
		this.ownerHigh = owner.getMostSignificantBits();
		this.ownerLow = owner.getLeastSignificantBits();
		this.fence = fence;
		this.attempt = attempt;
	}

	/**
	 * A hash that nobody can aim at who does not know the factor.
	 */
	static int hash(RecordKey name, long factor) {
		long hash = mix(factor ^ name.operation().hashCode(), factor);
		hash = mix(hash, name.principal(), factor);
		hash = mix(hash, name.scope(), factor);
		hash = mix(hash, name.key(), factor);
		return (int) (hash >>> 32) ^ (int) hash;
	}

	private static long mix(long begin, @Nullable String text, long factor) {
		if (text == null) {
			return mix(begin, factor);
		}
		int length = text.length();
		long hash = mix(begin ^ length, factor);
		int index = 0;
		for (; index + 3 < length; index += 4) {
			long four = text.charAt(index) | (long) text.charAt(index + 1) << 16 | (long) text.charAt(index + 2) << 32
					| (long) text.charAt(index + 3) << 48;
			hash = mix(hash ^ four, factor);
		}
		for (; index < length; index++) {
			hash = mix(hash ^ text.charAt(index), factor);
		}
		return hash;
	}

	// Both halves of the product: the upper one brings the factor, which nobody knows,
	// into what becomes of the highest bits. Both numbers count as unsigned: signed, a
	// number and its negative would differ in the same bits whatever the factor is.
	private static long mix(long hash, long factor) {
		long high = Math.multiplyHigh(hash, factor) + (hash >> 63 & factor) + (factor >> 63 & hash);
		return hash * factor ^ high;
	}

	boolean isNamed(RecordKey name) {
		return this.key.equals(name.key()) && this.operation.equals(name.operation())
				&& Objects.equals(this.principal, name.principal()) && Objects.equals(this.scope, name.scope());
	}

	RecordKey name() {
		return new RecordKey(this.scope, this.principal, this.operation, this.key);
	}

	boolean isOwnedBy(UUID owner) {
		return this.ownerHigh == owner.getMostSignificantBits() && this.ownerLow == owner.getLeastSignificantBits();
	}

	boolean isCompleted() {
		return !isUnfinished() && this.value != ABANDONED;
	}

	boolean isUnfinished() {
		return this.value == UNFINISHED;
	}

	boolean isLive(long now) {
		return isUnfinished() && this.moment - now > 0;
	}

	long leasedUntil() {
		return this.moment;
	}

	void leaseUntil(long deadline) {
		this.moment = deadline;
	}

	void abandon() {
		this.value = ABANDONED;
	}

	void complete(@Nullable Object value, long millis) {
		this.value = value;
		this.moment = millis;
	}

	Claim answer(UUID owner, @Nullable String fingerprint, long now) {
		if (!Objects.equals(this.fingerprint, fingerprint)) {
			return new Claim.Mismatch();
		}
		if (isCompleted()) {
			return new Claim.Completed(this.value, Instant.ofEpochMilli(this.moment));
		}
		if (isUnfinished() && isOwnedBy(owner)) {
			return new Claim.Granted(this.fence, this.attempt);
		}
		return isLive(now) ? new Claim.InProgress(Duration.ofNanos(this.moment - now)) : new Claim.Abandoned();
	}

	int attempt() {
		return this.attempt;
	}

	StoredRecord view(long now, long expiry) {
		UUID owner = new UUID(this.ownerHigh, this.ownerLow);
		// The fence is made of the time of the claim.
		Instant claimedAt = Instant.ofEpochMilli(this.fence / 1_000);
		if (isCompleted()) {
			return new StoredRecord(Status.COMPLETED, this.value, claimedAt, Instant.ofEpochMilli(this.moment), owner,
					Duration.ofNanos(expiry - now));
		}
		boolean live = isLive(now);
		return new StoredRecord(live ? Status.IN_PROGRESS : Status.ABANDONED, null, claimedAt, null, owner,
				Duration.ofNanos((live ? this.moment : expiry) - now));
	}

}
