package dev.resilience.spring.web;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import dev.resilience.CallRejectedException;
import dev.resilience.killswitch.Activation;
import dev.resilience.killswitch.KillSwitches;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.Idempotent;
import dev.resilience.spring.annotation.KillSwitched;
import dev.resilience.spring.annotation.RateLimited;
import dev.resilience.spring.web.TestServer.Answer;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.TimeSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What remote callers are told of rejections, whatever the web server. Each path answers
 * plainly, and below {@code /mono} by a mono.
 */
@TestInstance(Lifecycle.PER_CLASS)
abstract class RejectionAdviceContract {

	private TestServer server;

	private int keys;

	abstract WebApplicationType type();

	@BeforeAll
	void start() {
		this.server = TestServer.start(type(), Application.class, TestServer.WITHOUT_SECURITY,
				"resilience.circuit-breakers.payments.failure-threshold=1",
				"resilience.circuit-breakers.payments.open-duration=10s", "resilience.rate-limiters.orders.limit=1",
				"resilience.rate-limiters.orders.period=10s", "resilience.kill-switches.declared=mail",
				"resilience.idempotency.in-flight-wait=0s", "spring.mvc.problemdetails.enabled=true",
				"spring.webflux.problemdetails.enabled=true");
	}

	@AfterEach
	void pass() {
		this.server.bean(FakeTicker.class).advance(Duration.ofHours(1));
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "/mono" })
	void answerWhenBreakerIsOpenShouldBe503WithWholeSecondsRoundedUp(String base) {
		Answer failed = this.server.get(base + "/charge");
		assertThat(failed.status()).isEqualTo(500);
		this.server.bean(FakeTicker.class).advance(Duration.ofMillis(1));
		Answer answer = this.server.get(base + "/charge");
		requireProblem(answer, 503, "circuit-breaker", "payments", "open");
		assertThat(answer.header("Retry-After")).isEqualTo("10");
		assertThat(answer.body()).doesNotContain("4711");
		this.server.bean(FakeTicker.class).advance(Duration.ofMillis(8999));
		assertThat(this.server.get(base + "/charge").header("Retry-After")).isEqualTo("1");
		this.server.bean(FakeTicker.class).advance(Duration.ofMillis(999).plusNanos(999_999));
		assertThat(this.server.get(base + "/charge").header("Retry-After")).isEqualTo("1");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "/mono" })
	void answerWhenLimitIsExceededShouldBe429(String base) {
		assertThat(this.server.get(base + "/order?customer=alice").body()).isEqualTo("ordered");
		this.server.bean(FakeTicker.class).advance(Duration.ofMillis(500));
		Answer answer = this.server.get(base + "/order?customer=alice");
		requireProblem(answer, 429, "rate-limiter", "orders", "limit");
		assertThat(answer.header("Retry-After")).isEqualTo("10");
		assertThat(answer.body()).doesNotContain("alice");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "/mono" })
	void answerWhenKeyIsNullShouldBe400(String base) {
		Answer answer = this.server.get(base + "/order");
		requireProblem(answer, 400, "rate-limiter", "orders", "missing-key");
		assertThat(answer.header("Retry-After")).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "/mono" })
	void answerWhenSwitchIsActiveShouldBe503(String base) {
		KillSwitches switches = this.server.bean(KillSwitches.class);
		assertThat(this.server.get(base + "/mail").body()).isEqualTo("sent");
		switches.activate("mail",
				Activation.builder().reason("drill").actor("alice").expiresIn(Duration.ofMinutes(5)).build());
		requireProblem(this.server.get(base + "/mail"), 503, "kill-switch", "mail", "active");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "/mono" })
	void answerWhenKeyBelongsToAnotherRequestShouldBe422(String base) {
		String key = "key-" + this.keys++;
		assertThat(refund(base, key, "5").body()).isEqualTo("refunded");
		assertThat(refund(base, key, "5").body()).isEqualTo("refunded");
		Answer answer = refund(base, key, "7");
		requireProblem(answer, 422, "idempotency", "refund", "mismatch");
		assertThat(answer.body()).doesNotContain(key);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "/mono" })
	void answerWhenOutcomeIsUnknownShouldBe409(String base) {
		String key = "key-" + this.keys++;
		assertThat(refund(base, key, "0").status()).isEqualTo(500);
		Answer answer = refund(base, key, "0");
		requireProblem(answer, 409, "idempotency", "refund", "outcome-unknown");
		assertThat(answer.body()).doesNotContain(key).doesNotContain("4711");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "/mono" })
	void answerWhenIdempotencyKeyIsUnusableShouldBe400(String base) {
		requireProblem(this.server.get(base + "/refund?amount=5"), 400, "idempotency", "refund", "invalid-key");
		requireProblem(refund(base, "", "5"), 400, "idempotency", "refund", "invalid-key");
		requireProblem(refund(base, "   ", "5"), 400, "idempotency", "refund", "invalid-key");
		Answer tooLong = refund(base, "k".repeat(256), "5");
		requireProblem(tooLong, 400, "idempotency", "refund", "invalid-key");
		assertThat(tooLong.body()).doesNotContain("kkk");
		assertThat(refund(base, "k".repeat(10_240), "5").status()).isBetween(400, 431);
		assertThat(refund(base, "k".repeat(255), "5").status()).isEqualTo(200);
	}

	@Test
	void answerWhenApplicationHasUnorderedAdviceShouldBeHis() {
		this.server.get("/own");
		Answer answer = this.server.get("/own");
		assertThat(answer.status()).isEqualTo(418);
		assertThat(answer.body()).isEqualTo("own: open");
	}

	@Test
	void answerWhenApplicationHandlesAllExceptionsShouldBeHis() {
		this.server.get("/catch-all");
		Answer answer = this.server.get("/catch-all");
		assertThat(answer.status()).isEqualTo(502);
		assertThat(answer.body()).isEqualTo("all: CircuitOpenException");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "/mono" })
	void answerWhenApplicationWrappedTheRejectionShouldNotBeOurs(String base) {
		this.server.get("/charge");
		Answer answer = this.server.get(base + "/wrapped");
		assertThat(answer.status()).isEqualTo(500);
		assertThat(answer.body()).doesNotContain("policy");
	}

	@Test
	void answerWhenFutureWrappedTheRejectionShouldBeOurs() {
		this.server.get("/charge");
		requireProblem(this.server.get("/joined"), 503, "circuit-breaker", "payments", "open");
	}

	private Answer refund(String base, String key, String amount) {
		return this.server.send(base + "/refund?amount=" + amount,
				(request) -> request.header("Idempotency-Key", key).GET());
	}

	private static void requireProblem(Answer answer, int status, String type, String policy, String reason) {
		assertThat(answer.status()).isEqualTo(status);
		assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
		assertThat(answer.at("/status")).isEqualTo(Integer.toString(status));
		assertThat(answer.at("/policyType")).isEqualTo(type);
		assertThat(answer.at("/policy")).isEqualTo(policy);
		assertThat(answer.at("/reason")).isEqualTo(reason);
		assertThat(answer.at("/title")).isNotBlank();
		assertThat(answer.at("/detail")).contains(policy);
		assertThat(answer.at("/decisionId")).startsWith(type + ":" + policy + ":");
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		FakeTicker ticker() {
			return new FakeTicker();
		}

		@Bean
		TimeSource time(FakeTicker ticker) {
			return ticker.source();
		}

		@Bean
		Shop shop() {
			return new Shop();
		}

		@Bean
		MonoShop monoShop(Shop shop) {
			return new MonoShop();
		}

		@Bean
		Controller controller(Shop shop, MonoShop monoShop) {
			return new Controller(shop, monoShop);
		}

		@Bean
		OwnController ownController(Shop shop) {
			return new OwnController(shop);
		}

		@Bean
		CatchAllController catchAllController(Shop shop) {
			return new CatchAllController(shop);
		}

		@Bean
		CatchAllAdvice catchAllAdvice() {
			return new CatchAllAdvice();
		}

		@Bean
		OwnAdvice ownAdvice() {
			return new OwnAdvice();
		}

	}

	static class Shop {

		@CircuitProtected("payments")
		public String charge() {
			throw new IllegalStateException("the card 4711 was declined");
		}

		@RateLimited(value = "orders", key = "#p0")
		public String order(String customer) {
			return "ordered";
		}

		@KillSwitched("mail")
		public String mail() {
			return "sent";
		}

		@Idempotent(operation = "refund", key = "#p0", fingerprint = "#p1")
		public String refund(String key, String amount) {
			if (amount.equals("0")) {
				throw new AssertionError("the card 4711 broke");
			}
			return "refunded";
		}

	}

	static class MonoShop {

		@CircuitProtected("payments")
		public Mono<String> charge() {
			return Mono.error(new IllegalStateException("the card 4711 was declined"));
		}

		@RateLimited(value = "orders", key = "#p0")
		public Mono<String> order(String customer) {
			return Mono.just("ordered");
		}

		@KillSwitched("mail")
		public Mono<String> mail() {
			return Mono.just("sent");
		}

	}

	@RestController
	static class Controller {

		private final Shop shop;

		private final MonoShop monoShop;

		Controller(Shop shop, MonoShop monoShop) {
			this.shop = shop;
			this.monoShop = monoShop;
		}

		@GetMapping("/charge")
		String charge() {
			return this.shop.charge();
		}

		@GetMapping("/mono/charge")
		Mono<String> monoCharge() {
			return this.monoShop.charge();
		}

		@GetMapping("/wrapped")
		String wrapped() {
			try {
				return this.shop.charge();
			}
			catch (CallRejectedException ex) {
				throw new IllegalStateException("no money today", ex);
			}
		}

		@GetMapping("/mono/wrapped")
		Mono<String> monoWrapped() {
			return this.monoShop.charge().onErrorMap((ex) -> new IllegalStateException("no money today", ex));
		}

		@GetMapping("/joined")
		String joined() {
			return CompletableFuture.supplyAsync(this.shop::charge, Runnable::run).join();
		}

		@GetMapping("/order")
		String order(@RequestParam(required = false) String customer) {
			return this.shop.order(customer);
		}

		@GetMapping("/mono/order")
		Mono<String> monoOrder(@RequestParam(required = false) String customer) {
			return this.monoShop.order(customer);
		}

		@GetMapping("/mail")
		String mail() {
			return this.shop.mail();
		}

		@GetMapping("/mono/mail")
		Mono<String> monoMail() {
			return this.monoShop.mail();
		}

		@GetMapping("/refund")
		String refund(@RequestHeader(name = "Idempotency-Key", required = false) String key,
				@RequestParam String amount) {
			return this.shop.refund(key, amount);
		}

		@GetMapping("/mono/refund")
		Mono<String> monoRefund(@RequestHeader(name = "Idempotency-Key", required = false) String key,
				@RequestParam String amount) {
			return Mono.fromCallable(() -> this.shop.refund(key, amount));
		}

	}

	@RestController
	static class OwnController {

		private final Shop shop;

		OwnController(Shop shop) {
			this.shop = shop;
		}

		@GetMapping("/own")
		String charge() {
			return this.shop.charge();
		}

	}

	@RestController
	static class CatchAllController {

		private final Shop shop;

		CatchAllController(Shop shop) {
			this.shop = shop;
		}

		@GetMapping("/catch-all")
		String charge() {
			return this.shop.charge();
		}

	}

	@ControllerAdvice(assignableTypes = CatchAllController.class)
	static class CatchAllAdvice {

		@ExceptionHandler
		ResponseEntity<String> handle(Exception failure) {
			return ResponseEntity.status(502).body("all: " + failure.getClass().getSimpleName());
		}

	}

	@ControllerAdvice(assignableTypes = OwnController.class)
	static class OwnAdvice {

		@ExceptionHandler
		ResponseEntity<String> handle(CallRejectedException rejected) {
			return ResponseEntity.status(418).body("own: " + rejected.reason());
		}

	}

}
