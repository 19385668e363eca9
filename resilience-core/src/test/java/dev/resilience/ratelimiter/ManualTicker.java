package dev.resilience.ratelimiter;

import java.time.Clock;

import dev.resilience.time.Sleeper;
import dev.resilience.time.Ticker;
import dev.resilience.time.TimeSource;

/**
 * A ticker without locks or timers, for millions of readings by one thread.
 */
final class ManualTicker implements Ticker {

	private static final int MOST = 10_000_000;

	private long now;

	ManualTicker(long origin) {
		this.now = origin;
	}

	void advance(long nanos) {
		this.now += nanos;
	}

	@Override
	public long read() {
		return this.now;
	}

	RateLimiter limiter(RateLimiterConfig.Builder config) {
		return new RateLimiter("orders", config.build(), new TimeSource(this, Clock.systemUTC(), Sleeper.system()));
	}

	static int drain(RateLimiter limiter) {
		int granted = 0;
		while (limiter.tryAcquirePermit()) {
			granted++;
			if (granted > MOST) {
				throw new AssertionError("There is no limit");
			}
		}
		return granted;
	}

}
