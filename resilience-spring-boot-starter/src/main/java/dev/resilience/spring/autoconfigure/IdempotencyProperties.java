package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotencyConfig.OnAbandoned;
import dev.resilience.idempotency.IdempotencyConfig.OnStoreFailure;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.redis.RedisIdempotencyStore;
import dev.resilience.redis.RedisLink;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.PropertySourcesPlaceholdersResolver;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.unit.DataSize;

/**
 * Idempotent operations.
 *
 * @param store where results are kept
 * @param ttl how long a result is replayed
 * @param lease how long a claim lives without a sign of life of its owner
 * @param inFlightWait how long a duplicate waits for the first call
 * @param maxEntries how many records the memory store keeps; a full store refuses new
 * keys
 * @param keyPrefix what all keys in Redis begin with
 * @param onAbandoned what becomes of a call whose key was called before without a known
 * outcome
 * @param onStoreFailure what becomes of a call when the store cannot be asked
 * @param storedFailures exceptions that are stored as an answer and replayed
 * @param heldFailures exceptions after which nobody knows whether the call took effect
 * @param maxResultSize how large a result in Redis may be; of a larger one it is only
 * kept that there was one
 */
@ConfigurationProperties(IdempotencyProperties.PREFIX)
record IdempotencyProperties(@DefaultValue("memory") Store store, @Nullable Duration ttl, @Nullable Duration lease,
		@Nullable Duration inFlightWait, @DefaultValue("100000") int maxEntries,
		@DefaultValue("resilience:idem:") String keyPrefix, @Nullable OnAbandoned onAbandoned,
		@Nullable OnStoreFailure onStoreFailure, @Nullable List<Class<?>> storedFailures,
		@Nullable List<Class<?>> heldFailures, @Nullable DataSize maxResultSize) {

	static final String PREFIX = "resilience.idempotency";

	IdempotencyConfig toConfig() {
		IdempotencyConfig.Builder config = IdempotencyConfig.builder();
		Values.ifSet(this.ttl, config::ttl);
		Values.ifSet(this.lease, config::lease);
		Values.ifSet(this.inFlightWait, config::inFlightWait);
		return valid(PREFIX, () -> {
			Values.ifSet(this.onAbandoned, config::onAbandoned);
			Values.ifSet(this.onStoreFailure, config::onStoreFailure);
			Values.ifSet(this.storedFailures,
					(types) -> config.storedFailures(Values.throwables("stored-failures", types)));
			Values.ifSet(this.heldFailures, (types) -> config.heldFailures(Values.throwables("held-failures", types)));
			Values.ifSet(this.maxResultSize, (size) -> config.maxResultSize(bytes(size)));
			return config.build();
		});
	}

	/**
	 * Beyond an int there is nothing that would be allowed.
	 */
	private static int bytes(DataSize size) {
		return (int) Math.max(0, Math.min(size.toBytes(), Integer.MAX_VALUE));
	}

	/**
	 * Where the values of {@link #toConfig()} that are set come from.
	 * @throws InvalidPolicyException when a duration has no unit
	 */
	static Map<String, String> origins(ConfigurableEnvironment environment) {
		Map<String, String> origins = new LinkedHashMap<>();
		IdempotencyConfig.builder().build().settings().forEach((setting, value) -> {
			ConfigurationProperty property = find(environment, PREFIX, setting);
			if (property != null) {
				origins.put(setting, OriginNoting.describe(property));
				if (value instanceof Duration) {
					requireUnit(environment, PREFIX, setting, property);
				}
			}
		});
		return origins;
	}

	/**
	 * What sets a value, or the first of several.
	 */
	static @Nullable ConfigurationProperty find(ConfigurableEnvironment environment, String prefix, String setting) {
		ConfigurationPropertyName name = ConfigurationPropertyName.of(prefix).append(setting);
		for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
			for (ConfigurationPropertyName each : List.of(name, name.append("[0]"))) {
				ConfigurationProperty property = source.getConfigurationProperty(each);
				if (property != null) {
					return property;
				}
			}
		}
		return null;
	}

	static void requireUnit(ConfigurableEnvironment environment, String prefix, String setting,
			ConfigurationProperty property) {
		valid(prefix, () -> OriginNoting.requireUnit(setting, property,
				new PropertySourcesPlaceholdersResolver(environment)));
	}

	IdempotencyStore toStore(TimeSource time) {
		if (this.store == Store.REDIS) {
			throw new InvalidPolicyException(PREFIX,
					new IllegalArgumentException("'store' is redis but Lettuce is not on the class path"),
					"Add the dependency io.lettuce:lettuce-core.");
		}
		return valid(PREFIX, () -> new MemoryIdempotencyStore(this.maxEntries, time));
	}

	IdempotencyStore toStore(RedisLink link, TimeSource time) {
		return valid(PREFIX, () -> new RedisIdempotencyStore(link, this.keyPrefix, time.clock()));
	}

	static <T> T valid(String prefix, Supplier<T> supplier) {
		try {
			return supplier.get();
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidPolicyException(prefix, ex);
		}
	}

	/**
	 * Where results are kept.
	 */
	enum Store {

		/** In this JVM: gone with it, and not shared. */
		MEMORY,

		/** In Redis: shared by all instances, and there after a restart. */
		REDIS

	}

}
