package dev.resilience.ratelimiter;

/**
 * Whether a rate limiter turns calls away.
 */
public enum RateLimiterMode {

	/**
	 * It does.
	 */
	ENFORCE("enforce"),

	/**
	 * It decides, counts and tells, and lets every call pass at once.
	 */
	SHADOW("shadow");

	private final String key;

	RateLimiterMode(String key) {
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
