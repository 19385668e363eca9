package dev.resilience.ratelimiter;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

import dev.resilience.config.Mode;
import dev.resilience.config.Setting;
import org.jspecify.annotations.Nullable;

/**
 * What a rate limiter allows. Immutable.
 *
 * @param limit how many permits a period has, at least 1 and at most 100,000,000 a second
 * @param period the period, up to 365 days; 1 second by default
 * @param burst how many permits may be taken at once after a pause; {@code limit} by
 * default, and always with a sliding window
 * @param maxWait how long a call may wait for its permits, up to 365 days; by default it
 * is rejected at once
 * @param maxWaiting how many calls may wait at once, 1,000 by default
 * @param maxKeys how many keys have a bucket of their own, 10,000 by default; those
 * beyond share one
 * @param algorithm how it counts; by a token bucket by default
 * @param exact whether a sliding window keeps the time of each permit instead of counting
 * in slots; then {@code limit} is at most 10,000. {@code false} by default
 * @param adaptive how the rate follows errors, where the algorithm is adaptive
 * @param mode whether it turns calls away; it does by default
 */
public record RateLimiterConfig(long limit, Duration period, long burst, Duration maxWait, int maxWaiting, int maxKeys,
		RateLimiterAlgorithm algorithm, boolean exact, AdaptiveConfig adaptive, Mode mode) {

	private static final Duration LONGEST = Duration.ofDays(365);

	private static final long LEAST_INTERVAL_NANOS = 10;

	private static final int LONGEST_LOG = 10_000;

	private static final Duration LONGEST_REFILL = LONGEST.multipliedBy(10);

	/**
	 * Creates a configuration.
	 * @throws IllegalArgumentException when a value breaks its rule; the message says
	 * which, and what to do
	 */
	public RateLimiterConfig {
		Setting.of("limit", limit).require(limit >= 1, "must be at least 1", "say how many calls may pass in a period");
		Setting.of("period", period)
			.require(isPositive(period) && period.compareTo(LONGEST) <= 0, "must be between 1 ns and 365 days",
					"choose a period such as 1s");
		requireSlow("limit", limit, period);
		Setting.of("burst", burst)
			.require(burst >= 1, "must be at least 1", "say how many calls may pass at once after a pause");
		Setting.of("max-wait", maxWait)
			.require(!maxWait.isNegative() && maxWait.compareTo(LONGEST) <= 0, "must be between 0 and 365 days",
					"choose 0 to reject at once, or the longest wait that helps the caller");
		Setting.of("max-waiting", maxWaiting)
			.require(maxWaiting >= 0, "must not be negative", "say how many calls may wait at once");
		Setting.of("max-keys", maxKeys)
			.require(maxKeys >= 1, "must be at least 1", "say how many keys have a bucket of their own");
		switch (Setting.of("algorithm", algorithm).value()) {
			case TOKEN_BUCKET -> requireRoom(limit, period, burst);
			case SLIDING_WINDOW -> Setting.of("burst", burst)
				.require(burst == limit, "must be the 'limit', which is " + limit + ", with 'algorithm' sliding-window",
						"leave it out: the limit is the most that may pass at once");
			case ADAPTIVE -> {
				adaptive.requireAround(limit);
				requireSlow("max-rate", adaptive.highest(limit), period);
				requireRoom(adaptive.lowest(limit), period, burst);
			}
		}
		Objects.requireNonNull(mode, "mode");
		Setting.of("exact", exact)
			.require(!exact || algorithm == RateLimiterAlgorithm.SLIDING_WINDOW,
					"must be false with 'algorithm' " + algorithm.key(), "only a sliding-window can be exact");
		Setting.of("limit", limit)
			.require(!exact || limit <= LONGEST_LOG, "must be at most 10,000 with 'exact'",
					"lower it, or leave 'exact' out, which costs a 60th of the period");
	}

	/**
	 * Begins a configuration.
	 * @return a builder with the defaults
	 */
	public static Builder builder() {
		return new Builder();
	}

	private static void requireSlow(String property, long rate, Duration period) {
		Setting.of(property, rate)
			.require(rate <= period.toNanos() / LEAST_INTERVAL_NANOS, "must be at most 100,000,000 a second",
					"lower it or lengthen 'period', which is " + Unit.shown(period.toNanos(), ""));
	}

	private static void requireRoom(long rate, Duration period, long burst) {
		Setting.of("burst", burst)
			.require(refillNanos(rate, period, burst) <= LONGEST_REFILL.toNanos(), "must be earned within 3650 days",
					"lower it or raise the rate, which is " + rate + " per " + Unit.shown(period.toNanos(), ""));
	}

	/**
	 * What is allowed, but likely not meant.
	 * @return sentences for people, empty when there is nothing to warn of
	 */
	public List<String> warnings() {
		return ConfigText.warnings(this, refillNanos(this.limit, this.period, this.burst));
	}

	long lowestRate() {
		return (this.algorithm == RateLimiterAlgorithm.ADAPTIVE) ? this.adaptive.lowest(this.limit) : this.limit;
	}

	long highestRate() {
		return (this.algorithm == RateLimiterAlgorithm.ADAPTIVE) ? this.adaptive.highest(this.limit) : this.limit;
	}

	double perSecond(double rate) {
		return rate * TimeUnit.SECONDS.toNanos(1) / this.period.toNanos();
	}

	private static double refillNanos(long limit, Duration period, long burst) {
		return (double) burst * period.toNanos() / limit;
	}

	private static boolean isPositive(Duration duration) {
		return !duration.isNegative() && !duration.isZero();
	}

	/**
	 * Builds a configuration; only {@link #limit(long)} is required. Not thread-safe.
	 */
	public static final class Builder {

		private long limit;

		private Duration period = Duration.ofSeconds(1);

		private @Nullable Long burst;

		private Duration maxWait = Duration.ZERO;

		private int maxWaiting = 1000;

		private int maxKeys = 10_000;

		private RateLimiterAlgorithm algorithm = RateLimiterAlgorithm.TOKEN_BUCKET;

		private boolean exact;

		private AdaptiveConfig adaptive = AdaptiveConfig.builder().build();

		private Mode mode = Mode.ENFORCE;

		private Builder() {
		}

		/**
		 * Sets how many permits are earned in a period.
		 * @param limit the number
		 * @return this builder
		 */
		public Builder limit(long limit) {
			this.limit = limit;
			return this;
		}

		/**
		 * Sets the period.
		 * @param period the period
		 * @return this builder
		 */
		public Builder period(Duration period) {
			this.period = period;
			return this;
		}

		/**
		 * Sets how many permits may be taken at once after a pause.
		 * @param burst the number
		 * @return this builder
		 */
		public Builder burst(long burst) {
			this.burst = burst;
			return this;
		}

		/**
		 * Sets how long a call may wait.
		 * @param maxWait the longest wait, zero to reject at once
		 * @return this builder
		 */
		public Builder maxWait(Duration maxWait) {
			this.maxWait = maxWait;
			return this;
		}

		/**
		 * Sets how many calls may wait at once.
		 * @param maxWaiting the number
		 * @return this builder
		 */
		public Builder maxWaiting(int maxWaiting) {
			this.maxWaiting = maxWaiting;
			return this;
		}

		/**
		 * Sets how many keys have a bucket of their own.
		 * @param maxKeys the number
		 * @return this builder
		 */
		public Builder maxKeys(int maxKeys) {
			this.maxKeys = maxKeys;
			return this;
		}

		/**
		 * Sets how it counts.
		 * @param algorithm the algorithm
		 * @return this builder
		 */
		public Builder algorithm(RateLimiterAlgorithm algorithm) {
			this.algorithm = algorithm;
			return this;
		}

		/**
		 * Sets whether a sliding window keeps the time of each permit.
		 * @param exact {@code true} for a log of times
		 * @return this builder
		 */
		public Builder exact(boolean exact) {
			this.exact = exact;
			return this;
		}

		/**
		 * Sets how an adaptive rate follows errors.
		 * @param adaptive the settings
		 * @return this builder
		 */
		public Builder adaptive(AdaptiveConfig adaptive) {
			this.adaptive = adaptive;
			return this;
		}

		/**
		 * Sets whether it turns calls away.
		 * @param mode the mode
		 * @return this builder
		 */
		public Builder mode(Mode mode) {
			this.mode = mode;
			return this;
		}

		/**
		 * Builds the configuration.
		 * @return the configuration
		 * @throws IllegalArgumentException when a value breaks its rule
		 */
		public RateLimiterConfig build() {
			return new RateLimiterConfig(this.limit, this.period, (this.burst != null) ? this.burst : this.limit,
					this.maxWait, this.maxWaiting, this.maxKeys, this.algorithm, this.exact, this.adaptive, this.mode);
		}

	}

}
