package dev.resilience.spring.autoconfigure;

import java.lang.reflect.Type;
import java.util.LinkedHashMap;
import java.util.List;
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

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Makes the operations of annotated methods, and those that the program declares itself.
 * Thread-safe.
 */
final class IdempotentOperations implements Idempotency.Factory, SmartInitializingSingleton {

	private final IdempotencyConfig defaults;

	private final Map<String, String> defaultOrigins;

	private final PolicyOrigins origins;

	private final IdempotencyStore store;

	private final TimeSource time;

	private final ListableBeanFactory beans;

	IdempotentOperations(IdempotencyProperties properties, ConfigurableEnvironment environment, PolicyOrigins origins,
			IdempotencyStore store, TimeSource time, ListableBeanFactory beans) {
		// A duration without a unit is told of before its value is.
		this.defaultOrigins = IdempotencyProperties.origins(environment);
		this.defaults = properties.toConfig();
		this.origins = origins;
		this.store = store;
		this.time = time;
		this.beans = beans;
	}

	/**
	 * Tells of what cannot be decided before the first operation asks for it, which may
	 * be at run time.
	 */
	@Override
	public void afterSingletonsInstantiated() {
		for (Class<?> type : List.of(Reconciler.class, ResultCodec.Factory.class)) {
			if (names(type).size() > 1) {
				only(type);
			}
		}
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
				only(Reconciler.class), this.time);
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
		ResultCodec.Factory factory = only(ResultCodec.Factory.class);
		if (factory == null) {
			throw new IllegalArgumentException("the results of '" + name + "' have to be written to the store, and"
					+ " nothing can. Add the dependency tools.jackson.core:jackson-databind, or define one bean of"
					+ " type ResultCodec.Factory.");
		}
		return factory.codecOf(name, type);
	}

	/**
	 * The bean of a type, if there is one.
	 * @throws InvalidPolicyException when there are several, and nothing says which
	 */
	private <T> @Nullable T only(Class<T> type) {
		try {
			return this.beans.getBeanProvider(type).getIfAvailable();
		}
		catch (NoUniqueBeanDefinitionException ex) {
			String shown = type.getCanonicalName().substring(type.getPackageName().length() + 1);
			throw new InvalidPolicyException(IdempotencyProperties.PREFIX,
					new IllegalArgumentException(
							"there must be one " + shown + ", but these beans are of that type: " + names(type), ex),
					"Define one bean of type " + shown + ", or mark one of them with @Primary.");
		}
	}

	private List<String> names(Class<?> type) {
		return List.of(BeanFactoryUtils.beanNamesForTypeIncludingAncestors(this.beans, type, true, false));
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
