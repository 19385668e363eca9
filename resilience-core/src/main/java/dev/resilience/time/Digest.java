package dev.resilience.time;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps what happens often from being told as often: one of many like occurrences is told
 * in an interval, together with the number of those before it. Thread-safe and lock-free.
 */
public final class Digest {

	private final Ticker ticker;

	private final long interval;

	private final AtomicLong untold = new AtomicLong();

	private final AtomicLong toldAt;

	/**
	 * Creates a digest that tells the first occurrence.
	 * @param ticker measures the interval
	 * @param interval the least time between two occurrences that are told
	 */
	public Digest(Ticker ticker, Duration interval) {
		this.ticker = ticker;
		this.interval = interval.toNanos();
		this.toldAt = new AtomicLong(ticker.read() - this.interval);
	}

	/**
	 * Counts an occurrence.
	 * @return how many there were since the last one that was told, with this one; or 0,
	 * if nothing is to be told now
	 */
	public long occurred() {
		this.untold.getAndIncrement();
		long last = this.toldAt.get();
		long now = this.ticker.read();
		long elapsed = now - last;
		boolean due = elapsed >= this.interval || elapsed < 0;
		return (due && this.toldAt.compareAndSet(last, now)) ? this.untold.getAndSet(0) : 0;
	}

}
