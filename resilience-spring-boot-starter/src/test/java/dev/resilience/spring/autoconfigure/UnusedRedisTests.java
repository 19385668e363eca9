package dev.resilience.spring.autoconfigure;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;

import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.redis.RedisLink;
import dev.resilience.spring.aop.Warnings;
import dev.resilience.time.TimeSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whoever describes Redis learns at start-up when nothing uses it.
 */
class UnusedRedisTests {

	@RegisterExtension
	private static final RedisServer redis = new RedisServer();

	private final ApplicationContextRunner runner = new ApplicationContextRunner().withConfiguration(Contexts.ours());

	@ParameterizedTest
	@ValueSource(strings = { "url=redis://user:secret@host", "nodes=redis://host", "command-timeout=5s" })
	void settingThatNothingUsesShouldBeTold(String setting) {
		assertThat(warnings(this.runner.withPropertyValues("resilience.redis." + setting))).singleElement()
			.asString()
			.startsWith("resilience.redis: " + setting.replaceAll("=.*", "")
					+ " is set, but nothing uses these settings: results of" + " idempotent calls are kept in memory")
			.contains("Set resilience.idempotency.store=redis")
			.doesNotContain("secret");
	}

	@Test
	void settingWithoutLettuceShouldBeToldAndNotRefused() {
		assertThat(warnings(this.runner.withClassLoader(new FilteredClassLoader("io.lettuce"))
			.withPropertyValues("resilience.redis.url=redis://host"))).singleElement()
			.asString()
			.contains("Lettuce is not on the class path. Add the dependency io.lettuce:lettuce-core");
	}

	@Test
	void settingOfNothingShouldNotBeTold() {
		assertThat(warnings(this.runner)).isEmpty();
	}

	@Test
	void settingThatTheStoreUsesShouldNotBeTold() {
		assertThat(warnings(Contexts.onRedis(redis.uri()))).isEmpty();
	}

	@Test
	void settingThatTheApplicationUsesShouldNotBeTold() {
		assertThat(warnings(
				this.runner.withUserConfiguration(Own.class).withPropertyValues("resilience.redis.url=" + redis.uri())))
			.isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "memory", "redis" })
	void settingThatStoreOfTheApplicationDoesNotUseShouldBeToldWithoutWhereResultsAre(String store) {
		assertThat(warnings(this.runner.withBean(IdempotencyStore.class, UnusedRedisTests::ownStore)
			.withPropertyValues("resilience.idempotency.store=" + store, "resilience.redis.url=" + redis.uri())))
			.singleElement()
			.asString()
			.contains("nothing uses these settings: no IdempotencyStore takes the RedisLink made of them")
			.doesNotContain("memory,", "Set ");
	}

	@ParameterizedTest
	@ValueSource(strings = { "memory", "redis" })
	void settingThatLinkOfTheApplicationReplacesShouldBeTold(String store) {
		assertThat(warnings(this.runner
			.withBean("ownLink", RedisLink.class, () -> RedisLink.to(redis.uri(), Duration.ofSeconds(5)))
			.withPropertyValues("resilience.idempotency.store=" + store, "resilience.redis.command-timeout=5s")))
			.singleElement()
			.asString()
			.contains("nothing uses these settings: the RedisLink is one of the application's own");
	}

	@ParameterizedTest
	@ValueSource(strings = { "memory", "redis" })
	void settingThatMayBeUsedLaterShouldNotBeTold(String store) {
		assertThat(warnings(this.runner
			.withInitializer(
					(context) -> context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
			.withPropertyValues("spring.main.lazy-initialization=true", "resilience.idempotency.store=" + store,
					"resilience.redis.url=" + redis.uri())))
			.isEmpty();
	}

	private static List<String> warnings(ApplicationContextRunner runner) {
		try (Warnings warnings = new Warnings(RedisLink.class)) {
			runner.run((context) -> assertThat(context).hasNotFailed());
			return warnings.messages();
		}
	}

	/** A store of the application, in a database say. */
	private static IdempotencyStore ownStore() {
		IdempotencyStore memory = new MemoryIdempotencyStore(TimeSource.system());
		return (IdempotencyStore) Proxy.newProxyInstance(IdempotencyStore.class.getClassLoader(),
				new Class<?>[] { IdempotencyStore.class },
				(proxy, method, arguments) -> method.invoke(memory, arguments));
	}

	static class Own {

		Own(RedisLink link) {
			assertThat(link).isNotNull();
		}

	}

}
