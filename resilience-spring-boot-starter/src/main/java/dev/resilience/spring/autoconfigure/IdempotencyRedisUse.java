package dev.resilience.spring.autoconfigure;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.redis.RedisLink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;

/**
 * Warns when Redis is described and nothing uses what is said of it.
 */
final class IdempotencyRedisUse implements SmartInitializingSingleton {

	private static final Logger LOGGER = LoggerFactory.getLogger(RedisLink.class);

	private static final String STORE = IdempotencyProperties.PREFIX + ".store";

	private final Environment environment;

	private final ConfigurableListableBeanFactory beans;

	private final String link;

	private final String health;

	/**
	 * Creates it.
	 * @param environment the settings
	 * @param beans the beans
	 * @param link the name of the bean that is made when somebody uses Redis
	 * @param health the name of the bean that tells how Redis is
	 */
	IdempotencyRedisUse(Environment environment, ConfigurableListableBeanFactory beans, String link, String health) {
		this.environment = environment;
		this.beans = beans;
		this.link = link;
		this.health = health;
	}

	@Override
	public void afterSingletonsInstantiated() {
		Set<String> keys = Binder.get(this.environment)
			.bind(RedisProperties.PREFIX, Bindable.mapOf(String.class, Object.class))
			.map(Map::keySet)
			.orElseGet(Set::of);
		if (!keys.isEmpty() && !mayBeUsed()) {
			// Values stay out: there may be a password in them.
			LOGGER.warn("{}: {} is set, but nothing uses these settings: {}, or remove {}.", RedisProperties.PREFIX,
					String.join(", ", new TreeSet<>(keys)), reasonAndRemedy(), RedisProperties.PREFIX);
		}
	}

	/**
	 * Whether the link is made of the settings, or may be. It is made for whoever needs
	 * it first, a store of the application's own perhaps, and its health is looked at for
	 * them.
	 */
	private boolean mayBeUsed() {
		if (!this.beans.containsBeanDefinition(this.link)) {
			return false;
		}
		Set<String> users = Set.of(this.beans.getDependentBeans(this.link));
		return isLazy() || (this.beans.containsSingleton(this.link) && !users.equals(Set.of(this.health)));
	}

	/**
	 * Whether somebody may need it later, as beans are made when they are used.
	 */
	private boolean isLazy() {
		return this.environment.getProperty("spring.main.lazy-initialization", Boolean.class, false)
				|| !stores().allMatch(this.beans::containsSingleton);
	}

	private String reasonAndRemedy() {
		if (!ClassUtils.isPresent("io.lettuce.core.RedisClient", this.beans.getBeanClassLoader())) {
			return "Lettuce is not on the class path. Add the dependency io.lettuce:lettuce-core and set " + STORE
					+ "=redis";
		}
		if (!this.beans.containsBeanDefinition(this.link)) {
			return "the RedisLink is one of the application's own. Leave that out";
		}
		if (stores().map(this.beans::getBean).anyMatch(MemoryIdempotencyStore.class::isInstance)) {
			return "results of idempotent calls are kept in memory, for this instance alone. Set " + STORE
					+ "=redis to keep them in Redis";
		}
		return "no IdempotencyStore takes the RedisLink made of them, whatever " + STORE + " says. Take it in your own";
	}

	private Stream<String> stores() {
		return Arrays.stream(this.beans.getBeanNamesForType(IdempotencyStore.class, true, false));
	}

}
