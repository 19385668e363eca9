package dev.resilience.sample;

import dev.resilience.redis.RedisProcess;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.client.RestClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two instances that keep their orders in one Redis.
 */
class SharedOrdersTests {

	@Test
	void orderShouldBeReplayedByTheOtherInstanceAndAfterARestart() throws Exception {
		try (RedisProcess redis = new RedisProcess()) {
			ResponseEntity<String> first;
			try (ConfigurableApplicationContext one = instance(redis);
					ConfigurableApplicationContext other = instance(redis)) {
				first = order(one);
				assertThat(first.getHeaders().getFirst("Idempotent-Replayed")).isEqualTo("false");
				ResponseEntity<String> second = order(other);
				assertThat(second.getHeaders().getFirst("Idempotent-Replayed")).isEqualTo("true");
				assertThat(second.getBody()).isEqualTo(first.getBody());
				assertThat(charges(other)).contains("\"charges\":0");
			}
			try (ConfigurableApplicationContext restarted = instance(redis)) {
				assertThat(order(restarted).getBody()).isEqualTo(first.getBody());
			}
		}
	}

	private static ConfigurableApplicationContext instance(RedisProcess redis) {
		SpringApplication application = new SpringApplicationBuilder(CheckoutApplication.class).profiles("redis")
			.build();
		return application.run("--server.port=0", "--resilience.redis.url=" + redis.uri());
	}

	private static ResponseEntity<String> order(ConfigurableApplicationContext instance) {
		return client(instance).post()
			.uri("/orders")
			.contentType(MediaType.APPLICATION_JSON)
			.header("Idempotency-Key", "shared")
			.body("{\"customerId\":\"alice\",\"sku\":\"book\",\"quantity\":2}")
			.retrieve()
			.toEntity(String.class);
	}

	private static @Nullable String charges(ConfigurableApplicationContext instance) {
		return client(instance).get().uri("/simulator").retrieve().body(String.class);
	}

	private static RestClient client(ConfigurableApplicationContext instance) {
		return RestClient
			.create("http://127.0.0.1:" + instance.getEnvironment().getRequiredProperty("local.server.port"));
	}

}
