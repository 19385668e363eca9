package dev.resilience.idempotency;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import dev.resilience.time.Sleeper;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * A duplicate that waits for the first call, for a bounded time. Giving up takes it off
 * the first call's list and touches nothing else. Thread-safe.
 */
final class Waiter extends CompletableFuture<Outcome> {

	// Whoever depends on an asynchronous duplicate runs when it completes. That must not
	// be on the first caller's thread: it would delay that caller's result and see its
	// thread's context. Only when no other thread is to be had it is: late dependents are
	// better than none.
	//
	// A thread that waits here may be one of the sleeper's workers. If all of them are,
	// none is left to tell them that their time is over. So a blocked thread keeps its
	// own time, and the timer is only what tells it early when the time is not the
	// JVM's. Without a thread to keep the time, and without a timer, nobody may wait.

	private final @Nullable String fingerprint;

	private final TimeSource time;

	private final boolean blocking;

	private final Outcome late;

	private long deadline;

	private volatile @Nullable Execution first;

	private volatile Sleeper.@Nullable Timer timer;

	/**
	 * Creates a waiter.
	 * @param blocking whether the caller waits by {@link #await()}
	 * @param late the outcome when the wait is over
	 */
	Waiter(@Nullable String fingerprint, TimeSource time, boolean blocking, Outcome late) {
		this.fingerprint = fingerprint;
		this.time = time;
		this.blocking = blocking;
		this.late = late;
	}

	@Nullable String fingerprint() {
		return this.fingerprint;
	}

	Waiter waitFor(Execution execution, long nanos, Outcome mismatch, Outcome crowded) {
		this.first = execution;
		this.deadline = this.time.ticker().read() + nanos;
		if (execution.admit(this, mismatch, (nanos > 0) ? crowded : this.late)) {
			if (nanos <= 0) {
				giveUp(this.late);
			}
			else {
				startTimer(nanos);
			}
		}
		return this;
	}

	private void startTimer(long nanos) {
		try {
			this.timer = this.time.sleeper().schedule(() -> giveUp(this.late), nanos);
		}
		catch (Throwable ex) {
			if (!this.blocking) {
				giveUp(this.late);
			}
		}
		if (isDone()) {
			stopTimer();
		}
	}

	CompletionStage<Outcome> outcome() {
		return this;
	}

	/**
	 * Blocks until there is an outcome, at the latest when the wait is over.
	 */
	Outcome await() throws InterruptedException, ExecutionException {
		try {
			while (true) {
				try {
					return get(this.deadline - this.time.ticker().read(), TimeUnit.NANOSECONDS);
				}
				catch (TimeoutException ex) {
					if (this.deadline - this.time.ticker().read() <= 0) {
						giveUp(this.late);
					}
				}
			}
		}
		catch (InterruptedException ex) {
			giveUp(Outcome.WITHDRAWN);
			throw ex;
		}
	}

	void deliver(Outcome outcome) {
		if (this.blocking) {
			end(outcome);
		}
		else {
			new Elsewhere(this.time).execute(() -> end(outcome));
		}
	}

	void giveUp(Outcome outcome) {
		Execution execution = this.first;
		if (execution != null) {
			execution.dismiss(this);
		}
		end(outcome);
	}

	private void end(Outcome outcome) {
		stopTimer();
		complete(outcome);
	}

	private void stopTimer() {
		Sleeper.Timer current = this.timer;
		if (current != null) {
			Sleeper.Timer.cancelIfPossible(current);
		}
	}

}
