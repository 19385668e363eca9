package dev.resilience.time;

import dev.resilience.Sneaky;

/**
 * A sleeper that sets no timers while it is shut down.
 */
public final class ClosableSleeper implements Sleeper {

	private final FakeTicker open;

	private final Throwable fault;

	private final boolean keeps;

	private volatile boolean closed;

	/**
	 * Creates an open sleeper.
	 * @param open whose timers it sets
	 */
	public ClosableSleeper(FakeTicker open) {
		this(open, new IllegalStateException("shut down"), false);
	}

	/**
	 * Creates an open sleeper that cancels no timers either while it is shut down.
	 * @param open whose timers it sets
	 * @param fault what it throws then
	 */
	public ClosableSleeper(FakeTicker open, Throwable fault) {
		this(open, fault, true);
	}

	private ClosableSleeper(FakeTicker open, Throwable fault, boolean keeps) {
		this.open = open;
		this.fault = fault;
		this.keeps = keeps;
	}

	/**
	 * The time of the ticker, with this sleeper.
	 * @return the source
	 */
	public TimeSource source() {
		return new TimeSource(this.open, this.open.source().clock(), this);
	}

	/**
	 * Shuts it down, or opens it again.
	 * @param closed whether it is shut down
	 */
	public void close(boolean closed) {
		this.closed = closed;
	}

	@Override
	public void sleep(long nanos) throws InterruptedException {
		this.open.sleep(nanos);
	}

	@Override
	public Timer schedule(Runnable task, long nanos) {
		check();
		Timer timer = this.open.schedule(task, nanos);
		return this.keeps ? () -> {
			check();
			timer.cancel();
		} : timer;
	}

	private void check() {
		if (this.closed) {
			throw Sneaky.sneaky(this.fault);
		}
	}

}
