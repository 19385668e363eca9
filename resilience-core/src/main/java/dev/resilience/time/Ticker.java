package dev.resilience.time;

/**
 * A monotonic source of nanoseconds, for durations only. Readings mean nothing by
 * themselves, may be negative and may wrap: compare two of them by subtraction.
 * Implementations are thread-safe.
 */
@FunctionalInterface
public interface Ticker {

	/**
	 * The current reading.
	 * @return nanoseconds since an arbitrary origin
	 */
	long read();

	/**
	 * The ticker of the running JVM.
	 * @return a ticker over {@link System#nanoTime()}
	 */
	static Ticker system() {
		return System::nanoTime;
	}

}
