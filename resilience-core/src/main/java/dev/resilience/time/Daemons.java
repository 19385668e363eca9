package dev.resilience.time;

import java.util.concurrent.ThreadFactory;

/**
 * Makes the background threads of the library: daemons that take nothing over from the
 * thread that happens to need them first. Thread-safe.
 */
public final class Daemons {

	private Daemons() {
	}

	/**
	 * A factory of threads that keep no JVM alive and inherit no thread-local values:
	 * what a request or a tenant left there must not live on in a thread that serves all.
	 * @param name the threads' name
	 * @return the factory
	 */
	public static ThreadFactory named(String name) {
		return (task) -> {
			Thread thread = new Thread(null, task, name, 0, false);
			thread.setDaemon(true);
			return thread;
		};
	}

}
