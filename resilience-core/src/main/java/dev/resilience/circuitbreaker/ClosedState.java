package dev.resilience.circuitbreaker;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

import dev.resilience.Admission;
import org.jspecify.annotations.Nullable;

/**
 * Calls pass, and failures in a row open the breaker.
 */
final class ClosedState extends State {

	// This object is the permit of every call, so that a healthy breaker allocates
	// nothing. A success writes the shared count only if it is not zero already, so that
	// healthy calls on many cores do not fight over its cache line. The write does not
	// order itself among failures that end at the same moment: "in a row" has no other
	// meaning for calls that overlap.

	private static final AtomicIntegerFieldUpdater<ClosedState> FAILURES = AtomicIntegerFieldUpdater
		.newUpdater(ClosedState.class, "failures");

	private volatile int failures;

	ClosedState(CircuitBreaker breaker) {
		super(breaker);
	}

	ClosedState(State from, String reason) {
		super(from, reason);
	}

	@Override
	CircuitState status() {
		return CircuitState.CLOSED;
	}

	@Override
	Admission admit() {
		return this;
	}

	@Override
	public void succeeded(@Nullable Object value, long nanos) {
		super.succeeded(value, nanos);
		if (this.failures != 0) {
			this.failures = 0;
		}
	}

	@Override
	void onFailure(Throwable cause) {
		int threshold = config().failureThreshold();
		if (threshold == 0) {
			return;
		}
		int inRow = FAILURES.incrementAndGet(this);
		if (inRow >= threshold && breaker().isIn(this)) {
			String reason = inRow + " consecutive failures, last " + cause.getClass().getName();
			breaker().transition(this, new OpenState(this, reason));
		}
	}

	@Override
	int consecutiveFailures() {
		return this.failures;
	}

}
