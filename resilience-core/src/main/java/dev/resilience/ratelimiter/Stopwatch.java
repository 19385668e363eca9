package dev.resilience.ratelimiter;

import dev.resilience.time.Ticker;

/**
 * How long a limiter has been there. Immutable and thread-safe.
 */
final class Stopwatch {

	private final Ticker ticker;

	private final long start;

	Stopwatch(Ticker ticker) {
		this.ticker = ticker;
		this.start = ticker.read();
	}

	/**
	 * Nanoseconds since the limiter was made. The difference is right wherever the ticker
	 * began, and when it wraps.
	 */
	long elapsed() {
		return this.ticker.read() - this.start;
	}

}
