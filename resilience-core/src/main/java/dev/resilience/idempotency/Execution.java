package dev.resilience.idempotency;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

import dev.resilience.idempotency.store.IdempotencyStore.Claim;
import dev.resilience.idempotency.store.RecordKey;
import org.jspecify.annotations.Nullable;

/**
 * One call on its way: first it asks for the claim, then, if granted, it runs the work,
 * and at last it has an outcome. Duplicates wait at it meanwhile. Thread-safe.
 */
final class Execution {

	// The owner has to be unique among all executions everywhere, and drawing a random
	// UUID for each costs more than all the rest of a call. So the low half counts from a
	// random start, and the high half is random for each JVM, plus the ticker: two JVMs
	// that were restored from one snapshot differ in that.

	private static final long ORIGIN = UUID.randomUUID().getMostSignificantBits();

	private static final AtomicLong COUNT = new AtomicLong(UUID.randomUUID().getMostSignificantBits());

	/** How many duplicates may wait for one call. */
	static final int MAX_WAITERS = 1_000;

	private final RecordKey key;

	private final @Nullable String fingerprint;

	private final long startedAt;

	private final UUID owner;

	// Both are written before 'granted' is, and read by those who know of the grant.
	private long fence;

	private int attempt = 1;

	private volatile long leasedUntil;

	private volatile boolean inheriting;

	private volatile boolean lost;

	private volatile boolean bypassing;

	private volatile boolean granted;

	private volatile @Nullable Outcome outcome;

	private @Nullable Set<Waiter> waiters;

	Execution(RecordKey key, @Nullable String fingerprint, long now) {
		this.key = key;
		this.fingerprint = fingerprint;
		this.startedAt = now;
		this.owner = new UUID(ORIGIN + now, COUNT.getAndIncrement());
	}

	RecordKey key() {
		return this.key;
	}

	@Nullable String fingerprint() {
		return this.fingerprint;
	}

	UUID owner() {
		return this.owner;
	}

	long startedAt() {
		return this.startedAt;
	}

	long fence() {
		return this.fence;
	}

	/**
	 * Which execution of the key it is, as far as the store knows.
	 */
	int attempt() {
		return this.attempt;
	}

	/**
	 * Notes whether it takes the place of an execution that may have taken effect.
	 */
	void inherit(boolean unknown) {
		if (this.inheriting != unknown) {
			this.inheriting = unknown;
		}
	}

	/**
	 * Whether, should it come to nothing itself, it is still not known what became of the
	 * execution before.
	 */
	boolean isInheriting() {
		return this.inheriting;
	}

	/**
	 * Whether it runs without a claim.
	 */
	boolean isBypassing() {
		return this.bypassing;
	}

	boolean isRunning() {
		return this.granted && this.outcome == null;
	}

	/**
	 * Whether another owner has the record by now.
	 */
	boolean isLost() {
		return this.lost;
	}

	/**
	 * Notes the answer to a sign of life.
	 */
	void renewed(boolean own, long leasedUntil) {
		if (own) {
			this.leasedUntil = leasedUntil;
		}
		else {
			this.lost = true;
		}
	}

	boolean isLeased(long now) {
		return leaseLeft(now) > 0;
	}

	/**
	 * How long the lease still holds, in nanoseconds; not positive when it has run out.
	 */
	long leaseLeft(long now) {
		return this.leasedUntil - now;
	}

	boolean isFinished() {
		return this.outcome != null;
	}

	/**
	 * Has a waiter wait for the outcome. As long as the claim is not granted, nobody
	 * knows whose fingerprint is the right one; from then on, another one is a mismatch.
	 * @param crowded the answer when no other one may wait
	 * @return whether it has to wait; otherwise it has its answer
	 */
	boolean admit(Waiter waiter, Outcome mismatch, Outcome crowded) {
		Outcome known;
		synchronized (this) {
			known = this.outcome;
			if (isStranger(waiter)) {
				known = this.granted ? mismatch : (known != null) ? Outcome.WITHDRAWN : null;
			}
			if (known == null && (this.waiters == null || this.waiters.size() < MAX_WAITERS)) {
				this.waiters = (this.waiters != null) ? this.waiters : new LinkedHashSet<>(4);
				this.waiters.add(waiter);
				return true;
			}
		}
		waiter.complete((known != null) ? known : crowded);
		return false;
	}

	synchronized void dismiss(Waiter waiter) {
		if (this.waiters != null) {
			this.waiters.remove(waiter);
		}
	}

	void grant(Claim.Granted claim, long leasedUntil, Outcome mismatch) {
		this.attempt = claim.attempt();
		inherit(claim.attempt() > 1);
		this.leasedUntil = leasedUntil;
		begin(claim.fence(), mismatch);
	}

	/**
	 * Lets it run without a claim.
	 */
	void bypass(Outcome mismatch) {
		this.bypassing = true;
		begin(0, mismatch);
	}

	private void begin(long fence, Outcome mismatch) {
		List<Waiter> strangers;
		synchronized (this) {
			this.fence = fence;
			this.granted = true;
			if (this.waiters == null) {
				return;
			}
			strangers = this.waiters.stream().filter(this::isStranger).toList();
			strangers.forEach(this.waiters::remove);
		}
		strangers.forEach((waiter) -> waiter.deliver(mismatch));
	}

	/**
	 * Sets the outcome, once, and tells all who wait.
	 * @return whether this is the outcome
	 */
	boolean finish(Outcome outcome) {
		Set<Waiter> all;
		synchronized (this) {
			if (this.outcome != null) {
				return false;
			}
			this.outcome = outcome;
			if (this.waiters == null) {
				return true;
			}
			all = this.waiters;
			this.waiters = null;
		}
		all.forEach((waiter) -> waiter.deliver(isStranger(waiter) ? Outcome.WITHDRAWN : outcome));
		return true;
	}

	private boolean isStranger(Waiter waiter) {
		return !Objects.equals(waiter.fingerprint(), this.fingerprint);
	}

}
