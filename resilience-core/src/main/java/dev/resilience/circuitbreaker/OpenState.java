package dev.resilience.circuitbreaker;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

import dev.resilience.Admission;

/**
 * Calls are rejected until the open duration has passed. No timer ends it: the first call
 * after it does.
 */
final class OpenState extends State {

	// A callee that fails its trials again and again is asked less and less often. The
	// growth is scattered by a tenth each way, so that many instances that opened at one
	// moment do not all come back at one moment; never below the duration that was
	// configured, never above the longest. Without growth there is nothing to scatter.

	private static final double JITTER = 0.1;

	private final StateRejection rejection = new StateRejection(this, StateRejection.OPEN);

	private final long begin = now();

	private final int reopened;

	private final double scatter = ThreadLocalRandom.current().nextDouble(1 - JITTER, 1 + JITTER);

	private volatile long length;

	OpenState(State from, String reason) {
		super(from, reason);
		this.reopened = (from.status() == CircuitState.HALF_OPEN) ? from.reopened() + 1 : 0;
		this.length = length(config());
	}

	@Override
	CircuitState status() {
		return CircuitState.OPEN;
	}

	/**
	 * A new duration holds at once, from the beginning of this state on.
	 */
	@Override
	void adapt(CircuitBreakerConfig config) {
		this.length = length(config);
	}

	private long length(CircuitBreakerConfig config) {
		long shortest = config.openDuration().toNanos();
		if (this.reopened == 0 || config.openDurationMultiplier() == 1) {
			return shortest;
		}
		double longest = config.maxOpenDuration().toNanos();
		double grown = shortest * Math.pow(config.openDurationMultiplier(), this.reopened);
		return Math.max(shortest, (long) Math.min(longest, Math.min(longest, grown) * this.scatter));
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
		return circuit().moveOn(this, new HalfOpenState(this, "open-duration has passed")).admit();
	}

	@Override
	int reopened() {
		return this.reopened;
	}

	@Override
	Duration retryAfter() {
		return Duration.ofNanos(Math.max(0, left()));
	}

	@Override
	String outlook() {
		return "; next trial in ";
	}

	@Override
	String explanation() {
		return retryAfter().isZero() ? reason() + "; the next call is a trial" : super.explanation();
	}

	private long left() {
		return this.length - (now() - this.begin);
	}

}
