package dev.resilience.spring.autoconfigure;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import dev.resilience.redis.RedisLink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;

/**
 * Warns when Redis is described and nothing uses it.
 */
final class UnusedRedis implements SmartInitializingSingleton {

	private static final Logger LOGGER = LoggerFactory.getLogger(RedisLink.class);

	private static final String STORE = IdempotencyProperties.PREFIX + ".store";

	private final Environment environment;

	private final ConfigurableListableBeanFactory beans;

	private final String link;

	/**
	 * Creates it.
	 * @param environment the settings
	 * @param beans the beans
	 * @param link the name of the bean that is made when somebody uses Redis
	 */
	UnusedRedis(Environment environment, ConfigurableListableBeanFactory beans, String link) {
		this.environment = environment;
		this.beans = beans;
		this.link = link;
	}

	@Override
	public void afterSingletonsInstantiated() {
		Set<String> keys = Binder.get(this.environment)
			.bind(RedisProperties.PREFIX, Bindable.mapOf(String.class, Object.class))
			.map(Map::keySet)
			.orElseGet(Set::of);
		if (!keys.isEmpty() && !isUsed()) {
			// Values stay out: there may be a password in them.
			LOGGER.warn(
					"{}.{} is set, but nothing uses Redis: results of idempotent calls are kept in memory,"
							+ " for this instance alone. Set {}=redis to keep them in Redis, or remove {}.",
					RedisProperties.PREFIX, new TreeSet<>(keys), STORE, RedisProperties.PREFIX);
		}
	}

	/**
	 * Whether Redis is used, or will be. The link is made for whoever needs it first, a
	 * store of the application's own perhaps.
	 */
	private boolean isUsed() {
		return "redis".equalsIgnoreCase(this.environment.getProperty(STORE)) || this.beans.containsSingleton(this.link);
	}

}
