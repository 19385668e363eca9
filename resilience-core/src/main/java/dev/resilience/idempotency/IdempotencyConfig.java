package dev.resilience.idempotency;

import java.time.Duration;

import dev.resilience.config.Setting;

/**
 * How an idempotent operation treats its keys. Immutable.
 *
 * @param ttl how long a result is replayed, and a call without a known outcome stays
 * visible: 1 hour by default, at most 3650 days
 * @param lease how long a claim holds without a sign of life from its owner, who gives
 * one every third of it: 30 seconds by default, 10 milliseconds to 1 day
 * @param inFlightWait how long a duplicate waits for the first call: 5 seconds by
 * default, zero to turn it away at once, at most 1 day
 */
public record IdempotencyConfig(Duration ttl, Duration lease, Duration inFlightWait) {

	private static final Duration MAX_TTL = Duration.ofDays(3650);

	private static final Duration MIN_LEASE = Duration.ofMillis(10);

	private static final Duration ONE_DAY = Duration.ofDays(1);

	/**
	 * Creates a configuration.
	 * @throws IllegalArgumentException when a value breaks its rule; the message names
	 * property, value, rule and remedy
	 */
	public IdempotencyConfig {
		Setting.of("ttl", ttl)
			.require(ttl.compareTo(Duration.ZERO) > 0 && ttl.compareTo(MAX_TTL) <= 0,
					"must be positive and at most 3650 days", "give the time in which clients retry, 24h say");
		Setting.of("lease", lease)
			.require(lease.compareTo(MIN_LEASE) >= 0 && lease.compareTo(ONE_DAY) <= 0, "must be from 10 ms to 1 day",
					"give the time after which a silent owner counts as crashed, 30s say");
		Setting.of("in-flight-wait", inFlightWait)
			.require(!inFlightWait.isNegative() && inFlightWait.compareTo(ONE_DAY) <= 0, "must be from 0 to 1 day",
					"give 0s to turn duplicates away at once");
	}

	/**
	 * Begins a configuration with the defaults.
	 * @return a builder
	 */
	public static Builder builder() {
		return new Builder();
	}

	/**
	 * Builds a configuration. Not thread-safe.
	 */
	public static final class Builder {

		private Duration ttl = Duration.ofHours(1);

		private Duration lease = Duration.ofSeconds(30);

		private Duration inFlightWait = Duration.ofSeconds(5);

		private Builder() {
		}

		/**
		 * Sets how long a result is replayed.
		 * @param ttl the time
		 * @return this builder
		 */
		public Builder ttl(Duration ttl) {
			this.ttl = ttl;
			return this;
		}

		/**
		 * Sets how long a claim holds without a sign of life from its owner.
		 * @param lease the time
		 * @return this builder
		 */
		public Builder lease(Duration lease) {
			this.lease = lease;
			return this;
		}

		/**
		 * Sets how long a duplicate waits for the first call.
		 * @param inFlightWait the time
		 * @return this builder
		 */
		public Builder inFlightWait(Duration inFlightWait) {
			this.inFlightWait = inFlightWait;
			return this;
		}

		/**
		 * Builds the configuration.
		 * @return the configuration
		 * @throws IllegalArgumentException when a value breaks its rule
		 */
		public IdempotencyConfig build() {
			return new IdempotencyConfig(this.ttl, this.lease, this.inFlightWait);
		}

	}

}
