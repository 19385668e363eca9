package dev.resilience.ratelimiter;

/**
 * What the allowances of one limiter share: the terms that hold for all keys at present.
 * Thread-safe.
 */
interface Supply {

	/**
	 * Makes an allowance of which nothing is used.
	 */
	Allowance fresh();

	/**
	 * Changes the terms. What the allowances have used up stays used up.
	 */
	void reconfigure(RateLimiterConfig config);

}
