package dev.resilience.ratelimiter;

/**
 * What the allowances of one limiter share: the terms that hold for all keys at present.
 * Thread-safe.
 */
interface Supply {

	/**
	 * Makes the allowance of a key, of which nothing is used.
	 */
	Allowance fresh();

	/**
	 * Makes that of all calls without a key. There is one in a limiter, and all threads
	 * meet at it.
	 */
	default Allowance own() {
		return fresh();
	}

	/**
	 * Changes the terms. What the allowances have used up stays used up.
	 */
	void reconfigure(RateLimiterConfig config);

}
