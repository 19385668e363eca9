package dev.resilience.idempotency;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

import dev.resilience.async.CallResult;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.IdempotencyStore.Claim;
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
	// the same owner; and if that fails too, whoever decides gives it back, so that the
	// claim, if there is one, need not block the key until its lease runs out.
	//
	// Asking again begins after 25 ms and doubles up to 400 ms, each time 50% more or
	// less, so that many who wait do not ask in step; never later than the lease's end.
	//
	// A pause is ended once: by its timer, by the thread that blocks here, for the
	// sleeper's workers may all be threads that do, or by whoever stops the attempt.
	// Where neither timer nor thread would end it, the store's last answer has to do.

	private static final long FIRST_PAUSE = TimeUnit.MILLISECONDS.toNanos(25);

	private static final int MAX_DOUBLINGS = 4;

	private final IdempotencyStore store;

	private final IdempotencyConfig config;

	private final TimeSource time;

	private final Execution execution;

	private final long wait;

	private final boolean blocking;

	private final boolean takingOver;

	private int polls;

	private boolean resent;

	private volatile boolean stopped;

	private final AtomicReference<@Nullable Pause> pause = new AtomicReference<>();

	private volatile @Nullable Thread blocked;

	private volatile Sleeper.@Nullable Timer timer;

	/**
	 * Creates an attempt.
	 * @param wait how long after the execution's start to ask again, in nanoseconds
	 * @param blocking whether the caller waits by {@link #await()}
	 * @param takingOver whether an abandoned record is to be taken over
	 */
	ClaimAttempt(IdempotencyStore store, IdempotencyConfig config, TimeSource time, Execution execution, long wait,
			boolean blocking, boolean takingOver) {
		this.store = store;
		this.config = config;
		this.time = time;
		this.execution = execution;
		this.wait = wait;
		this.blocking = blocking;
		this.takingOver = takingOver;
	}

	/**
	 * Asks the store once.
	 */
	static CompletionStage<Claim> ask(IdempotencyStore store, IdempotencyConfig config, Execution call) {
		return Settlement.ask(() -> call.isInheriting()
				? store.takeOver(call.key(), call.owner(), call.fingerprint(), config.lease(), config.ttl())
				: store.claim(call.key(), call.owner(), call.fingerprint(), config.lease(), config.ttl()));
	}

	private void ask() {
		follow(ask(this.store, this.config, this.execution));
	}

	void follow(CompletionStage<Claim> answer) {
		answer.whenComplete(this::accept);
	}

	private void accept(@Nullable Claim claim, @Nullable Throwable failure) {
		try {
			answered(claim, failure);
		}
		catch (Throwable ex) {
			completeExceptionally(ex);
		}
	}

	private void answered(@Nullable Claim claim, @Nullable Throwable failure) {
		if (failure != null) {
			failed(failure);
		}
		else if (claim instanceof Claim.Abandoned && this.takingOver && !this.execution.isInheriting()
				&& !this.stopped) {
			this.execution.inherit(true);
			ask();
		}
		else if (!(claim instanceof Claim.InProgress busy) || !askAgain(busy)) {
			complete(claim);
		}
	}

	/**
	 * Blocks until the attempt is complete, and asks again by itself when it is time to.
	 */
	Claim await() throws InterruptedException, ExecutionException {
		if (isDone()) {
			return get();
		}
		this.blocked = Thread.currentThread();
		answer().whenComplete((claim, failure) -> LockSupport.unpark(this.blocked));
		while (!isDone()) {
			if (Thread.interrupted()) {
				throw new InterruptedException();
			}
			Pause current = this.pause.get();
			long left = (current != null) ? current.end() - this.time.ticker().read() : 0;
			if (current == null) {
				LockSupport.park(this);
			}
			else if (left > 0) {
				LockSupport.parkNanos(this, left);
			}
			else {
				resume(current);
			}
		}
		return get();
	}

	CompletionStage<Claim> answer() {
		return this;
	}

	/**
	 * Asks no more. An answer that is under way still arrives; where none is, the last
	 * one was the answer.
	 */
	void stop() {
		this.stopped = true;
		stopTimer();
		Pause current = this.pause.getAndSet(null);
		if (current != null) {
			complete(current.busy());
		}
	}

	boolean hasWaited() {
		return this.polls > 0;
	}

	private boolean askAgain(Claim.InProgress busy) {
		long now = this.time.ticker().read();
		long left = this.wait - (now - this.execution.startedAt());
		if (left <= 0 || this.stopped) {
			return false;
		}
		long nanos = (long) ((FIRST_PAUSE << Math.min(this.polls++, MAX_DOUBLINGS))
				* ThreadLocalRandom.current().nextDouble(0.5, 1.5));
		nanos = Math.min(nanos, Math.min(left, atLeastOne(busy.leaseLeft())));
		Pause next = new Pause(busy, now + nanos);
		this.pause.set(next);
		LockSupport.unpark(this.blocked);
		try {
			this.timer = this.time.sleeper().schedule(() -> resume(next), nanos);
		}
		catch (Throwable ex) {
			if (!this.blocking) {
				return !this.pause.compareAndSet(next, null);
			}
		}
		if (this.stopped) {
			stop();
		}
		return true;
	}

	private void resume(Pause ended) {
		if (this.pause.compareAndSet(ended, null)) {
			stopTimer();
			ask();
		}
	}

	private void stopTimer() {
		Sleeper.Timer current = this.timer;
		if (current != null) {
			Sleeper.Timer.cancelIfPossible(current);
		}
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
		completeExceptionally(CallResult.unwrap(failure));
	}

	/**
	 * The time between an answer and the next question.
	 *
	 * @param busy the answer
	 * @param end when to ask, by the ticker
	 */
	private record Pause(Claim.InProgress busy, long end) {
	}

}
