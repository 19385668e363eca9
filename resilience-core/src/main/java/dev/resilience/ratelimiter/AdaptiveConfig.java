package dev.resilience.ratelimiter;

import java.time.Duration;

import dev.resilience.config.Setting;
import org.jspecify.annotations.Nullable;

/**
 * How the rate of an adaptive rate limiter follows the errors of the calls that it let
 * pass. Immutable.
 *
 * @param errorThreshold the share of errors that cuts the rate, in percent, from 1 to
 * 100; 10 by default
 * @param adjustmentFactor by how much the rate is cut or raised at once, in percent of
 * itself, from 1 to 90; 20 by default
 * @param adjustmentPeriod how often the rate may change, from 10 ms to a day; 1 second by
 * default
 * @param minRate the lowest rate, in permits per period; {@code null} for a tenth of the
 * limit, and at least 1
 * @param maxRate the highest rate, in permits per period; {@code null} for the limit
 */
public record AdaptiveConfig(int errorThreshold, int adjustmentFactor, Duration adjustmentPeriod,
		@Nullable Long minRate, @Nullable Long maxRate) {

	private static final Duration SHORTEST = Duration.ofMillis(10);

	private static final Duration LONGEST = Duration.ofDays(1);

	/**
	 * Creates a configuration.
	 * @throws IllegalArgumentException when a value breaks its rule; the message says
	 * which, and what to do
	 */
	public AdaptiveConfig {
		Setting.of("error-threshold", errorThreshold)
			.require(errorThreshold >= 1 && errorThreshold <= 100, "must be between 1 and 100",
					"say from which percentage of errors on the rate is cut");
		Setting.of("adjustment-factor", adjustmentFactor)
			.require(adjustmentFactor >= 1 && adjustmentFactor <= 90, "must be between 1 and 90",
					"say by how many percent the rate changes at once");
		Setting.of("adjustment-period", adjustmentPeriod)
			.require(adjustmentPeriod.compareTo(SHORTEST) >= 0 && adjustmentPeriod.compareTo(LONGEST) <= 0,
					"must be between 10 ms and 1 day", "choose an interval such as 1s");
		if (minRate != null) {
			Setting.of("min-rate", minRate)
				.require(minRate >= 1, "must be at least 1", "say how many calls may pass in a period at the least");
		}
		if (maxRate != null) {
			Setting.of("max-rate", maxRate)
				.require(maxRate >= 1, "must be at least 1", "say how many calls may pass in a period at the most");
		}
	}

	/**
	 * Begins a configuration.
	 * @return a builder with the defaults
	 */
	public static Builder builder() {
		return new Builder();
	}

	long lowest(long limit) {
		return (this.minRate != null) ? this.minRate : Math.max(1, limit / 10);
	}

	long highest(long limit) {
		return (this.maxRate != null) ? this.maxRate : limit;
	}

	void requireAround(long limit) {
		Setting.of("min-rate", lowest(limit))
			.require(lowest(limit) <= limit, "must be at most the 'limit' of " + limit,
					"lower it: the limiter begins at its limit");
		Setting.of("max-rate", highest(limit))
			.require(highest(limit) >= limit, "must be at least the 'limit' of " + limit,
					"raise it: the limiter begins at its limit");
	}

	/**
	 * Builds a configuration. Not thread-safe.
	 */
	public static final class Builder {

		private int errorThreshold = 10;

		private int adjustmentFactor = 20;

		private Duration adjustmentPeriod = Duration.ofSeconds(1);

		private @Nullable Long minRate;

		private @Nullable Long maxRate;

		private Builder() {
		}

		/**
		 * Sets the share of errors that cuts the rate.
		 * @param errorThreshold the share in percent
		 * @return this builder
		 */
		public Builder errorThreshold(int errorThreshold) {
			this.errorThreshold = errorThreshold;
			return this;
		}

		/**
		 * Sets by how much the rate changes at once.
		 * @param adjustmentFactor the change in percent
		 * @return this builder
		 */
		public Builder adjustmentFactor(int adjustmentFactor) {
			this.adjustmentFactor = adjustmentFactor;
			return this;
		}

		/**
		 * Sets how often the rate may change.
		 * @param adjustmentPeriod the interval
		 * @return this builder
		 */
		public Builder adjustmentPeriod(Duration adjustmentPeriod) {
			this.adjustmentPeriod = adjustmentPeriod;
			return this;
		}

		/**
		 * Sets the lowest rate.
		 * @param minRate permits per period
		 * @return this builder
		 */
		public Builder minRate(long minRate) {
			this.minRate = minRate;
			return this;
		}

		/**
		 * Sets the highest rate.
		 * @param maxRate permits per period
		 * @return this builder
		 */
		public Builder maxRate(long maxRate) {
			this.maxRate = maxRate;
			return this;
		}

		/**
		 * Builds the configuration.
		 * @return the configuration
		 * @throws IllegalArgumentException when a value breaks its rule
		 */
		public AdaptiveConfig build() {
			return new AdaptiveConfig(this.errorThreshold, this.adjustmentFactor, this.adjustmentPeriod, this.minRate,
					this.maxRate);
		}

	}

}
