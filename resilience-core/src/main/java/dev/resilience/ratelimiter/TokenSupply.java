package dev.resilience.ratelimiter;

/**
 * The rate at which all token buckets of a limiter fill.
 */
final class TokenSupply implements Supply {

	private final Stopwatch stopwatch;

	private volatile Refill refill;

	TokenSupply(RateLimiterConfig config, Stopwatch stopwatch) {
		this.stopwatch = stopwatch;
		this.refill = new Refill(config);
	}

	@Override
	public Allowance fresh() {
		return new TokenBucket(this, false);
	}

	@Override
	public Allowance own() {
		return new TokenBucket(this, true);
	}

	@Override
	public void reconfigure(RateLimiterConfig config) {
		reconfigure(config, (double) config.limit());
	}

	synchronized void reconfigure(RateLimiterConfig config, double rate) {
		this.refill = this.refill.under(config, rate, elapsed());
	}

	synchronized void changeRate(RateLimiterConfig config, double rate, long elapsed) {
		this.refill = this.refill.at(config, rate, elapsed);
	}

	Refill refill() {
		return this.refill;
	}

	long elapsed() {
		return this.stopwatch.elapsed();
	}

}
