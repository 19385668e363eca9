package dev.resilience.time;

import org.jspecify.annotations.Nullable;

/**
 * Deadlines on the timers of a sleeper, for time that is not the JVM's. It keeps one
 * timer.
 */
final class DeadlineTimer extends Deadlines {

	private final Sleeper sleeper;

	private final Object lock = new Object();

	private Sleeper.@Nullable Timer timer;

	private long due;

	DeadlineTimer(TimeSource time) {
		super(time.ticker());
		this.sleeper = time.sleeper();
	}

	@Override
	void wakeAt(long at) {
		synchronized (this.lock) {
			Sleeper.Timer later = this.timer;
			if (later != null && this.due - at <= 0) {
				return;
			}
			this.timer = this.sleeper.schedule(this::ring, at - ticker().read());
			this.due = at;
			Sleeper.Timer.cancelIfPossible(later);
		}
	}

	private void ring() {
		synchronized (this.lock) {
			this.timer = null;
		}
		try {
			scan();
		}
		finally {
			wakeNext();
		}
	}

}
