package dev.resilience.idempotency;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import dev.resilience.idempotency.IdempotencyStore.Claim;
import dev.resilience.time.Sleeper;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * Asks the store for the claim, and while an owner elsewhere holds it, asks again until
 * the wait is over. It completes with the store's last answer, or exceptionally when the
 * store failed. Thread-safe.
 */
final class ClaimAttempt extends CompletableFuture<Claim> {

	// A claim whose answer was lost may have been granted. So it is sent once more, as
	// the same owner; and if that fails too, a release is sent after it, so that the
	// claim, if there is one, need not block the key until its lease runs out.
	//
	// Asking again begins after 25 ms and doubles up to 400 ms, each time 50% more or
	// less, so that many who wait do not ask in step; never later than the lease's end.

	private static final long FIRST_PAUSE = TimeUnit.MILLISECONDS.toNanos(25);

	private static final int MAX_DOUBLINGS = 4;

	private final IdempotencyStore store;

	private final IdempotencyConfig config;

	private final TimeSource time;

	private final Execution execution;

	private final long wait;

	private int polls;

	private boolean resent;

	private volatile boolean stopped;

	private volatile Sleeper.@Nullable Timer timer;

	/**
	 * Creates an attempt.
	 * @param wait how long after the execution's start to ask again, in nanoseconds
	 */
	ClaimAttempt(IdempotencyStore store, IdempotencyConfig config, TimeSource time, Execution execution, long wait) {
		this.store = store;
		this.config = config;
		this.time = time;
		this.execution = execution;
		this.wait = wait;
	}

	void ask() {
		CompletionStage<Claim> stage;
		try {
			stage = Objects.requireNonNull(this.store.claim(this.execution.key(), this.execution.owner(),
					this.execution.fingerprint(), this.config.lease(), this.config.ttl()));
		}
		catch (Throwable ex) {
			failed(ex);
			return;
		}
		stage.whenComplete((claim, failure) -> {
			if (failure != null) {
				failed(failure);
			}
			else if (!(claim instanceof Claim.InProgress busy) || !askAgain(busy)) {
				complete(claim);
			}
		});
	}

	CompletionStage<Claim> answer() {
		return this;
	}

	/**
	 * Asks no more. An answer that is under way still arrives.
	 */
	void stop() {
		this.stopped = true;
		Sleeper.Timer current = this.timer;
		if (current != null) {
			current.cancel();
		}
	}

	boolean hasWaited() {
		return this.polls > 0;
	}

	private boolean askAgain(Claim.InProgress busy) {
		long left = this.wait - (this.time.ticker().read() - this.execution.startedAt());
		if (left <= 0 || this.stopped) {
			return false;
		}
		long pause = (long) ((FIRST_PAUSE << Math.min(this.polls++, MAX_DOUBLINGS))
				* ThreadLocalRandom.current().nextDouble(0.5, 1.5));
		pause = Math.min(pause, Math.min(left, atLeastOne(busy.leaseLeft())));
		this.timer = this.time.sleeper().schedule(this::ask, pause);
		if (this.stopped) {
			stop();
		}
		return true;
	}

	private static long atLeastOne(Duration leaseLeft) {
		return Math.max(1, leaseLeft.toNanos());
	}

	private void failed(Throwable failure) {
		if (!this.resent && !this.stopped) {
			this.resent = true;
			ask();
			return;
		}
		release();
		completeExceptionally(
				(failure instanceof CompletionException && failure.getCause() != null) ? failure.getCause() : failure);
	}

	private void release() {
		try {
			this.store.release(this.execution.key(), this.execution.owner());
		}
		catch (RuntimeException ex) {
			// The store is out of order, and the claim, if there is one, will lapse.
		}
	}

}
