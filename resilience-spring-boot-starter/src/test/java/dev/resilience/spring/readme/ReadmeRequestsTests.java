package dev.resilience.spring.readme;

import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import dev.resilience.spring.readme.Readme.Table;
import dev.resilience.spring.web.TestServer;
import dev.resilience.spring.web.TestServer.Answer;
import dev.resilience.spring.web.idempotency.TestServerRequests;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the README says of requests with an idempotency key.
 */
class ReadmeRequestsTests {

	private final List<String> refusals = new ArrayList<>();

	@ParameterizedTest
	@EnumSource(mode = Mode.EXCLUDE, names = "NONE")
	void onePropertyShouldMakeRequestsTakeEffectOnce(WebApplicationType type) {
		String[] properties = Stream
			.of(Stream.of(Readme.properties(Readme.blocks("yaml").get(4))), Stream.of(TestServer.WITHOUT_SECURITY))
			.flatMap((each) -> each)
			.toArray(String[]::new);
		try (TestServer server = TestServer.start(type, Application.class, properties)) {
			assertThat(post(server, "order-1", "book").body()).isEqualTo("order 1");
			Answer replay = post(server, "\"order-1\"", "book");
			assertThat(replay.body()).isEqualTo("order 1");
			assertThat(replay.header("Idempotent-Replayed")).isEqualTo("true");
			assertThat(post(server, "order-1", "lamp").status()).isEqualTo(422);
			assertThat(post(server, "order-2", "fail").status()).isEqualTo(500);
			assertThat(post(server, "order-2", "fail").at("/reason")).isEqualTo("outcome-unknown");
			server.bean(StuckRequests.class).letRunAgain("order-2", null);
			assertThat(post(server, "order-2", "fail").status()).isEqualTo(500);
			assertThat(server.bean(Orders.class).count).hasValue(3);
		}
	}

	@ParameterizedTest
	@EnumSource(mode = Mode.EXCLUDE, names = "NONE")
	void tableOfRefusalsShouldHaveEveryRefusalAndNoOther(WebApplicationType type) {
		try (TestServer server = TestServer.start(type, Application.class, TestServer.WITHOUT_SECURITY,
				"resilience.idempotency.http.enabled=true", "resilience.idempotency.http.required=true",
				"resilience.idempotency.http.max-body-size=5B", "resilience.idempotency.http.max-response-size=1B")) {
			refused(server.send("/orders", (request) -> request.POST(BodyPublishers.noBody())));
			refused(post(server, "two words", "book"));
			refused(post(server, "order-1", "a book"));
			assertThat(post(server, "order-1", "book").status()).isEqualTo(200);
			refused(post(server, "order-1", "book"));
			refused(server.send("/orders",
					(request) -> request.header("Content-Type", "multipart/form-data; boundary=b")
						.header("Idempotency-Key", "order-2")
						.POST(BodyPublishers.ofString("--b--"))));
		}
		Table table = Readme.table("Refusal");
		assertThat(table.rows()).extracting((row) -> row.get(0) + " " + Readme.code(row.get(1)))
			.containsExactlyInAnyOrderElementsOf(this.refusals);
	}

	private void refused(Answer answer) {
		assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
		this.refusals.add(answer.status() + " " + answer.at("/reason"));
	}

	private static Answer post(TestServer server, String key, String body) {
		return TestServerRequests.send(server, "/orders", "Idempotency-Key", key, body);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ Orders.class, StuckRequests.class })
	static class Application {

	}

	@RestController
	static class Orders {

		final AtomicInteger count = new AtomicInteger();

		@PostMapping("/orders")
		ResponseEntity<String> order(@RequestBody String what) {
			int number = this.count.incrementAndGet();
			return what.equals("fail") ? ResponseEntity.status(HttpStatus.INTERNAL_SERVER_ERROR).build()
					: ResponseEntity.ok("order " + number);
		}

	}

}
