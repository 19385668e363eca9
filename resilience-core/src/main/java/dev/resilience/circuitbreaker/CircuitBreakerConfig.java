package dev.resilience.circuitbreaker;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

import dev.resilience.config.Mode;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a {@link CircuitBreaker}. Immutable. By default they are moderate.
 *
 * @param failureThreshold how many failures in a row open the breaker; 0 turns the rule
 * off. 5 by default
 * @param window the latest calls, and the shares of failed and slow ones that open the
 * breaker as well. None by default
 * @param openDuration how long it rejects before it tries again. 60 seconds by default
 * @param openDurationMultiplier how much longer each re-opening in a row lasts than the
 * one before, 1 to 100, plus or minus a tenth by chance. 1 by default: no growth
 * @param maxOpenDuration how long a grown open duration gets at most. 10 minutes by
 * default
 * @param halfOpenMaxCalls how many trials may run at the same time, 1 to 1,000. 3 by
 * default
 * @param trialTimeout after how long a trial that has not ended is a failed one. 60
 * seconds by default
 * @param successThreshold how many successful trials close the breaker. 2 by default
 * @param recordExceptions which exceptions count as failures; an {@link Error} counts in
 * any case. All by default
 * @param ignoreExceptions which exceptions and errors do not, though recorded. None by
 * default
 * @param recordResult which returned values count as failures. If it throws, the value
 * does not. A {@link ResultRule} has a name. None by default
 * @param callTimeout how long a call may take; one that takes longer has failed.
 * Unbounded by default
 * @param callTimeoutInterrupt whether a plain call's thread is interrupted then; if not,
 * the call ends by itself, and counts as failed. True by default
 * @param maxKeys how many keys have a state of their own; those beyond share one. 10,000
 * by default
 * @param mode whether it turns calls away. It does by default
 */
public record CircuitBreakerConfig(int failureThreshold, SlidingWindow window, Duration openDuration,
		double openDurationMultiplier, Duration maxOpenDuration, int halfOpenMaxCalls, Duration trialTimeout,
		int successThreshold, List<Class<? extends Throwable>> recordExceptions,
		List<Class<? extends Throwable>> ignoreExceptions, @Nullable Predicate<@Nullable Object> recordResult,
		@Nullable Duration callTimeout, boolean callTimeoutInterrupt, int maxKeys, Mode mode) {

	/**
	 * Checks the settings.
	 * @throws IllegalArgumentException when one breaks its rule; the message says which
	 */
	public CircuitBreakerConfig {
		BreakerRules.requireFailureThreshold(failureThreshold);
		Objects.requireNonNull(window, "window");
		Objects.requireNonNull(mode, "mode");
		BreakerRules.requireGrowth(openDuration, openDurationMultiplier, maxOpenDuration);
		BreakerRules.requireTrials(halfOpenMaxCalls, trialTimeout, successThreshold);
		BreakerRules.requireOptionalDuration("call-timeout", callTimeout);
		BreakerRules.requireMaxKeys(maxKeys);
		recordExceptions = List.copyOf(recordExceptions);
		ignoreExceptions = List.copyOf(ignoreExceptions);
	}

	/**
	 * Begins with the defaults.
	 * @return a builder
	 */
	public static Builder builder() {
		return new Builder();
	}

	/**
	 * Begins with these settings.
	 * @return a builder, to change what differs
	 */
	public Builder toBuilder() {
		Builder builder = new Builder();
		builder.failureThreshold = this.failureThreshold;
		builder.window = this.window;
		builder.openDuration = this.openDuration;
		builder.openDurationMultiplier = this.openDurationMultiplier;
		builder.maxOpenDuration = this.maxOpenDuration;
		builder.halfOpenMaxCalls = this.halfOpenMaxCalls;
		builder.trialTimeout = this.trialTimeout;
		builder.successThreshold = this.successThreshold;
		builder.recordExceptions = this.recordExceptions;
		builder.ignoreExceptions = this.ignoreExceptions;
		builder.recordResult = this.recordResult;
		builder.callTimeout = this.callTimeout;
		builder.callTimeoutInterrupt = this.callTimeoutInterrupt;
		builder.maxKeys = this.maxKeys;
		builder.mode = this.mode;
		return builder;
	}

	/**
	 * Builds the settings. Not thread-safe.
	 */
	public static final class Builder {

		private int failureThreshold = 5;

		private SlidingWindow window = SlidingWindow.NONE;

		private Duration openDuration = Duration.ofSeconds(60);

		private double openDurationMultiplier = 1;

		private Duration maxOpenDuration = Duration.ofMinutes(10);

		private int halfOpenMaxCalls = 3;

		private Duration trialTimeout = Duration.ofSeconds(60);

		private int successThreshold = 2;

		private List<Class<? extends Throwable>> recordExceptions = List.of(Exception.class);

		private List<Class<? extends Throwable>> ignoreExceptions = List.of();

		private @Nullable Predicate<@Nullable Object> recordResult;

		private @Nullable Duration callTimeout;

		private boolean callTimeoutInterrupt = true;

		private int maxKeys = 10_000;

		private Mode mode = Mode.ENFORCE;

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
		 * Sets the latest calls to look back on.
		 * @param window the window
		 * @return this builder
		 */
		public Builder window(SlidingWindow window) {
			this.window = window;
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
		 * Sets how much longer each re-opening in a row lasts.
		 * @param multiplier the factor, 1 to 100; 1 for no growth
		 * @return this builder
		 */
		public Builder openDurationMultiplier(double multiplier) {
			this.openDurationMultiplier = multiplier;
			return this;
		}

		/**
		 * Sets how long a grown open duration gets at most.
		 * @param longest the duration
		 * @return this builder
		 */
		public Builder maxOpenDuration(Duration longest) {
			this.maxOpenDuration = longest;
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
		 * Sets which exceptions count as failures; others count as ignored.
		 * @param types the classes; their subclasses are meant too
		 * @return this builder
		 */
		public Builder recordExceptions(List<Class<? extends Throwable>> types) {
			this.recordExceptions = types;
			return this;
		}

		/**
		 * Sets which exceptions say nothing of the callee, though recorded.
		 * @param types the classes; their subclasses are meant too
		 * @return this builder
		 */
		public Builder ignoreExceptions(List<Class<? extends Throwable>> types) {
			this.ignoreExceptions = types;
			return this;
		}

		/**
		 * Sets which returned values count as failures.
		 * @param failures tells whether a value does; {@code null} for none
		 * @return this builder
		 */
		public Builder recordResult(@Nullable Predicate<@Nullable Object> failures) {
			this.recordResult = failures;
			return this;
		}

		/**
		 * Sets how long a call may take.
		 * @param timeout the duration, or {@code null} for no bound
		 * @return this builder
		 */
		public Builder callTimeout(@Nullable Duration timeout) {
			this.callTimeout = timeout;
			return this;
		}

		/**
		 * Sets whether a plain call that takes too long is interrupted.
		 * @param interrupt whether it is
		 * @return this builder
		 */
		public Builder callTimeoutInterrupt(boolean interrupt) {
			this.callTimeoutInterrupt = interrupt;
			return this;
		}

		/**
		 * Sets how many keys have a state of their own.
		 * @param maxKeys the number, at least 1
		 * @return this builder
		 */
		public Builder maxKeys(int maxKeys) {
			this.maxKeys = maxKeys;
			return this;
		}

		/**
		 * Sets whether the breaker turns calls away.
		 * @param mode the mode
		 * @return this builder
		 */
		public Builder mode(Mode mode) {
			this.mode = mode;
			return this;
		}

		/**
		 * Builds the settings.
		 * @return the settings
		 * @throws IllegalArgumentException when one breaks its rule
		 */
		public CircuitBreakerConfig build() {
			return new CircuitBreakerConfig(this.failureThreshold, this.window, this.openDuration,
					this.openDurationMultiplier, this.maxOpenDuration, this.halfOpenMaxCalls, this.trialTimeout,
					this.successThreshold, this.recordExceptions, this.ignoreExceptions, this.recordResult,
					this.callTimeout, this.callTimeoutInterrupt, this.maxKeys, this.mode);
		}

	}

}
