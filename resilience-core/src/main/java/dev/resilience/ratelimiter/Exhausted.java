package dev.resilience.ratelimiter;

import java.time.Duration;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;

/**
 * A rate limiter's no. It keeps two numbers; how long to wait is worked out when somebody
 * asks.
 */
class Exhausted extends Admission.Rejection {

	static final String LIMIT = "limit";

	static final String MAX_WAITING = "max-waiting";

	private final RateLimiter limiter;

	private final int weight;

	private final long elapsed;

	private final long missing;

	private final long generation;

	/**
	 * Creates a rejection.
	 * @param limiter who rejects
	 * @param reason why
	 * @param weight how many permits were asked for
	 * @param elapsed the time of asking
	 * @param missing how many units were missing
	 * @param generation how often the limiter was reset
	 */
	Exhausted(RateLimiter limiter, String reason, int weight, long elapsed, long missing, long generation) {
		super(limiter, reason);
		this.limiter = limiter;
		this.weight = weight;
		this.elapsed = elapsed;
		this.missing = missing;
		this.generation = generation;
	}

	long nanosUntilGranted() {
		return this.limiter.refill().nanosUntil(this.elapsed, this.missing);
	}

	@Override
	public Duration retryAfter() {
		return Duration.ofNanos(nanosUntilGranted());
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
		return "rate limiter '" + this.limiter.name() + "' " + verdict + ": " + config.describe() + "; " + next + " in "
				+ RateLimiterConfig.shown(roundedUp(nanosUntilGranted()), " ");
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
