package dev.resilience.timeout;

import java.time.Duration;

import dev.resilience.config.Setting;

/**
 * How long a call may take. Immutable.
 *
 * @param duration how long, positive and at most 365 days
 * @param interrupt whether a plain call is interrupted when its time is over. By default
 * it is; if not, it is only counted and told of
 */
public record TimeoutConfig(Duration duration, boolean interrupt) {

	private static final Duration LONGEST = Duration.ofDays(365);

	/**
	 * Creates a configuration.
	 * @throws IllegalArgumentException when the duration breaks its rule; the message
	 * says what to do
	 */
	public TimeoutConfig {
		Setting.of("duration", duration)
			.require(duration.compareTo(Duration.ZERO) > 0 && duration.compareTo(LONGEST) <= 0,
					"must be positive and at most 365 days", "say how long a call may take, such as 2s");
	}

	/**
	 * Begins a configuration.
	 * @return a builder with the defaults
	 */
	public static Builder builder() {
		return new Builder();
	}

	/**
	 * Builds a configuration; {@link #duration(Duration)} is required. Not thread-safe.
	 */
	public static final class Builder {

		private Duration duration = Duration.ZERO;

		private boolean interrupt = true;

		private Builder() {
		}

		/**
		 * Sets how long a call may take.
		 * @param duration the time
		 * @return this builder
		 */
		public Builder duration(Duration duration) {
			this.duration = duration;
			return this;
		}

		/**
		 * Sets whether a plain call is interrupted when its time is over.
		 * @param interrupt whether to interrupt it
		 * @return this builder
		 */
		public Builder interrupt(boolean interrupt) {
			this.interrupt = interrupt;
			return this;
		}

		/**
		 * Builds the configuration.
		 * @return the configuration
		 * @throws IllegalArgumentException when the duration breaks its rule
		 */
		public TimeoutConfig build() {
			return new TimeoutConfig(this.duration, this.interrupt);
		}

	}

}
