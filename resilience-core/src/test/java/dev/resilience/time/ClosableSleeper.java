package dev.resilience.time;

/**
 * A sleeper that sets no timers while it is shut down.
 */
public final class ClosableSleeper implements Sleeper {

	private final FakeTicker open;

	private volatile boolean closed;

	/**
	 * Creates an open sleeper.
	 * @param open whose timers it sets
	 */
	public ClosableSleeper(FakeTicker open) {
		this.open = open;
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
		if (this.closed) {
			throw new IllegalStateException("shut down");
		}
		return this.open.schedule(task, nanos);
	}

}
