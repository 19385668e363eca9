package dev.resilience.idempotency;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

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
 * @param onAbandoned what becomes of a call whose key was called before without a known
 * outcome: it is rejected by default
 * @param onStoreFailure what becomes of a call when the store cannot be asked: it is
 * rejected by default
 * @param storedFailures exceptions that are an answer like any other: they are stored, by
 * type and message, and replayed as a {@link ReplayedFailureException}; none by default
 * @param heldFailures exceptions after which nobody knows whether the call took effect,
 * besides those that say so by themselves; none by default
 * @param maxResultSize how many bytes a result may have where the store keeps bytes: 256
 * KB by default, at most 64 MB; of a larger one it is only kept that there was one
 */
public record IdempotencyConfig(Duration ttl, Duration lease, Duration inFlightWait, OnAbandoned onAbandoned,
		OnStoreFailure onStoreFailure, List<Class<? extends Throwable>> storedFailures,
		List<Class<? extends Throwable>> heldFailures, int maxResultSize) {

	/**
	 * The most that {@code max-result-size} can be, in bytes.
	 */
	public static final int LARGEST_RESULT = 64 * 1024 * 1024;

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
		Setting.of("max-result-size", maxResultSize)
			.require(maxResultSize >= 1 && maxResultSize <= LARGEST_RESULT, "must be from 1 byte to 64 MB",
					"give the size of the largest result, and keep large ones elsewhere");
		storedFailures = List.copyOf(storedFailures);
		heldFailures = List.copyOf(heldFailures);
		Setting.of("stored-failures", storedFailures)
			.require(storedFailures.stream().noneMatch(Error.class::isAssignableFrom), "must name no Error",
					"after an Error nobody knows what took effect: name exceptions");
	}

	/**
	 * Begins a configuration with the defaults.
	 * @return a builder
	 */
	public static Builder builder() {
		return new Builder();
	}

	/**
	 * Begins a configuration with the values of this one.
	 * @return a builder
	 */
	public Builder toBuilder() {
		return builder().ttl(this.ttl)
			.lease(this.lease)
			.inFlightWait(this.inFlightWait)
			.onAbandoned(this.onAbandoned)
			.onStoreFailure(this.onStoreFailure)
			.storedFailures(this.storedFailures)
			.heldFailures(this.heldFailures)
			.maxResultSize(this.maxResultSize);
	}

	/**
	 * The values as snapshots show them.
	 * @return by property name, in kebab case
	 */
	public Map<String, Object> settings() {
		Map<String, Object> settings = new LinkedHashMap<>();
		settings.put("ttl", this.ttl);
		settings.put("lease", this.lease);
		settings.put("in-flight-wait", this.inFlightWait);
		settings.put("on-abandoned", word(this.onAbandoned));
		settings.put("on-store-failure", word(this.onStoreFailure));
		settings.put("stored-failures", names(this.storedFailures));
		settings.put("held-failures", names(this.heldFailures));
		settings.put("max-result-size", this.maxResultSize);
		return settings;
	}

	private static String word(Enum<?> constant) {
		return constant.name().toLowerCase(Locale.ROOT);
	}

	private static List<String> names(List<Class<? extends Throwable>> types) {
		return types.stream().map(Class::getName).toList();
	}

	/**
	 * What becomes of a call whose key was called before without a known outcome.
	 */
	public enum OnAbandoned {

		/**
		 * It is rejected until somebody has settled the record: the call takes effect at
		 * most once.
		 */
		REJECT,

		/**
		 * It runs: the call takes effect at least once. An execution that fell silent and
		 * comes back can then no longer store its result.
		 */
		RERUN

	}

	/**
	 * What becomes of a call when the store cannot be asked.
	 */
	public enum OnStoreFailure {

		/** It is rejected, as it might be a duplicate. */
		CLOSED,

		/** It runs, duplicate or not. */
		OPEN

	}

	/**
	 * Builds a configuration. Not thread-safe.
	 */
	public static final class Builder {

		private Duration ttl = Duration.ofHours(1);

		private Duration lease = Duration.ofSeconds(30);

		private Duration inFlightWait = Duration.ofSeconds(5);

		private OnAbandoned onAbandoned = OnAbandoned.REJECT;

		private OnStoreFailure onStoreFailure = OnStoreFailure.CLOSED;

		private List<Class<? extends Throwable>> storedFailures = List.of();

		private List<Class<? extends Throwable>> heldFailures = List.of();

		private int maxResultSize = 256 * 1024;

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
		 * Sets what becomes of a call whose key was called before without a known
		 * outcome.
		 * @param onAbandoned what to do
		 * @return this builder
		 */
		public Builder onAbandoned(OnAbandoned onAbandoned) {
			this.onAbandoned = onAbandoned;
			return this;
		}

		/**
		 * Sets what becomes of a call when the store cannot be asked.
		 * @param onStoreFailure what to do
		 * @return this builder
		 */
		public Builder onStoreFailure(OnStoreFailure onStoreFailure) {
			this.onStoreFailure = onStoreFailure;
			return this;
		}

		/**
		 * Sets which exceptions are stored and replayed.
		 * @param types their types
		 * @return this builder
		 */
		public Builder storedFailures(List<Class<? extends Throwable>> types) {
			this.storedFailures = types;
			return this;
		}

		/**
		 * Sets after which exceptions the key is held as one whose outcome nobody knows.
		 * @param types their types
		 * @return this builder
		 */
		public Builder heldFailures(List<Class<? extends Throwable>> types) {
			this.heldFailures = types;
			return this;
		}

		/**
		 * Sets how large a result may be that is kept in bytes.
		 * @param bytes the most bytes
		 * @return this builder
		 */
		public Builder maxResultSize(int bytes) {
			this.maxResultSize = bytes;
			return this;
		}

		/**
		 * Builds the configuration.
		 * @return the configuration
		 * @throws IllegalArgumentException when a value breaks its rule
		 */
		public IdempotencyConfig build() {
			return new IdempotencyConfig(this.ttl, this.lease, this.inFlightWait, this.onAbandoned, this.onStoreFailure,
					this.storedFailures, this.heldFailures, this.maxResultSize);
		}

	}

}
