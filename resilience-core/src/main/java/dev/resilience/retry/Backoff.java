package dev.resilience.retry;

import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait before a retry. Immutable and thread-safe.
 */
final class Backoff {

	// In doubles, because they cannot run over: a power that is too large is infinite,
	// and the longest wait is less than that. The chance is spread evenly over what the
	// longest wait allows; cut off, it would have many callers wait exactly as long.

	private final double base;

	private final double factor;

	private final double longest;

	private final double jitter;

	Backoff(RetryConfig config) {
		this.base = config.baseDelay().toNanos();
		this.factor = config.backoffFactor();
		this.longest = config.maxDelay().toNanos();
		this.jitter = config.jitter();
	}

	/**
	 * The wait.
	 * @param retries how many retries there have been
	 * @return nanoseconds
	 */
	long nanos(int retries) {
		if (this.base == 0) {
			return 0;
		}
		double middle = Math.min(this.base * Math.pow(this.factor, retries), this.longest);
		return spread(middle * (1 - this.jitter), Math.min(middle * (1 + this.jitter), this.longest));
	}

	/**
	 * The wait that a callee asked for, or up to the jitter longer, so that not all whom
	 * it asked come back at once.
	 */
	long nanosAfter(long asked) {
		return Math.max(asked, spread((double) asked, Math.min(asked * (1 + this.jitter), this.longest)));
	}

	private static long spread(double least, double most) {
		return (long) (least + (most - least) * ThreadLocalRandom.current().nextDouble());
	}

}
