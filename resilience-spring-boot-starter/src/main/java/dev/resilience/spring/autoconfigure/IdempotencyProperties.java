package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotencyStore;
import dev.resilience.idempotency.MemoryIdempotencyStore;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.PlaceholdersResolver;
import org.springframework.boot.context.properties.bind.PropertySourcesPlaceholdersResolver;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.ConfigurableEnvironment;

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
@ConfigurationProperties(IdempotencyProperties.PREFIX)
record IdempotencyProperties(@DefaultValue("memory") Store store, @Nullable Duration ttl, @Nullable Duration lease,
		@Nullable Duration inFlightWait, @DefaultValue("100000") int maxEntries) {

	static final String PREFIX = "resilience.idempotency";

	IdempotencyConfig toConfig() {
		IdempotencyConfig.Builder config = IdempotencyConfig.builder();
		Values.ifSet(this.ttl, config::ttl);
		Values.ifSet(this.lease, config::lease);
		Values.ifSet(this.inFlightWait, config::inFlightWait);
		return valid(config::build);
	}

	/**
	 * Where the values of {@link #toConfig()} that are set come from. All are durations.
	 * @throws InvalidPolicyException when one has no unit
	 */
	static Map<String, String> origins(ConfigurableEnvironment environment) {
		Map<String, String> origins = new LinkedHashMap<>();
		PlaceholdersResolver placeholders = new PropertySourcesPlaceholdersResolver(environment);
		for (String setting : List.of("ttl", "lease", "in-flight-wait")) {
			ConfigurationPropertyName name = ConfigurationPropertyName.of(PREFIX).append(setting);
			for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
				ConfigurationProperty property = source.getConfigurationProperty(name);
				if (property != null && !origins.containsKey(setting)) {
					origins.put(setting, OriginNoting.describe(property));
					valid(() -> OriginNoting.requireUnit(setting, property, placeholders));
				}
			}
		}
		return origins;
	}

	IdempotencyStore toStore(TimeSource time) {
		return valid(() -> new MemoryIdempotencyStore(this.maxEntries, time));
	}

	private static <T> T valid(Supplier<T> supplier) {
		try {
			return supplier.get();
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidPolicyException(PREFIX, ex);
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
