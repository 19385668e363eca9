package dev.resilience.ratelimiter;

/**
 * How all sliding windows of a limiter count.
 */
final class WindowSupply implements Supply {

	private final Stopwatch stopwatch;

	private volatile WindowTerms terms;

	WindowSupply(RateLimiterConfig config, Stopwatch stopwatch) {
		this.stopwatch = stopwatch;
		this.terms = WindowTerms.of(config);
	}

	@Override
	public Allowance fresh() {
		return new SlidingWindow(this);
	}

	@Override
	public void reconfigure(RateLimiterConfig config) {
		this.terms = WindowTerms.of(config);
	}

	WindowTerms terms() {
		return this.terms;
	}

	long elapsed() {
		return this.stopwatch.elapsed();
	}

}
