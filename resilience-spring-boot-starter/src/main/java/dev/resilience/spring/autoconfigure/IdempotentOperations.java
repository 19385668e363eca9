package dev.resilience.spring.autoconfigure;

import java.lang.reflect.Type;
import java.util.LinkedHashMap;
import java.util.Map;

import dev.resilience.idempotency.Idempotency;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.Reconciler;
import dev.resilience.idempotency.store.ResultCodec;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Makes the operations of annotated methods, and those that the program declares itself.
 * Thread-safe.
 */
final class IdempotentOperations implements Idempotency.Factory {

	private final IdempotencyConfig defaults;

	private final Map<String, String> defaultOrigins;

	private final PolicyOrigins origins;

	private final IdempotencyStore store;

	private final TimeSource time;

	private final ObjectProvider<ResultCodec.Factory> codecs;

	private final ObjectProvider<Reconciler> reconcilers;

	IdempotentOperations(IdempotencyProperties properties, ConfigurableEnvironment environment, PolicyOrigins origins,
			IdempotencyStore store, TimeSource time, BeanFactory beans) {
		this.defaults = properties.toConfig();
		this.defaultOrigins = IdempotencyProperties.origins(environment);
		this.origins = origins;
		this.store = store;
		this.time = time;
		this.codecs = beans.getBeanProvider(ResultCodec.Factory.class);
		this.reconcilers = beans.getBeanProvider(Reconciler.class);
	}

	/**
	 * The configuration of operations that say nothing else.
	 */
	IdempotencyConfig defaults() {
		return this.defaults;
	}

	@Override
	public IdempotentOperation make(String name, Type type, IdempotencyConfig config) {
		IdempotentOperation operation = new IdempotentOperation(name, config, this.store, codec(name, type),
				this.reconcilers.getIfUnique(), this.time);
		noteOrigins(name, config);
		return operation;
	}

	/**
	 * What writes and reads an operation's results, where the store needs it.
	 */
	private @Nullable ResultCodec codec(String name, Type type) {
		if (!this.store.keepsBytes()) {
			return null;
		}
		ResultCodec.Factory factory = this.codecs.getIfUnique();
		if (factory == null) {
			throw new IllegalArgumentException("the results of '" + name + "' have to be written to the store, and"
					+ " nothing can. Add the dependency tools.jackson.core:jackson-databind, or define one bean of"
					+ " type ResultCodec.Factory.");
		}
		return factory.codecOf(name, type);
	}

	private void noteOrigins(String name, IdempotencyConfig config) {
		Map<String, String> found = new LinkedHashMap<>(this.defaultOrigins);
		Map<String, Object> usual = this.defaults.settings();
		config.settings().forEach((property, value) -> {
			if (!value.equals(usual.get(property))) {
				found.put(property, "code");
			}
		});
		this.origins.put(IdempotentOperation.TYPE, name, found);
	}

}
