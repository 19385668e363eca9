package dev.resilience.time;

import java.time.Clock;

/**
 * All the time that a policy is given. Immutable.
 *
 * @param ticker measures every duration
 * @param clock only for what people or other machines read
 * @param sleeper does every wait
 */
public record TimeSource(Ticker ticker, Clock clock, Sleeper sleeper) {

	private static final TimeSource SYSTEM = new TimeSource(Ticker.system(), Clock.systemUTC(), Sleeper.system());

	/**
	 * The time of the running JVM.
	 * @return the shared source
	 */
	public static TimeSource system() {
		return SYSTEM;
	}

}
