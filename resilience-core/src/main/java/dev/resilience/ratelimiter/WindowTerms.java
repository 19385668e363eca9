package dev.resilience.ratelimiter;

/**
 * How sliding windows count. Immutable.
 *
 * @param limit the most permits in any window
 * @param width the nanoseconds of a slot
 * @param span how many older slots count beside the present one
 */
record WindowTerms(long limit, long width, long span) {

	private static final int RING = 60;

	static WindowTerms of(RateLimiterConfig config) {
		long period = config.period().toNanos();
		return config.exact() ? new WindowTerms(config.limit(), 1, period - 1)
				: new WindowTerms(config.limit(), (period + RING - 1) / RING, RING);
	}

	/**
	 * The slot of a time.
	 */
	long slot(long elapsed) {
		return Math.floorDiv(elapsed, this.width);
	}

	/**
	 * When a slot begins.
	 */
	long start(long slot) {
		return slot * this.width;
	}

}
