package dev.resilience.async;

/**
 * Takes what belongs to a call and hangs on its thread, a logging context or a principal
 * say, over to the threads on which an asynchronous call goes on after it had to wait.
 * Implementations are found by {@link java.util.ServiceLoader}; they are thread-safe, and
 * one that cannot be loaded carries nothing.
 */
public interface ContextCarrier {

	/**
	 * Takes what the current thread carries.
	 * @return what was taken, or {@link Carried#NOTHING}
	 */
	Carried capture();

	/**
	 * Takes what the current thread carries, by all carriers that there are.
	 * @return what was taken, or {@link Carried#NOTHING}
	 */
	static Carried captureAll() {
		return Carriers.INSTALLED.capture();
	}

	/**
	 * What was taken from a thread. Thread-safe.
	 */
	@FunctionalInterface
	interface Carried {

		/**
		 * The thread carried nothing.
		 */
		Carried NOTHING = Runnable::run;

		/**
		 * Runs a step of the call as if on the thread that this was taken from. What the
		 * current thread carried before, it carries again afterwards.
		 * @param step the step
		 */
		void run(Runnable step);

	}

}
