package dev.resilience.spring.autoconfigure;

import java.util.List;

import dev.resilience.redis.RedisLink;
import dev.resilience.spring.aop.Warnings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
			.startsWith("resilience.redis.[" + setting.replaceAll("=.*", "") + "] is set, but nothing uses Redis")
			.contains("Set resilience.idempotency.store=redis")
			.doesNotContain("secret");
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

	private static List<String> warnings(ApplicationContextRunner runner) {
		try (Warnings warnings = new Warnings(RedisLink.class)) {
			runner.run((context) -> assertThat(context).hasNotFailed());
			return warnings.messages();
		}
	}

	static class Own {

		Own(RedisLink link) {
			assertThat(link).isNotNull();
		}

	}

}
