package dev.resilience.circuitbreaker;

import java.time.Duration;
import java.util.List;

import dev.resilience.Policy;
import dev.resilience.PolicySnapshot;
import dev.resilience.config.Setting;

/**
 * The settings of a {@link CircuitBreaker}. Immutable. Without any, they are those of
 * {@link CircuitBreakerPreset#MODERATE}.
 *
 * @param failureThreshold how many failures in a row open the breaker; 0 turns the rule
 * off. 5 by default
 * @param openDuration how long it rejects before it tries again. 60 seconds by default
 * @param halfOpenMaxCalls how many trials may run at the same time, 1 to 1,000. 3 by
 * default
 * @param trialTimeout after how long a trial that has not ended is a failed one. 60
 * seconds by default
 * @param successThreshold how many successful trials close the breaker. 2 by default
 * @param recordExceptions which exceptions count as failures; an {@link Error} counts in
 * any case. All by default
 * @param ignoreExceptions which exceptions and errors do not, though recorded. None by
 * default
 */
public record CircuitBreakerConfig(int failureThreshold, Duration openDuration, int halfOpenMaxCalls,
		Duration trialTimeout, int successThreshold, List<Class<? extends Throwable>> recordExceptions,
		List<Class<? extends Throwable>> ignoreExceptions) {

	private static final Duration MAX_DURATION = Duration.ofDays(365);

	private static final int MAX_TRIALS = 1000;

	/**
	 * Checks the settings.
	 * @throws IllegalArgumentException when one breaks its rule; the message names
	 * property, value, rule and remedy
	 */
	public CircuitBreakerConfig {
		Setting.of("failure-threshold", failureThreshold)
			.require(failureThreshold >= 0, "must not be negative",
					"set how many failures in a row open the breaker, or 0 to turn the rule off");
		requireDuration("open-duration", openDuration);
		Setting.of("half-open-max-calls", halfOpenMaxCalls)
			.require(halfOpenMaxCalls >= 1 && halfOpenMaxCalls <= MAX_TRIALS, "must be between 1 and " + MAX_TRIALS,
					"set how many trials may run at the same time");
		requireDuration("trial-timeout", trialTimeout);
		Setting.of("success-threshold", successThreshold)
			.require(successThreshold >= 1, "must be at least 1", "set how many successful trials close the breaker");
		recordExceptions = List.copyOf(recordExceptions);
		ignoreExceptions = List.copyOf(ignoreExceptions);
	}

	private static void requireDuration(String property, Duration value) {
		Setting.of(property, value)
			.require(value.compareTo(Duration.ZERO) > 0 && value.compareTo(MAX_DURATION) <= 0,
					"must be positive and at most " + MAX_DURATION.toDays() + " days", "set a duration such as 60s");
	}

	/**
	 * Begins with the defaults.
	 * @return a builder
	 */
	public static Builder builder() {
		return new Builder();
	}

	boolean isFailure(Throwable cause) {
		if (isAnyOf(this.ignoreExceptions, cause)) {
			return false;
		}
		return cause instanceof Error || isAnyOf(this.recordExceptions, cause);
	}

	private static boolean isAnyOf(List<Class<? extends Throwable>> types, Throwable cause) {
		for (Class<? extends Throwable> type : types) {
			if (type.isInstance(cause)) {
				return true;
			}
		}
		return false;
	}

	void describe(PolicySnapshot.Builder snapshot) {
		snapshot.config("failure-threshold", this.failureThreshold)
			.config("open-duration", this.openDuration)
			.config("half-open-max-calls", this.halfOpenMaxCalls)
			.config("trial-timeout", this.trialTimeout)
			.config("success-threshold", this.successThreshold)
			.config("record-exceptions", this.recordExceptions.stream().map(Class::getName).toList())
			.config("ignore-exceptions", this.ignoreExceptions.stream().map(Class::getName).toList());
	}

	/**
	 * Builds the settings. Not thread-safe.
	 */
	public static final class Builder {

		private int failureThreshold = 5;

		private Duration openDuration = Duration.ofSeconds(60);

		private int halfOpenMaxCalls = 3;

		private Duration trialTimeout = Duration.ofSeconds(60);

		private int successThreshold = 2;

		private List<Class<? extends Throwable>> recordExceptions = List.of(Exception.class);

		private List<Class<? extends Throwable>> ignoreExceptions = List.of();

		private Builder() {
		}

		/**
		 * Sets how many failures in a row open the breaker.
		 * @param failureThreshold the number; 0 turns the rule off
		 * @return this builder
		 */
		public Builder failureThreshold(int failureThreshold) {
			this.failureThreshold = failureThreshold;
			return this;
		}

		/**
		 * Sets how long the breaker rejects before it tries again.
		 * @param openDuration the duration
		 * @return this builder
		 */
		public Builder openDuration(Duration openDuration) {
			this.openDuration = openDuration;
			return this;
		}

		/**
		 * Sets how many trials may run at the same time.
		 * @param halfOpenMaxCalls the number, 1 to 1,000
		 * @return this builder
		 */
		public Builder halfOpenMaxCalls(int halfOpenMaxCalls) {
			this.halfOpenMaxCalls = halfOpenMaxCalls;
			return this;
		}

		/**
		 * Sets after how long a trial that has not ended is a failed one.
		 * @param trialTimeout the duration
		 * @return this builder
		 */
		public Builder trialTimeout(Duration trialTimeout) {
			this.trialTimeout = trialTimeout;
			return this;
		}

		/**
		 * Sets how many successful trials close the breaker.
		 * @param successThreshold the number, at least 1
		 * @return this builder
		 */
		public Builder successThreshold(int successThreshold) {
			this.successThreshold = successThreshold;
			return this;
		}

		/**
		 * Sets which exceptions count as failures. What is neither recorded nor ignored
		 * counts as ignored.
		 * @param types the classes; their subclasses are meant too
		 * @return this builder
		 */
		public Builder recordExceptions(List<Class<? extends Throwable>> types) {
			this.recordExceptions = types;
			return this;
		}

		/**
		 * Sets which exceptions and errors say nothing about the callee's health. They
		 * win over the recorded ones.
		 * @param types the classes; their subclasses are meant too
		 * @return this builder
		 */
		public Builder ignoreExceptions(List<Class<? extends Throwable>> types) {
			this.ignoreExceptions = types;
			return this;
		}

		/**
		 * Builds the settings.
		 * @return the settings
		 * @throws IllegalArgumentException when one breaks its rule
		 */
		public CircuitBreakerConfig build() {
			return new CircuitBreakerConfig(this.failureThreshold, this.openDuration, this.halfOpenMaxCalls,
					this.trialTimeout, this.successThreshold, this.recordExceptions, this.ignoreExceptions);
		}

	}

}
