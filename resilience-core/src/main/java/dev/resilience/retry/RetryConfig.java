package dev.resilience.retry;

import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;

import dev.resilience.PolicySnapshot;
import dev.resilience.config.Setting;
import org.jspecify.annotations.Nullable;

/**
 * Which calls are made again, when, and how often. Immutable.
 *
 * @param enabled whether anything is retried at all; it is by default
 * @param maxRetries how often a call is made again at most, 0 to 1,000; 3 by default
 * @param baseDelay how long to wait before the first retry, up to 365 days; 1 second by
 * default
 * @param backoffFactor how much longer to wait before each further one, 1 to 1,000; 2 by
 * default
 * @param maxDelay the longest wait, up to 365 days; 60 seconds by default. A callee that
 * wants to be left alone for longer is not called again
 * @param jitter how far a wait may differ by chance, as a fraction of it each way, 0 to
 * 1; 0.2 by default
 * @param maxDuration when to begin no further retry, from the beginning of the call on;
 * unlimited by default
 * @param retryExceptions which failures are retried; every {@link Exception} by default
 * @param excludeExceptions which are not, though listed; none by default
 * @param retryResult which returned values are retried; none by default. If it throws,
 * the value is returned as it is
 * @param retryAfter how to read when a callee wants to be called again
 * @param retryRejected whether to wait for a rate limiter of the same pipeline that
 * rejected; by default its rejection goes straight through, like that of any policy
 * @param budget how many retries all calls together may cost
 */
public record RetryConfig(boolean enabled, int maxRetries, Duration baseDelay, double backoffFactor, Duration maxDelay,
		double jitter, @Nullable Duration maxDuration, List<Class<? extends Throwable>> retryExceptions,
		List<Class<? extends Throwable>> excludeExceptions, @Nullable Predicate<@Nullable Object> retryResult,
		RetryAfter retryAfter, boolean retryRejected, RetryBudget budget) {

	private static final Duration LONGEST = Duration.ofDays(365);

	/**
	 * Creates a configuration.
	 * @throws IllegalArgumentException when a value breaks its rule; the message says
	 * which, and what to do
	 */
	public RetryConfig {
		Setting.of("max-retries", maxRetries)
			.require(maxRetries >= 0 && maxRetries <= 1000, "must be between 0 and 1,000",
					"say how often a failed call is made again");
		requireDelay("base-delay", baseDelay);
		Setting.of("backoff-factor", backoffFactor)
			.require(backoffFactor >= 1 && backoffFactor <= 1000, "must be between 1 and 1,000",
					"choose 1 for equal delays, or 2 to double each");
		requireDelay("max-delay", maxDelay).require(maxDelay.compareTo(baseDelay) >= 0,
				"must be at least 'base-delay', which is '" + baseDelay + "'", "raise it, or lower 'base-delay'");
		Setting.of("jitter", jitter)
			.require(jitter >= 0 && jitter <= 1, "must be between 0 and 1",
					"choose a fraction such as 0.2, or 0 for none");
		if (maxDuration != null) {
			Setting.of("max-duration", maxDuration)
				.require(maxDuration.compareTo(Duration.ZERO) > 0 && maxDuration.compareTo(LONGEST) <= 0,
						"must be positive and at most 365 days", "set a duration such as 30s, or none");
		}
		retryExceptions = List.copyOf(retryExceptions);
		excludeExceptions = List.copyOf(excludeExceptions);
	}

	private static Setting<Duration> requireDelay(String property, Duration value) {
		return Setting.of(property, value)
			.require(!value.isNegative() && value.compareTo(LONGEST) <= 0, "must be between 0 and 365 days",
					"set a duration such as 1s");
	}

	/**
	 * Begins a configuration.
	 * @return a builder with the defaults
	 */
	public static Builder builder() {
		return new Builder();
	}

	void describe(PolicySnapshot.Builder snapshot) {
		snapshot.config("enabled", this.enabled)
			.config("max-retries", this.maxRetries)
			.config("base-delay", this.baseDelay)
			.config("backoff-factor", this.backoffFactor)
			.config("max-delay", this.maxDelay)
			.config("jitter", this.jitter)
			.config("max-duration", this.maxDuration)
			.config("retry-exceptions", this.retryExceptions.stream().map(Class::getName).toList())
			.config("exclude-exceptions", this.excludeExceptions.stream().map(Class::getName).toList())
			.config("retry-rejected", this.retryRejected)
			.config("budget.ratio", this.budget.ratio())
			.config("budget.min-per-second", this.budget.minPerSecond());
	}

	/**
	 * Builds a configuration. Not thread-safe.
	 */
	public static final class Builder {

		private boolean enabled = true;

		private int maxRetries = 3;

		private Duration baseDelay = Duration.ofSeconds(1);

		private double backoffFactor = 2;

		private Duration maxDelay = Duration.ofSeconds(60);

		private double jitter = 0.2;

		private @Nullable Duration maxDuration;

		private List<Class<? extends Throwable>> retryExceptions = List.of(Exception.class);

		private List<Class<? extends Throwable>> excludeExceptions = List.of();

		private @Nullable Predicate<@Nullable Object> retryResult;

		private RetryAfter retryAfter = RetryAfter.UNKNOWN;

		private boolean retryRejected;

		private RetryBudget budget = RetryBudget.DEFAULT;

		private Builder() {
		}

		/**
		 * Sets whether anything is retried at all.
		 * @param enabled whether it is
		 * @return this builder
		 */
		public Builder enabled(boolean enabled) {
			this.enabled = enabled;
			return this;
		}

		/**
		 * Sets how often a call is made again at most.
		 * @param maxRetries the number
		 * @return this builder
		 */
		public Builder maxRetries(int maxRetries) {
			this.maxRetries = maxRetries;
			return this;
		}

		/**
		 * Sets how long to wait before the first retry.
		 * @param baseDelay the wait
		 * @return this builder
		 */
		public Builder baseDelay(Duration baseDelay) {
			this.baseDelay = baseDelay;
			return this;
		}

		/**
		 * Sets how much longer to wait before each further retry.
		 * @param backoffFactor the factor
		 * @return this builder
		 */
		public Builder backoffFactor(double backoffFactor) {
			this.backoffFactor = backoffFactor;
			return this;
		}

		/**
		 * Sets the longest wait.
		 * @param maxDelay the wait
		 * @return this builder
		 */
		public Builder maxDelay(Duration maxDelay) {
			this.maxDelay = maxDelay;
			return this;
		}

		/**
		 * Sets how far a wait may differ by chance.
		 * @param jitter the fraction, each way
		 * @return this builder
		 */
		public Builder jitter(double jitter) {
			this.jitter = jitter;
			return this;
		}

		/**
		 * Sets when to begin no further retry.
		 * @param maxDuration the time from the beginning of the call on, or {@code null}
		 * @return this builder
		 */
		public Builder maxDuration(@Nullable Duration maxDuration) {
			this.maxDuration = maxDuration;
			return this;
		}

		/**
		 * Sets which failures are retried.
		 * @param types their types, subtypes included
		 * @return this builder
		 */
		public Builder retryExceptions(List<Class<? extends Throwable>> types) {
			this.retryExceptions = types;
			return this;
		}

		/**
		 * Sets which failures are not retried, though listed.
		 * @param types their types, subtypes included
		 * @return this builder
		 */
		public Builder excludeExceptions(List<Class<? extends Throwable>> types) {
			this.excludeExceptions = types;
			return this;
		}

		/**
		 * Sets which returned values are retried.
		 * @param retryResult says so, or {@code null} for none
		 * @return this builder
		 */
		public Builder retryResult(@Nullable Predicate<@Nullable Object> retryResult) {
			this.retryResult = retryResult;
			return this;
		}

		/**
		 * Sets how to read when a callee wants to be called again.
		 * @param retryAfter reads it
		 * @return this builder
		 */
		public Builder retryAfter(RetryAfter retryAfter) {
			this.retryAfter = retryAfter;
			return this;
		}

		/**
		 * Sets whether to wait for a rate limiter of the same pipeline that rejected.
		 * @param retryRejected whether to
		 * @return this builder
		 */
		public Builder retryRejected(boolean retryRejected) {
			this.retryRejected = retryRejected;
			return this;
		}

		/**
		 * Sets how many retries all calls together may cost.
		 * @param budget the budget
		 * @return this builder
		 */
		public Builder budget(RetryBudget budget) {
			this.budget = budget;
			return this;
		}

		/**
		 * Builds the configuration.
		 * @return the configuration
		 * @throws IllegalArgumentException when a value breaks its rule
		 */
		public RetryConfig build() {
			return new RetryConfig(this.enabled, this.maxRetries, this.baseDelay, this.backoffFactor, this.maxDelay,
					this.jitter, this.maxDuration, this.retryExceptions, this.excludeExceptions, this.retryResult,
					this.retryAfter, this.retryRejected, this.budget);
		}

	}

}
