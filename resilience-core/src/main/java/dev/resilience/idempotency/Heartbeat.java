package dev.resilience.idempotency;

import java.util.concurrent.atomic.AtomicBoolean;

import dev.resilience.time.Sleeper;

/**
 * Renews the leases of all running calls of one operation with one timer. Thread-safe.
 */
final class Heartbeat {

	// The timer is armed by the first call and stays so until a beat finds no call:
	// setting and cancelling a timer for each call would cost more than the call.
	//
	// Disarming and entering cannot miss each other: a call enters and then looks whether
	// the timer is armed, a beat disarms it and then looks whether a call has entered.

	private final Executions executions;

	private final Sleeper sleeper;

	private final long interval;

	private final AtomicBoolean armed = new AtomicBoolean();

	Heartbeat(Executions executions, Sleeper sleeper, long interval) {
		this.executions = executions;
		this.sleeper = sleeper;
		this.interval = interval;
	}

	void arm() {
		if (!this.armed.get() && this.armed.compareAndSet(false, true)) {
			try {
				this.sleeper.scheduleBrief(this::beat, this.interval);
			}
			catch (Throwable ex) {
				// No timer now: the next call tries again.
				this.armed.set(false);
			}
		}
	}

	private void beat() {
		try {
			this.executions.all().forEach(this.executions.settlement()::beat);
			this.executions.settlement().offerAgain();
		}
		finally {
			this.armed.set(false);
			if (!this.executions.all().isEmpty() || !this.executions.settlement().hasNothingToOffer()) {
				arm();
			}
		}
	}

}
