package dev.resilience.idempotency;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

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

	private final RecordKey key;

	private final @Nullable String fingerprint;

	private final long startedAt;

	private final UUID owner;

	private volatile long fence;

	private volatile boolean granted;

	private volatile @Nullable Outcome outcome;

	private @Nullable List<Waiter> waiters;

	private volatile @Nullable Supplier<CompletionStage<Boolean>> unsettled;

	private int attemptsLeft;

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

	boolean isRunning() {
		return this.granted && this.outcome == null;
	}

	boolean isFinished() {
		return this.outcome != null;
	}

	/**
	 * Has a waiter wait for the outcome. As long as the claim is not granted, nobody
	 * knows whose fingerprint is the right one; from then on, another one is a mismatch.
	 * @return whether it has to wait; otherwise it has its answer
	 */
	boolean admit(Waiter waiter, Outcome mismatch) {
		Outcome known;
		synchronized (this) {
			known = this.outcome;
			if (this.granted && !Objects.equals(waiter.fingerprint(), this.fingerprint)) {
				known = mismatch;
			}
			if (known == null) {
				this.waiters = (this.waiters != null) ? this.waiters : new ArrayList<>(2);
				this.waiters.add(waiter);
				return true;
			}
			if (!this.granted && !Objects.equals(waiter.fingerprint(), this.fingerprint)) {
				known = Outcome.WITHDRAWN;
			}
		}
		waiter.complete(known);
		return false;
	}

	synchronized void dismiss(Waiter waiter) {
		if (this.waiters != null) {
			this.waiters.remove(waiter);
		}
	}

	void grant(long fence, Outcome mismatch) {
		List<Waiter> strangers = List.of();
		synchronized (this) {
			this.fence = fence;
			this.granted = true;
			if (this.waiters != null) {
				strangers = strangers();
				this.waiters.removeAll(strangers);
			}
		}
		strangers.forEach((waiter) -> waiter.deliver(mismatch));
	}

	/**
	 * Sets the outcome, once, and tells all who wait.
	 * @return whether this is the outcome
	 */
	boolean finish(Outcome outcome) {
		List<Waiter> all;
		List<Waiter> strangers;
		synchronized (this) {
			if (this.outcome != null) {
				return false;
			}
			this.outcome = outcome;
			if (this.waiters == null) {
				return true;
			}
			all = this.waiters;
			strangers = strangers();
			this.waiters = null;
		}
		all.forEach((waiter) -> waiter.deliver(strangers.contains(waiter) ? Outcome.WITHDRAWN : outcome));
		return true;
	}

	private List<Waiter> strangers() {
		List<Waiter> present = (this.waiters != null) ? this.waiters : List.of();
		return present.stream().filter((waiter) -> !Objects.equals(waiter.fingerprint(), this.fingerprint)).toList();
	}

	/**
	 * Keeps a command that the store did not take, to be tried again.
	 */
	void keep(Supplier<CompletionStage<Boolean>> command, int attempts) {
		this.attemptsLeft = attempts;
		this.unsettled = command;
	}

	/**
	 * The command that the store did not take.
	 * @return the command, or {@code null} when there is none or it was tried often
	 * enough
	 */
	@Nullable Supplier<CompletionStage<Boolean>> nextAttempt() {
		return (this.attemptsLeft-- > 0) ? this.unsettled : null;
	}

	boolean isUnsettled() {
		return this.unsettled != null;
	}

}
