package dev.resilience.spring.web.idempotency;

import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.redis.RedisProcess;
import dev.resilience.spring.web.TestServer;
import dev.resilience.spring.web.TestServer.Answer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests with a key to two instances that share a Redis.
 */
class SharedRequestsTests {

	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	void requestShouldBeReplayedByTheOtherInstanceAndRefusedWhileTheStoreIsAway(WebApplicationType type)
			throws Exception {
		try (RedisProcess redis = new RedisProcess();
				TestServer one = server(type, redis);
				TestServer other = server(type, redis)) {
			Answer first = order(one, "key", "book");
			assertThat(first.status()).isEqualTo(201);
			assertThat(first.header("Idempotent-Replayed")).isNotEqualTo("true");
			Answer replay = order(other, "key", "book");
			assertThat(replay.status()).isEqualTo(201);
			assertThat(replay.body()).isEqualTo(first.body());
			assertThat(replay.header("Location")).isEqualTo("/orders/1");
			assertThat(replay.header("Idempotent-Replayed")).isEqualTo("true");
			assertThat(order(other, "key", "lamp").status()).isEqualTo(422);
			redis.stop();
			Answer refused = order(other, "another", "book");
			assertThat(refused.status()).isEqualTo(503);
			assertThat(refused.body()).contains("store-failed");
			assertThat(other.bean(Desk.class).orders).hasValue(0);
		}
	}

	private static TestServer server(WebApplicationType type, RedisProcess redis) {
		return TestServer.start(type, Desk.class, TestServer.WITHOUT_SECURITY,
				"resilience.idempotency.http.enabled=true", "resilience.idempotency.store=redis",
				"resilience.redis.url=" + redis.uri(), "resilience.redis.command-timeout=3s");
	}

	private static Answer order(TestServer server, String key, String body) {
		return TestServerRequests.send(server, "/orders", "Idempotency-Key", key, body);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@RestController
	static class Desk {

		final AtomicInteger orders = new AtomicInteger();

		@PostMapping("/orders")
		ResponseEntity<String> order(@RequestBody String body) {
			int number = this.orders.incrementAndGet();
			return ResponseEntity.status(HttpStatus.CREATED)
				.header("Location", "/orders/" + number)
				.body(body + " " + number);
		}

	}

}
