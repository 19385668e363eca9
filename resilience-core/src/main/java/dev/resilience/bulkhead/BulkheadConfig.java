package dev.resilience.bulkhead;

import java.time.Duration;
import java.util.List;

import dev.resilience.config.Setting;

/**
 * What a bulkhead allows. Immutable.
 *
 * @param maxConcurrentCalls how many calls may run at the same time, 1 to 1,000,000; 25
 * by default
 * @param maxWait how long a call may wait for its place, up to 365 days; by default it is
 * rejected at once
 * @param maxWaiting how many calls may wait at once, for each key, up to 1,000,000; none
 * by default
 * @param maxKeys how many keys have places of their own, 10,000 by default; those beyond
 * share the places of one
 */
public record BulkheadConfig(int maxConcurrentCalls, Duration maxWait, int maxWaiting, int maxKeys) {

	private static final int MOST = 1_000_000;

	private static final Duration LONGEST = Duration.ofDays(365);

	/**
	 * Creates a configuration.
	 * @throws IllegalArgumentException when a value breaks its rule; the message says
	 * which, and what to do
	 */
	public BulkheadConfig {
		Setting.of("max-concurrent-calls", maxConcurrentCalls)
			.require(maxConcurrentCalls >= 1 && maxConcurrentCalls <= MOST, "must be between 1 and 1,000,000",
					"say how many calls may run at the same time");
		Setting.of("max-wait", maxWait)
			.require(!maxWait.isNegative() && maxWait.compareTo(LONGEST) <= 0, "must be between 0 and 365 days",
					"choose 0 to reject at once, or the longest wait that helps the caller");
		Setting.of("max-waiting", maxWaiting)
			.require(maxWaiting >= 0 && maxWaiting <= MOST, "must be between 0 and 1,000,000",
					"say how many calls may wait at once");
		Setting.of("max-keys", maxKeys)
			.require(maxKeys >= 1, "must be at least 1", "say how many keys have places of their own");
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
		if (this.maxWait.isZero() == (this.maxWaiting == 0)) {
			return List.of();
		}
		return List.of(this.maxWait.isZero()
				? "'max-waiting' is '" + this.maxWaiting
						+ "' but 'max-wait' is 0, so no call ever waits: set 'max-wait' too, or remove 'max-waiting'"
				: "'max-wait' is '" + this.maxWait
						+ "' but 'max-waiting' is 0, so no call ever waits: set 'max-waiting' too, or remove 'max-wait'");
	}

	boolean mayWait() {
		return this.maxWaiting > 0 && !this.maxWait.isZero();
	}

	BulkheadConfig withMaxConcurrentCalls(int number) {
		return new BulkheadConfig(number, this.maxWait, this.maxWaiting, this.maxKeys);
	}

	/**
	 * Builds a configuration. Not thread-safe.
	 */
	public static final class Builder {

		private int maxConcurrentCalls = 25;

		private Duration maxWait = Duration.ZERO;

		private int maxWaiting;

		private int maxKeys = 10_000;

		private Builder() {
		}

		/**
		 * Sets how many calls may run at the same time.
		 * @param maxConcurrentCalls the number
		 * @return this builder
		 */
		public Builder maxConcurrentCalls(int maxConcurrentCalls) {
			this.maxConcurrentCalls = maxConcurrentCalls;
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
		 * Sets how many calls may wait at once, for each key.
		 * @param maxWaiting the number, zero to let none wait
		 * @return this builder
		 */
		public Builder maxWaiting(int maxWaiting) {
			this.maxWaiting = maxWaiting;
			return this;
		}

		/**
		 * Sets how many keys have places of their own.
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
		public BulkheadConfig build() {
			return new BulkheadConfig(this.maxConcurrentCalls, this.maxWait, this.maxWaiting, this.maxKeys);
		}

	}

}
