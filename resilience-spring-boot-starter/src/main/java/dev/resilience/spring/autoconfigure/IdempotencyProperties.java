package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.function.Supplier;

import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotencyStore;
import dev.resilience.idempotency.MemoryIdempotencyStore;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Idempotent operations.
 *
 * @param store where results are kept
 * @param ttl how long a result is replayed
 * @param lease how long a claim lives without a sign of life of its owner
 * @param inFlightWait how long a duplicate waits for the first call
 * @param maxEntries how many records the memory store keeps; a full store refuses new
 * keys
 */
@ConfigurationProperties(prefix = "resilience.idempotency", ignoreUnknownFields = false)
record IdempotencyProperties(@DefaultValue("memory") Store store, @Nullable Duration ttl, @Nullable Duration lease,
		@Nullable Duration inFlightWait, @DefaultValue("100000") int maxEntries) {

	IdempotencyConfig toConfig() {
		IdempotencyConfig.Builder config = IdempotencyConfig.builder();
		Values.ifSet(this.ttl, config::ttl);
		Values.ifSet(this.lease, config::lease);
		Values.ifSet(this.inFlightWait, config::inFlightWait);
		return valid(config::build);
	}

	IdempotencyStore toStore(TimeSource time) {
		return valid(() -> new MemoryIdempotencyStore(this.maxEntries, time));
	}

	private static <T> T valid(Supplier<T> supplier) {
		try {
			return supplier.get();
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidPolicyException("resilience.idempotency", ex);
		}
	}

	/**
	 * Where results are kept.
	 */
	enum Store {

		/** In this JVM: gone with it, and not shared. */
		MEMORY

	}

}
