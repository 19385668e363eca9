package dev.resilience.time;

import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;

/**
 * The deadlines of the running JVM: one daemon thread that does nothing else.
 */
final class DeadlineWatch extends Deadlines implements Runnable {

	private static final DeadlineWatch INSTANCE = new DeadlineWatch();

	private volatile @Nullable Thread thread;

	private DeadlineWatch() {
		super(Ticker.system());
	}

	static DeadlineWatch started() {
		INSTANCE.start();
		return INSTANCE;
	}

	private synchronized void start() {
		if (this.thread == null) {
			Thread watch = Daemons.named("resilience-deadlines").newThread(this);
			watch.start();
			this.thread = watch;
		}
	}

	@Override
	void wakeAt(long at) {
		LockSupport.unpark(this.thread);
	}

	@Override
	public void run() {
		while (true) {
			try {
				// Whoever interrupts all threads must not keep this one from parking.
				Thread.interrupted();
				long nanos = nanosUntilScan();
				if (nanos == 0) {
					scan();
				}
				else if (nanos > 0) {
					LockSupport.parkNanos(this, nanos);
				}
				else {
					LockSupport.park(this);
				}
			}
			catch (Throwable ex) {
				// Deadlines outlive whatever went wrong with one of them.
				LockSupport.parkNanos(this, PAUSE);
			}
		}
	}

}
