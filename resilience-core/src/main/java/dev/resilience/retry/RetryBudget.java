package dev.resilience.retry;

import dev.resilience.config.Setting;

/**
 * How many retries all calls together may cost: a share of the calls of the last ten
 * seconds or so, and a few more for those who call seldom. Immutable.
 *
 * @param ratio retries for each recent call, 0 to 100; 0.1 by default
 * @param minPerSecond retries in a second that are there in any case, 0 to 1,000,000; 10
 * by default
 */
public record RetryBudget(double ratio, int minPerSecond) {

	/**
	 * The defaults.
	 */
	public static final RetryBudget DEFAULT = new RetryBudget(0.1, 10);

	private static final int MOST = 1_000_000;

	/**
	 * Creates a budget.
	 * @throws IllegalArgumentException when a value breaks its rule; the message says
	 * which, and what to do
	 */
	public RetryBudget {
		Setting.of("budget.ratio", ratio)
			.require(ratio >= 0 && ratio <= 100, "must be between 0 and 100",
					"say how many retries each call may cost on the average, such as 0.1");
		Setting.of("budget.min-per-second", minPerSecond)
			.require(minPerSecond >= 0 && minPerSecond <= MOST, "must be between 0 and 1,000,000",
					"say how many retries there may be in a second even if there are few calls");
	}

}
