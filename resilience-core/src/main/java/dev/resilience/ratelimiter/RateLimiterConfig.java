package dev.resilience.ratelimiter;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

import dev.resilience.config.Setting;
import org.jspecify.annotations.Nullable;

/**
 * What a rate limiter allows. Immutable.
 *
 * @param limit how many permits are earned in a period, at least 1 and at most
 * 100,000,000 a second
 * @param period the period, up to 365 days; 1 second by default
 * @param burst how many permits may be taken at once after a pause; {@code limit} by
 * default
 * @param maxWait how long a call may wait for its permits, up to 365 days; by default it
 * is rejected at once
 * @param maxWaiting how many calls may wait at once, 1,000 by default
 * @param maxKeys how many keys have a bucket of their own, 10,000 by default; those
 * beyond share one
 */
public record RateLimiterConfig(long limit, Duration period, long burst, Duration maxWait, int maxWaiting,
		int maxKeys) {

	private static final Duration LONGEST = Duration.ofDays(365);

	private static final long LEAST_INTERVAL_NANOS = 10;

	private static final Duration LONGEST_REFILL = LONGEST.multipliedBy(10);

	private static final long SHORT_BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

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
		Setting.of("limit", limit)
			.require(limit <= period.toNanos() / LEAST_INTERVAL_NANOS, "must be at most 100,000,000 a second",
					"lower 'limit' or lengthen 'period', which is " + shown(period.toNanos(), ""));
		Setting.of("burst", burst)
			.require(burst >= 1, "must be at least 1", "say how many calls may pass at once after a pause")
			.require(refillNanos(limit, period, burst) <= LONGEST_REFILL.toNanos(), "must be earned within 3650 days",
					"lower 'burst' or raise 'limit', which is " + limit);
		Setting.of("max-wait", maxWait)
			.require(!maxWait.isNegative() && maxWait.compareTo(LONGEST) <= 0, "must be between 0 and 365 days",
					"choose 0 to reject at once, or the longest wait that helps the caller");
		Setting.of("max-waiting", maxWaiting)
			.require(maxWaiting >= 0, "must not be negative", "say how many calls may wait at once");
		Setting.of("max-keys", maxKeys)
			.require(maxKeys >= 1, "must be at least 1", "say how many keys have a bucket of their own");
	}

	/**
	 * Begins a configuration.
	 * @return a builder with the defaults
	 */
	public static Builder builder() {
		return new Builder();
	}

	/**
	 * What is allowed, but likely not meant.
	 * @return sentences for people, empty when there is nothing to warn of
	 */
	public List<String> warnings() {
		double covered = refillNanos(this.limit, this.period, this.burst);
		if (covered >= SHORT_BURST_NANOS) {
			return List.of();
		}
		long advised = (long) Math.ceil(this.burst * (SHORT_BURST_NANOS / covered));
		return List.of("'burst' is '" + this.burst + "', which covers under 20 ms of " + describeRate()
				+ ": callers that pause as briefly as a garbage collection lose permits; raise 'burst' to " + advised
				+ " or more");
	}

	String describe() {
		return describeRate() + ", burst " + this.burst;
	}

	double perSecond() {
		return (double) this.limit * TimeUnit.SECONDS.toNanos(1) / this.period.toNanos();
	}

	/**
	 * A duration in the largest unit that shows it exactly.
	 */
	static String shown(long nanos, String gap) {
		Unit unit = Unit.NANOSECOND;
		for (Unit larger : Unit.values()) {
			if (nanos % larger.nanos == 0) {
				unit = larger;
			}
		}
		return nanos / unit.nanos + gap + unit.symbol;
	}

	private String describeRate() {
		return this.limit + " per " + shown(this.period.toNanos(), "");
	}

	private static double refillNanos(long limit, Duration period, long burst) {
		return (double) burst * period.toNanos() / limit;
	}

	private static boolean isPositive(Duration duration) {
		return !duration.isNegative() && !duration.isZero();
	}

	private enum Unit {

		NANOSECOND("ns", 1L), MICROSECOND("us", 1_000L), MILLISECOND("ms", 1_000_000L), SECOND("s", 1_000_000_000L),
		MINUTE("m", 60_000_000_000L), HOUR("h", 3_600_000_000_000L), DAY("d", 86_400_000_000_000L);

		private final String symbol;

		private final long nanos;

		Unit(String symbol, long nanos) {
			this.symbol = symbol;
			this.nanos = nanos;
		}

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
		 * Builds the configuration.
		 * @return the configuration
		 * @throws IllegalArgumentException when a value breaks its rule
		 */
		public RateLimiterConfig build() {
			return new RateLimiterConfig(this.limit, this.period, (this.burst != null) ? this.burst : this.limit,
					this.maxWait, this.maxWaiting, this.maxKeys);
		}

	}

}
