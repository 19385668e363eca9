package dev.resilience.circuitbreaker;

import java.time.Duration;

import dev.resilience.Admission;

/**
 * Calls are rejected until the open duration has passed. No timer ends it: the first call
 * after it does.
 */
final class OpenState extends State {

	private final StateRejection rejection = new StateRejection(this, CircuitBreaker.REASON_OPEN);

	private final long begin = now();

	private final long length = config().openDuration().toNanos();

	OpenState(State from, String reason) {
		super(from, reason);
	}

	@Override
	CircuitState status() {
		return CircuitState.OPEN;
	}

	@Override
	StateRejection stops() {
		return this.rejection;
	}

	@Override
	Admission admit() {
		if (left() > 0) {
			return this.rejection;
		}
		return breaker().moveOn(this, new HalfOpenState(this, "open-duration has passed")).admit();
	}

	@Override
	Duration retryAfter() {
		return Duration.ofNanos(Math.max(0, left()));
	}

	@Override
	String explanation() {
		Duration left = retryAfter();
		return reason() + (left.isZero() ? "; the next call is a trial" : "; next trial in " + text(left));
	}

	private long left() {
		return this.length - (now() - this.begin);
	}

}
