package dev.resilience.spring.web.idempotency;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.PolicyRegistry;
import dev.resilience.Trap;
import dev.resilience.idempotency.IdempotencyKey;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.killswitch.Activation;
import dev.resilience.killswitch.Cause;
import dev.resilience.killswitch.KillSwitches;
import dev.resilience.spring.annotation.KillSwitched;
import dev.resilience.spring.web.TestServer;
import dev.resilience.spring.web.TestServer.Answer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseCookie;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What requests with an idempotency key can rely on, whatever the web server.
 */
@TestInstance(Lifecycle.PER_CLASS)
abstract class IdempotencyKeyContract {

	private TestServer server;

	private TestServer strict;

	private TestServer crowded;

	abstract WebApplicationType type();

	/** The application, with a filter that believes the header {@code X-User}. */
	abstract Class<?> application();

	@BeforeAll
	void start() {
		this.server = TestServer.start(type(), application(), TestServer.WITHOUT_SECURITY,
				"resilience.idempotency.http.enabled=true", "resilience.idempotency.http.methods=post",
				"management.endpoints.web.exposure.include=idempotency",
				"resilience.idempotency.http.exclude-paths=/free/**", "resilience.idempotency.http.max-body-size=1KB",
				"resilience.idempotency.http.max-response-size=2KB", "resilience.idempotency.in-flight-wait=2s",
				"resilience.kill-switches.declared=mail");
		this.strict = TestServer.start(type(), application(), TestServer.WITHOUT_SECURITY,
				"resilience.idempotency.http.enabled=true", "resilience.idempotency.http.required=true",
				"resilience.idempotency.http.header=X-Request-Key", "resilience.idempotency.http.paths=/orders,/free",
				"resilience.idempotency.http.ttl=2h", "resilience.kill-switches.declared=mail",
				"resilience.idempotency.in-flight-wait=0s");
		this.crowded = TestServer.start(type(), application(), TestServer.WITHOUT_SECURITY,
				"resilience.idempotency.http.enabled=true", "resilience.idempotency.max-entries=1",
				"resilience.kill-switches.declared=mail");
	}

	@AfterAll
	void stop() {
		this.server.close();
		this.strict.close();
		this.crowded.close();
	}

	TestServer server() {
		return this.server;
	}

	@Test
	void replayShouldHaveStatusHeadersAndBytesOfTheFirst() {
		String key = key();
		Answer first = post("/orders", key, "a book");
		assertThat(first.status()).isEqualTo(201);
		assertThat(first.body()).isEqualTo("ordered a book, ü");
		assertThat(first.header("Idempotent-Replayed")).isEmpty();
		assertThat(first.header("Set-Cookie")).isEqualTo("session=4711");
		assertThat(first.header("X-Count")).isEqualTo("1");
		Answer replay = post("/orders", key, "a book");
		assertThat(replay.status()).isEqualTo(201);
		assertThat(replay.body()).isEqualTo(first.body());
		assertThat(replay.header("Idempotent-Replayed")).isEqualTo("true");
		for (String header : List.of("Content-Type", "Content-Length", "Location", "ETag", "Content-Language")) {
			assertThat(replay.response().headers().allValues(header)).as(header)
				.isNotEmpty()
				.isEqualTo(first.response().headers().allValues(header));
		}
		assertThat(replay.header("Set-Cookie")).isEmpty();
		assertThat(replay.header("X-Count")).isEmpty();
		assertThat(runs("a book")).isEqualTo(1);
	}

	@Test
	void keyShouldBeTheSameInQuotesAndBare() {
		String key = key();
		assertThat(post("/orders", "\"" + key + "\"", "quoted").status()).isEqualTo(201);
		assertThat(post("/orders", key, "quoted").header("Idempotent-Replayed")).isEqualTo("true");
		assertThat(runs("quoted")).isEqualTo(1);
	}

	@Test
	void requestsWithoutKeyShouldPassUntouched() {
		assertThat(post("/orders", null, "keyless").status()).isEqualTo(201);
		assertThat(post("/orders", null, "keyless").status()).isEqualTo(201);
		assertThat(runs("keyless")).isEqualTo(2);
	}

	@Test
	void requestsOfOtherMethodsAndPathsShouldPassUntouched() {
		String key = key();
		assertThat(post("/free/1", key, "free").status()).isEqualTo(200);
		assertThat(post("/free/1", key, "free").header("Idempotent-Replayed")).isEmpty();
		assertThat(runs("free")).isEqualTo(2);
		for (int round = 0; round < 2; round++) {
			assertThat(this.server
				.send("/put", (request) -> request.header("Idempotency-Key", key).PUT(BodyPublishers.ofString("put")))
				.status()).isEqualTo(200);
		}
		assertThat(runs("put")).isEqualTo(2);
	}

	@Test
	void keyShouldCountForItsPathAlone() {
		String key = key();
		assertThat(post("/orders", key, "here").status()).isEqualTo(201);
		assertThat(post("/status/200", key, "here").header("Idempotent-Replayed")).isEmpty();
		assertThat(runs("here")).isEqualTo(2);
	}

	@Test
	void keyShouldCountForItsUserAlone() {
		String key = key();
		assertThat(as("alice", key, "secret of alice").body()).contains("secret of alice");
		Answer other = as("bob", key, "secret of bob");
		assertThat(other.status()).isEqualTo(201);
		assertThat(other.body()).contains("secret of bob");
		assertThat(other.header("Idempotent-Replayed")).isEmpty();
		assertThat(as("alice", key, "secret of alice").header("Idempotent-Replayed")).isEqualTo("true");
	}

	@Test
	void keyOfAUserWithoutANameShouldBeNobodys() {
		String key = key();
		assertThat(as(User.NAMELESS, key, "nameless").status()).isEqualTo(201);
		assertThat(as(User.NAMELESS, key, "nameless").header("Idempotent-Replayed")).isEqualTo("true");
		assertThat(post("/orders", key, "nameless").header("Idempotent-Replayed")).isEqualTo("true");
		assertThat(runs("nameless")).isEqualTo(1);
	}

	@Test
	void answerWhenRequestDiffersShouldBe422AndDiscloseNothing() {
		String key = key();
		assertThat(post("/orders", key, "first").status()).isEqualTo(201);
		Answer other = post("/orders", key, "second");
		requireProblem(other, 422, "mismatch");
		assertThat(other.body()).doesNotContain("first").doesNotContain(key);
		assertThat(other.header("Location")).isEmpty();
		requireProblem(post("/orders?gift=true", key, "first"), 422, "mismatch");
		requireProblem(this.server.send("/orders",
				(request) -> request.header("Content-Type", "text/html")
					.header("Idempotency-Key", key)
					.POST(BodyPublishers.ofString("first"))),
				422, "mismatch");
		assertThat(runs("first")).isEqualTo(1);
		assertThat(runs("second")).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "two words", "\"open", "\"wrong \\escape\"", "\"inner\"quote\"", "a,b", "\"\"", "\"  \"",
			"\"key\";p=1", "\"", "in\"ner" })
	void answerWhenKeyIsMalformedShouldBe400(String key) {
		Answer answer = post("/orders", key, "malformed");
		requireProblem(answer, 400, "invalid-key");
		assertThat(runs("malformed")).isZero();
	}

	@Test
	void answerWhenKeyIsEmptyLongOrRepeatedShouldBe400() {
		requireProblem(post("/orders", "", "odd"), 400, "invalid-key");
		requireProblem(post("/orders", "k".repeat(256), "odd"), 400, "invalid-key");
		requireProblem(this.server.send("/orders",
				(request) -> request.header("Idempotency-Key", "one")
					.header("Idempotency-Key", "two")
					.POST(BodyPublishers.ofString("odd"))),
				400, "invalid-key");
		assertThat(runs("odd")).isZero();
		String longest = UUID.randomUUID() + "k".repeat(255 - 36);
		assertThat(post("/orders", longest, "longest").status()).isEqualTo(201);
		assertThat(post("/orders", longest, "longest").header("Idempotent-Replayed")).isEqualTo("true");
	}

	@Test
	void answerWhenRequiredKeyIsMissingShouldBe400() {
		requireProblem(this.strict.post("/orders", "{}"), 400, "missing-key");
		assertThat(this.strict.post("/status/200", "{}").status()).isEqualTo(200);
		String key = key();
		for (String replayed : List.of("", "true")) {
			Answer answer = this.strict.send("/orders",
					(request) -> request.header("X-Request-Key", key).POST(BodyPublishers.ofString("strict")));
			assertThat(answer.status()).isEqualTo(201);
			assertThat(answer.header("Idempotent-Replayed")).isEqualTo(replayed);
		}
	}

	@Test
	void ttlShouldBeThatOfRequests() {
		assertThat(config(this.strict, "ttl")).isEqualTo(Duration.ofHours(2));
		assertThat(config(this.strict, "in-flight-wait")).isEqualTo(Duration.ZERO);
		assertThat(config(this.server, "ttl")).isEqualTo(Duration.ofHours(1));
	}

	@Test
	void duplicatesShouldWaitForTheFirstAndGetItsResponse() {
		String key = key();
		CompletableFuture<String> held = this.server.bean(Shop.class).hold("held");
		List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
		for (int count = 0; count < 5; count++) {
			all.add(later("/held/held", key));
		}
		await().until(() -> runs("held") == 1 && inFlight() == 1);
		held.complete("done");
		all.forEach((each) -> assertThat(each.join().body()).isEqualTo("done"));
		assertThat(all.stream()
			.filter((each) -> each.join().headers().firstValue("Idempotent-Replayed").isEmpty())
			.count()).isEqualTo(1);
		assertThat(runs("held")).isEqualTo(1);
	}

	@Test
	void answerWhenFirstIsStillRunningShouldBe409WithRetryAfter() {
		String key = key();
		CompletableFuture<String> held = this.strict.bean(Shop.class).hold("busy");
		CompletableFuture<HttpResponse<String>> first = this.strict.client()
			.sendAsync(TestServerRequests.post(this.strict, "/orders", "X-Request-Key", key, "busy"),
					HttpResponse.BodyHandlers.ofString());
		await().until(() -> runs(this.strict, "busy") == 1);
		Answer second = this.strict.send("/orders",
				(request) -> request.header("Content-Type", "text/plain")
					.header("X-Request-Key", key)
					.POST(BodyPublishers.ofString("busy")));
		requireProblem(second, 409, "in-flight");
		assertThat(Integer.parseInt(second.header("Retry-After"))).isPositive();
		held.complete("ordered");
		assertThat(first.join().statusCode()).isEqualTo(201);
		assertThat(runs(this.strict, "busy")).isEqualTo(1);
	}

	@Test
	void formsShouldBeReadAndCompared() {
		String key = key();
		assertThat(form(key, "amount=5&currency=EUR").body()).isEqualTo("5 EUR");
		Answer replay = form(key, "amount=5&currency=EUR");
		assertThat(replay.body()).isEqualTo("5 EUR");
		assertThat(replay.header("Idempotent-Replayed")).isEqualTo("true");
		requireProblem(form(key, "amount=50&currency=EUR"), 422, "mismatch");
		requireProblem(form(key(), "amount=" + "5".repeat(2000)), 413, "body-too-large");
	}

	@Test
	void answerWhenRequestIsMultipartShouldBe415() {
		Answer answer = this.server.send("/orders",
				(request) -> request.header("Content-Type", "multipart/form-data; boundary=b")
					.header("Idempotency-Key", key())
					.POST(BodyPublishers
						.ofString("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nparts\r\n--b--\r\n")));
		requireProblem(answer, 415, "multipart");
	}

	@Test
	void answerWhenBodyIsTooLargeShouldBe413() {
		String large = "l".repeat(1025);
		requireProblem(post("/orders", key(), large), 413, "body-too-large");
		Answer chunked = this.server.send("/orders", (request) -> request.header("Idempotency-Key", key())
			.POST(BodyPublishers.fromPublisher(BodyPublishers.ofString(large))));
		requireProblem(chunked, 413, "body-too-large");
		assertThat(runs(large)).isZero();
		String largest = "l".repeat(1024);
		Answer fits = this.server.send("/orders", (request) -> request.header("Idempotency-Key", key())
			.POST(BodyPublishers.fromPublisher(BodyPublishers.ofString(largest))));
		assertThat(fits.status()).isEqualTo(201);
		assertThat(runs(largest)).isEqualTo(1);
	}

	@Test
	void responseWhenTooLargeShouldBeDeliveredOnceAndNeverMadeAgain() {
		String key = key();
		Answer first = post("/large/2049", key, "large");
		assertThat(first.status()).isEqualTo(200);
		assertThat(first.body()).hasSize(2049);
		requireProblem(post("/large/2049", key, "large"), 409, "result-not-kept");
		assertThat(runs("large")).isEqualTo(1);
		String fitting = key();
		assertThat(post("/large/2048", fitting, "fits").body()).hasSize(2048);
		Answer replay = post("/large/2048", fitting, "fits");
		assertThat(replay.body()).hasSize(2048);
		assertThat(replay.header("Idempotent-Replayed")).isEqualTo("true");
	}

	@Test
	void streamShouldBeDeliveredOnceAndNeverMadeAgain() {
		String key = key();
		assertThat(post("/stream", key, "stream").body()).isEqualTo("data:one\n\ndata:two\n\n");
		requireProblem(post("/stream", key, "stream"), 409, "result-not-kept");
		assertThat(runs("stream")).isEqualTo(1);
	}

	@Test
	void responseWithoutBodyShouldBeReplayed() {
		String key = key();
		assertThat(post("/status/204", key, "none").status()).isEqualTo(204);
		Answer replay = post("/status/204", key, "none");
		assertThat(replay.status()).isEqualTo(204);
		assertThat(replay.body()).isEmpty();
		assertThat(replay.header("Idempotent-Replayed")).isEqualTo("true");
	}

	@ParameterizedTest
	@ValueSource(ints = { 200, 303, 400, 404, 409, 422 })
	void outcomeThatIsDecidedShouldBeReplayed(int status) {
		String key = key();
		String body = "decided" + status;
		assertThat(post("/status/" + status, key, body).status()).isEqualTo(status);
		Answer replay = post("/status/" + status, key, body);
		assertThat(replay.status()).isEqualTo(status);
		assertThat(replay.header("Idempotent-Replayed")).isEqualTo("true");
		assertThat(runs(body)).isEqualTo(1);
	}

	@ParameterizedTest
	@ValueSource(ints = { 401, 403, 408, 425, 429 })
	void outcomeThatSaysComeAgainShouldFreeTheKey(int status) {
		String key = key();
		String body = "again" + status;
		assertThat(post("/status/" + status, key, body).status()).isEqualTo(status);
		assertThat(post("/status/" + status, key, body).header("Idempotent-Replayed")).isEmpty();
		assertThat(runs(body)).isEqualTo(2);
	}

	@ParameterizedTest
	@ValueSource(ints = { 500, 502, 503, 504 })
	@Trap(28)
	void outcomeThatNobodyKnowsShouldBe409FromThenOn(int status) {
		String key = key();
		String body = "unknown" + status;
		Answer first = post("/status/" + status, key, body);
		assertThat(first.status()).isEqualTo(status);
		assertThat(first.body()).isEqualTo("status " + status);
		requireProblem(post("/status/" + status, key, body), 409, "outcome-unknown");
		assertThat(runs(body)).isEqualTo(1);
	}

	@Test
	@Trap(28)
	void exceptionShouldComeToTheErrorPageAndLeaveTheOutcomeUnknown() {
		String key = key();
		Answer first = post("/fail", key, "fail");
		assertThat(first.status()).isEqualTo(500);
		assertThat(first.at("/path")).isEqualTo("/fail");
		requireProblem(post("/fail", key, "fail"), 409, "outcome-unknown");
		assertThat(runs("fail")).isEqualTo(1);
	}

	@Test
	void errorPageOfDecidedOutcomeShouldBeMadeAnew() {
		String key = key();
		Answer first = post("/gone", key, "gone");
		assertThat(first.status()).isEqualTo(410);
		assertThat(first.at("/path")).isEqualTo("/gone");
		Answer replay = post("/gone", key, "gone");
		assertThat(replay.status()).isEqualTo(410);
		assertThat(replay.at("/path")).isEqualTo("/gone");
		assertThat(replay.header("Idempotent-Replayed")).isEqualTo("true");
		assertThat(runs("gone")).isEqualTo(1);
	}

	@Test
	void ownRejectionShouldFreeTheKey() {
		String key = key();
		KillSwitches switches = this.server.bean(KillSwitches.class);
		switches.activate("mail", Activation.builder().reason("drill").actor("alice").build());
		Answer rejected = post("/mail", key, "mail");
		assertThat(rejected.status()).isEqualTo(503);
		assertThat(rejected.at("/policyType")).isEqualTo("kill-switch");
		switches.release("mail", Cause.PERSON, "alice", "over");
		assertThat(post("/mail", key, "mail").body()).isEqualTo("sent");
		assertThat(post("/mail", key, "mail").header("Idempotent-Replayed")).isEqualTo("true");
	}

	@Test
	void forgottenRequestShouldRunAgain() {
		String key = key();
		assertThat(as("carol", key, "forgotten").status()).isEqualTo(201);
		assertThat(operation(this.server).forget(new IdempotencyKey(key, null, "carol", "POST /orders"))).isTrue();
		assertThat(as("carol", key, "forgotten").header("Idempotent-Replayed")).isEmpty();
		assertThat(runs("forgotten")).isEqualTo(2);
	}

	@Test
	void requestThatIsForgottenAtTheEndpointShouldRunAgain() {
		String key = key();
		assertThat(as("dave", key, "settled").status()).isEqualTo(201);
		String order = """
				{"action":"forget","key":"%s","principal":"dave","scope":"%s"}""";
		assertThat(this.server.post("/actuator/idempotency/http", order.formatted(key, "POST /free")).status())
			.isEqualTo(404);
		assertThat(this.server.post("/actuator/idempotency/http", order.formatted(key, "POST /orders")).status())
			.isEqualTo(200);
		assertThat(as("dave", key, "settled").header("Idempotent-Replayed")).isEmpty();
		assertThat(runs("settled")).isEqualTo(2);
	}

	@Test
	@Trap(37)
	void clientThatLeavesShouldNotFreeTheKey() {
		String key = key();
		CompletableFuture<String> held = this.server.bean(Shop.class).hold("left");
		CompletableFuture<HttpResponse<String>> first = TestServerRequests.lonely()
			.sendAsync(TestServerRequests.post(this.server, "/held/left", "Idempotency-Key", key, ""),
					HttpResponse.BodyHandlers.ofString());
		await().until(() -> runs("left") == 1);
		first.cancel(true);
		CompletableFuture<HttpResponse<String>> second = later("/held/left", key);
		await().until(() -> inFlight() == 1);
		held.complete("late");
		assertThat(second.join().body()).isEqualTo("late");
		assertThat(second.join().headers().firstValue("Idempotent-Replayed")).contains("true");
		assertThat(post("/held/left", key, "").body()).isEqualTo("late");
		assertThat(runs("left")).isEqualTo(1);
	}

	@Test
	void answerWhenStoreIsFullShouldBe503() {
		TestServerRequests.send(this.crowded, "/orders", "Idempotency-Key", key(), "full");
		Answer answer = TestServerRequests.send(this.crowded, "/orders", "Idempotency-Key", key(), "full");
		requireProblem(answer, 503, "store-full");
		assertThat(runs(this.crowded, "full")).isEqualTo(1);
	}

	static void requireProblem(Answer answer, int status, String reason) {
		assertThat(answer.status()).as(answer.body()).isEqualTo(status);
		assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
		assertThat(answer.at("/status")).isEqualTo(Integer.toString(status));
		assertThat(answer.at("/policyType")).isEqualTo("idempotency");
		assertThat(answer.at("/policy")).isEqualTo("http");
		assertThat(answer.at("/reason")).isEqualTo(reason);
		assertThat(answer.at("/title")).isNotEmpty();
		assertThat(answer.at("/detail")).startsWith("idempotent operation 'http' ");
	}

	static String key() {
		return UUID.randomUUID().toString();
	}

	Answer post(String path, @Nullable String key, String body) {
		return TestServerRequests.send(this.server, path, "Idempotency-Key", key, body);
	}

	private Answer as(String user, String key, String body) {
		return this.server.send("/orders",
				(request) -> request.header("Content-Type", "text/plain")
					.header("X-User", user)
					.header("Idempotency-Key", key)
					.POST(BodyPublishers.ofString(body)));
	}

	private Answer form(String key, String body) {
		return this.server.send("/form",
				(request) -> request.header("Content-Type", "application/x-www-form-urlencoded")
					.header("Idempotency-Key", key)
					.POST(BodyPublishers.ofString(body)));
	}

	CompletableFuture<HttpResponse<String>> later(String path, String key) {
		return this.server.client()
			.sendAsync(TestServerRequests.post(this.server, path, "Idempotency-Key", key, ""),
					HttpResponse.BodyHandlers.ofString());
	}

	int runs(String what) {
		return runs(this.server, what);
	}

	static int runs(TestServer server, String what) {
		return server.bean(Shop.class).runs(what).get();
	}

	private double inFlight() {
		return operation(this.server).snapshot().gauges().getOrDefault("in-flight", -1.0);
	}

	private static @Nullable Object config(TestServer server, String setting) {
		return operation(server).snapshot().config().get(setting);
	}

	@SuppressWarnings("unchecked")
	static IdempotentOperation operation(TestServer server) {
		return ((PolicyRegistry<IdempotentOperation>) server.context().getBean("idempotentOperations")).get("http");
	}

	/**
	 * An application for both kinds of servers.
	 */
	@EnableAutoConfiguration
	static class Application {

		@Bean
		Shop shop(Mail mail) {
			return new Shop(mail);
		}

		@Bean
		Mail mail() {
			return new Mail();
		}

	}

	static class Mail {

		@KillSwitched("mail")
		public String send() {
			return "sent";
		}

	}

	record Payment(String amount, String currency) {
	}

	@RestController
	static class Shop {

		final Map<String, CompletableFuture<String>> orders = new ConcurrentHashMap<>();

		private final Map<String, AtomicInteger> runs = new ConcurrentHashMap<>();

		private final Mail mail;

		Shop(Mail mail) {
			this.mail = mail;
		}

		AtomicInteger runs(String what) {
			return this.runs.computeIfAbsent(what, (absent) -> new AtomicInteger());
		}

		CompletableFuture<String> hold(String name) {
			return this.orders.computeIfAbsent(name, (absent) -> new CompletableFuture<>());
		}

		@PostMapping("/orders")
		CompletableFuture<ResponseEntity<byte[]>> order(@RequestBody(required = false) String body) {
			int count = runs(body).incrementAndGet();
			byte[] bytes = ("ordered " + body + ", \u00fc").getBytes(StandardCharsets.UTF_8);
			ResponseEntity<byte[]> response = ResponseEntity.status(201)
				.contentType(MediaType.parseMediaType("text/plain;charset=UTF-8"))
				.header("Location", "/orders/1")
				.header("ETag", "\"1\"")
				.header("Content-Language", "en")
				.header("X-Count", Integer.toString(count))
				.header("Set-Cookie", ResponseCookie.from("session", "4711").build().toString())
				.body(bytes);
			CompletableFuture<String> held = this.orders.get(body);
			return (held != null) ? held.thenApply((text) -> response) : CompletableFuture.completedFuture(response);
		}

		@PostMapping("/free/1")
		String free(@RequestBody String body) {
			runs(body).incrementAndGet();
			return "free";
		}

		@PutMapping("/put")
		String put(@RequestBody String body) {
			runs(body).incrementAndGet();
			return "put";
		}

		@PostMapping("/held/{name}")
		CompletableFuture<String> held(@PathVariable("name") String name) {
			runs(name).incrementAndGet();
			return hold(name);
		}

		@PostMapping("/status/{code}")
		ResponseEntity<String> status(@PathVariable("code") int code, @RequestBody String body) {
			runs(body).incrementAndGet();
			return (code == 204) ? ResponseEntity.noContent().build()
					: ResponseEntity.status(code).body("status " + code);
		}

		@PostMapping("/fail")
		String fail(@RequestBody String body) {
			runs(body).incrementAndGet();
			throw new IllegalStateException("4711");
		}

		@PostMapping("/gone")
		String gone(@RequestBody String body) {
			runs(body).incrementAndGet();
			throw new ResponseStatusException(HttpStatus.GONE);
		}

		@PostMapping("/mail")
		String mail() {
			return this.mail.send();
		}

		@PostMapping("/form")
		String form(@ModelAttribute Payment payment) {
			return payment.amount() + " " + payment.currency();
		}

		@PostMapping("/large/{size}")
		byte[] large(@PathVariable("size") int size, @RequestBody String body) {
			runs(body).incrementAndGet();
			byte[] bytes = new byte[size];
			Arrays.fill(bytes, (byte) 'x');
			return bytes;
		}

		@PostMapping(path = "/stream", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
		Flux<String> stream(@RequestBody String body) {
			runs(body).incrementAndGet();
			return Flux.just("one", "two");
		}

	}

	/**
	 * A user.
	 */
	record User(String name) implements Principal {

		/** Has none, as a token may have no subject. */
		static final String NAMELESS = "nameless";

		@Override
		public @Nullable String getName() {
			return this.name.equals(NAMELESS) ? null : this.name;
		}

	}

}
