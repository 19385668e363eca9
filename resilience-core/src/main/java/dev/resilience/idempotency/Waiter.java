package dev.resilience.idempotency;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.resilience.time.Sleeper;
import org.jspecify.annotations.Nullable;

/**
 * A duplicate that waits for the first call, for a bounded time. Giving up takes it off
 * the first call's list and touches nothing else. Thread-safe.
 */
final class Waiter extends CompletableFuture<Outcome> {

	// Whoever depends on an asynchronous duplicate runs when it completes. That must not
	// be on the first caller's thread: it would delay that caller's result and see its
	// thread's context.

	private final @Nullable String fingerprint;

	private final Sleeper sleeper;

	private final boolean blocking;

	private volatile @Nullable Execution first;

	private volatile Sleeper.@Nullable Timer timer;

	Waiter(@Nullable String fingerprint, Sleeper sleeper, boolean blocking) {
		this.fingerprint = fingerprint;
		this.sleeper = sleeper;
		this.blocking = blocking;
	}

	@Nullable String fingerprint() {
		return this.fingerprint;
	}

	Waiter waitFor(Execution execution, long nanos, Outcome mismatch, Outcome late) {
		this.first = execution;
		if (execution.admit(this, mismatch)) {
			if (nanos <= 0) {
				giveUp(late);
			}
			else {
				this.timer = this.sleeper.schedule(() -> giveUp(late), nanos);
				if (isDone()) {
					stopTimer();
				}
			}
		}
		return this;
	}

	CompletionStage<Outcome> outcome() {
		return this;
	}

	void deliver(Outcome outcome) {
		if (this.blocking) {
			stopTimer();
			complete(outcome);
		}
		else {
			this.sleeper.schedule(() -> {
				stopTimer();
				complete(outcome);
			}, 0);
		}
	}

	void giveUp(Outcome outcome) {
		Execution execution = this.first;
		if (execution != null) {
			execution.dismiss(this);
		}
		stopTimer();
		complete(outcome);
	}

	private void stopTimer() {
		Sleeper.Timer current = this.timer;
		if (current != null) {
			current.cancel();
		}
	}

}
