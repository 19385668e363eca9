package dev.resilience.retry;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import dev.resilience.time.Ticker;

/**
 * What is left of a {@link RetryBudget}. Thread-safe. Only failures come here: a call
 * that succeeds pays by being counted, which it is anyway.
 */
final class Budget {

	// The share is earned by calls and forgotten in time: what was there loses a tenth
	// with each second, and what the calls since then earned is added. Left alone, it
	// comes to what the calls of the last ten seconds earn, as Finagle's budget does with
	// a ring of counters. After a longer silence, the calls since then count as if they
	// had come evenly.
	//
	// The reserve fills at its rate and holds one second's worth.

	private static final double WINDOW = TimeUnit.SECONDS.toNanos(10);

	private static final double SECOND = TimeUnit.SECONDS.toNanos(1);

	private final RetryBudget config;

	private final Ticker ticker;

	private final LongSupplier calls;

	private long readAt;

	private long counted;

	private double share;

	private double reserve;

	/**
	 * Creates a budget whose reserve is full.
	 * @param config how large it is
	 * @param ticker tells the time
	 * @param calls how many calls there have been
	 */
	Budget(RetryBudget config, Ticker ticker, LongSupplier calls) {
		this.config = config;
		this.ticker = ticker;
		this.calls = calls;
		this.readAt = ticker.read();
		this.reserve = config.minPerSecond();
	}

	/**
	 * Pays for a retry, if that is possible.
	 */
	synchronized boolean take() {
		earn();
		if (this.share >= 1) {
			this.share -= 1;
			return true;
		}
		if (this.reserve >= 1) {
			this.reserve -= 1;
			return true;
		}
		return false;
	}

	synchronized double left() {
		earn();
		return this.share + this.reserve;
	}

	private void earn() {
		long now = this.ticker.read();
		long total = this.calls.getAsLong();
		double elapsed = Math.max(0, now - this.readAt);
		double recent = Math.max(0, total - this.counted);
		this.readAt = now;
		this.counted = total;
		if (elapsed > WINDOW) {
			recent *= WINDOW / elapsed;
			elapsed = WINDOW;
		}
		this.share = this.share * (1 - elapsed / WINDOW) + recent * this.config.ratio();
		int most = this.config.minPerSecond();
		this.reserve = Math.min(most, this.reserve + most * elapsed / SECOND);
	}

}
