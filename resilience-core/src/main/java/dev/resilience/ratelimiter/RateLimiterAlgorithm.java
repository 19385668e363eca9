package dev.resilience.ratelimiter;

/**
 * How a rate limiter counts.
 */
public enum RateLimiterAlgorithm {

	/**
	 * A bucket that fills at the rate and holds a burst: after a pause the burst may pass
	 * at once, so a single period sees at most a burst and a limit together.
	 */
	TOKEN_BUCKET("token-bucket"),

	/**
	 * Never more than the limit in any stretch of time as long as the period.
	 */
	SLIDING_WINDOW("sliding-window"),

	/**
	 * A token bucket whose rate falls while calls fail, and rises while they succeed and
	 * the rate is used up.
	 */
	ADAPTIVE("adaptive");

	private final String key;

	RateLimiterAlgorithm(String key) {
		this.key = key;
	}

	/**
	 * Its name in the configuration.
	 * @return the name, in lower case
	 */
	public String key() {
		return this.key;
	}

}
