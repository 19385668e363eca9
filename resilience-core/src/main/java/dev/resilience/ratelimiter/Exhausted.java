package dev.resilience.ratelimiter;

import java.time.Duration;
import java.util.function.LongSupplier;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;

/**
 * A rate limiter's no. How long to wait is worked out when somebody asks.
 */
final class Exhausted extends Admission.Rejection {

	static final String LIMIT = "limit";

	static final String MAX_WAITING = "max-waiting";

	private final RateLimiter limiter;

	private final int weight;

	private final LongSupplier nanosUntilGranted;

	private final long generation;

	/**
	 * Creates a rejection.
	 * @param limiter who rejects
	 * @param reason why
	 * @param weight how many permits were asked for
	 * @param nanosUntilGranted how long to wait
	 * @param generation how many orders the limiter had been given
	 */
	Exhausted(RateLimiter limiter, String reason, int weight, LongSupplier nanosUntilGranted, long generation) {
		super(limiter, reason);
		this.limiter = limiter;
		this.weight = weight;
		this.nanosUntilGranted = nanosUntilGranted;
		this.generation = generation;
	}

	@Override
	public Duration retryAfter() {
		return Duration.ofNanos(this.nanosUntilGranted.getAsLong());
	}

	@Override
	public long generation() {
		return this.generation;
	}

	@Override
	public String explain() {
		RateLimiterConfig config = this.limiter.config();
		String verdict = MAX_WAITING.equals(reason())
				? "has no room for another waiting call (max-waiting " + config.maxWaiting() + ")" : "is exhausted";
		String next = (this.weight == 1) ? "next permit" : "next " + this.weight + " permits";
		return "rate limiter '" + this.limiter.name() + "' " + verdict + ": " + ConfigText.of(config) + "; " + next
				+ " in " + Unit.shown(roundedUp(this.nanosUntilGranted.getAsLong()), " ");
	}

	@Override
	public CallRejectedException toException() {
		return new RateLimitExceededException(this);
	}

	private static long roundedUp(long nanos) {
		long milli = 1_000_000;
		return (nanos < milli) ? nanos : (nanos + milli - 1) / milli * milli;
	}

}
