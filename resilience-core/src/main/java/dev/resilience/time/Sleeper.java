package dev.resilience.time;

import org.jspecify.annotations.Nullable;

/**
 * Waits, on the calling thread or without one. Implementations are thread-safe.
 */
public interface Sleeper {

	/**
	 * Blocks the calling thread.
	 * @param nanos how long, in nanoseconds; zero or less returns at once
	 * @throws InterruptedException when the thread is interrupted, before or while it
	 * sleeps; the interrupt flag is then clear
	 */
	void sleep(long nanos) throws InterruptedException;

	/**
	 * Runs a task later, on another thread than the timer's. All tasks share a bounded
	 * number of workers: one that blocks keeps a worker from the others.
	 * @param task what to run; it must not throw
	 * @param nanos after how long, in nanoseconds; zero or less means as soon as possible
	 * @return the timer, to cancel it; cancelling frees the task at once
	 */
	Timer schedule(Runnable task, long nanos);

	/**
	 * Runs a task later that neither blocks nor runs code of others. It does not wait for
	 * tasks that do.
	 * @param task what to run; it must not throw
	 * @param nanos after how long, in nanoseconds; zero or less means as soon as possible
	 * @return the timer, to cancel it; cancelling frees the task at once
	 */
	default Timer scheduleBrief(Runnable task, long nanos) {
		return schedule(task, nanos);
	}

	/**
	 * The sleeper of the running JVM: it parks threads, and keeps one daemon thread for
	 * all timers, and a bounded number of them to run what is due.
	 * @return the shared sleeper
	 */
	static Sleeper system() {
		return SystemSleeper.INSTANCE;
	}

	/**
	 * A task that waits for its time.
	 */
	@FunctionalInterface
	interface Timer {

		/**
		 * Forgets the task, unless it has begun. Cancelling twice does nothing.
		 */
		void cancel();

		/**
		 * Cancels a timer, if there is one, and throws nothing. Whoever ends something
		 * has to end all of it: a timer that cannot be cancelled must not prevent that.
		 * Its task comes all the same, so it has to look whether it is still wanted.
		 * @param timer the timer
		 */
		static void cancelIfPossible(@Nullable Timer timer) {
			if (timer != null) {
				try {
					timer.cancel();
				}
				catch (Throwable ex) {
					// The task will find that it is too late.
				}
			}
		}

	}

}
