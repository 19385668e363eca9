package dev.resilience.sample;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import dev.resilience.PolicyRegistry;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitState;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.client.RestTestClient.ResponseSpec;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every way that an order can take through the sample. Open breakers stay open and leases
 * are short here, so that nothing depends on the speed of the machine.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "resilience.circuit-breakers.payments.open-duration=1h", "resilience.idempotency.lease=1s" })
class CheckoutTests {

	private static final String BOOK = "book";

	private final CheckoutClient client;

	private final CircuitBreaker breaker;

	private final String customer = UUID.randomUUID().toString();

	private final String key = UUID.randomUUID().toString();

	CheckoutTests(@Autowired PolicyRegistry<CircuitBreaker> breakers, @LocalServerPort int port) {
		this.client = new CheckoutClient(port);
		this.breaker = breakers.get("payments");
	}

	@BeforeEach
	void reset() {
		this.breaker.reset("before each test");
		this.client.simulate(0, 0);
	}

	@Test
	void placeWhenNewShouldChargeOnce() {
		long charges = this.client.charges();
		Receipt receipt = receipt(this.client.place(this.key, this.customer, BOOK, 2), false);
		assertThat(receipt.amount()).isEqualByComparingTo("25");
		assertThat(this.client.charges()).isEqualTo(charges + 1);
	}

	@Test
	void placeWhenRepeatedShouldReplay() {
		long charges = this.client.charges();
		Receipt first = receipt(this.client.place(this.key, this.customer, "lamp", 1), false);
		assertThat(receipt(this.client.place(this.key, this.customer, "lamp", 1), true)).isEqualTo(first);
		assertThat(this.client.charges()).isEqualTo(charges + 1);
	}

	@Test
	void placeWhenRepeatedAtTheSameTimeShouldChargeOnce() {
		this.client.simulate(0, 300);
		long charges = this.client.charges();
		List<CompletableFuture<@Nullable Receipt>> calls = Stream.generate(() -> CompletableFuture
			.<@Nullable Receipt>supplyAsync(() -> this.client.place(this.key, this.customer, BOOK, 1)
				.returnResult(Receipt.class)
				.getResponseBody()))
			.limit(3)
			.toList();
		Set<@Nullable Receipt> receipts = new HashSet<>(calls.stream().map(CompletableFuture::join).toList());
		assertThat(receipts).hasSize(1).doesNotContainNull();
		assertThat(this.client.charges()).isEqualTo(charges + 1);
	}

	@Test
	void placeWhenKeyIsUsedForAnotherOrderShouldRefuse() {
		receipt(this.client.place(this.key, this.customer, BOOK, 1), false);
		problem(this.client.place(this.key, this.customer, BOOK, 2), 422, "mismatch");
	}

	@Test
	void placeWhenKeyIsUnusableShouldRefuse() {
		problem(this.client.place(null, this.customer, BOOK, 1), 400, "invalid-key");
		problem(this.client.place(" ", this.customer, BOOK, 1), 400, "invalid-key");
		problem(this.client.place("k".repeat(256), this.customer, BOOK, 1), 400, "invalid-key");
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"customerId\":\"\",\"sku\":\"book\",\"quantity\":1}",
			"{\"sku\":\"book\",\"quantity\":1}", "{\"customerId\":\"eve\",\"quantity\":1}",
			"{\"customerId\":\"eve\",\"sku\":\"car\",\"quantity\":1}",
			"{\"customerId\":\"eve\",\"sku\":\"book\",\"quantity\":0}",
			"{\"customerId\":\"eve\",\"sku\":\"book\",\"quantity\":101}", "{\"customerId\":\"eve\",\"sku\":\"book\"}",
			"{\"customerId\":\"eve\",\"sku\":\"book\",\"quantity\":\"many\"}", "{\"customerId\":", "[]", "" })
	void placeWhenOrderIsWrongShouldSayWhat(String body) {
		long charges = this.client.charges();
		this.client.post("/orders", body)
			.expectStatus()
			.isBadRequest()
			.expectHeader()
			.contentType(MediaType.APPLICATION_PROBLEM_JSON)
			.expectBody()
			.jsonPath("$.detail")
			.value(String.class, (detail) -> assertThat(detail).contains("must").doesNotContain("Exception"));
		assertThat(this.client.charges()).isEqualTo(charges);
	}

	@Test
	void placeWhenSkuIsUnknownShouldListWhatThereIs() {
		this.client.place(this.key, this.customer, "car", 1)
			.expectStatus()
			.isBadRequest()
			.expectBody()
			.jsonPath("$.detail")
			.isEqualTo("'sku' must be one of [book, lamp]");
	}

	@Test
	void placeWhenCardIsDeclinedShouldNotBlameProvider() {
		long failed = outcomes("failed");
		long ignored = outcomes("ignored");
		for (int order = 0; order < 4; order++) {
			this.client.place(CheckoutClient.anyKey(), "broke", BOOK, 1).expectStatus().isEqualTo(402);
		}
		assertThat(outcomes("failed")).isEqualTo(failed);
		assertThat(outcomes("ignored")).isEqualTo(ignored + 4);
		assertThat(this.breaker.state()).isEqualTo(CircuitState.CLOSED);
	}

	@Test
	void placeWhenProviderFailsShouldLeaveKeyFree() {
		this.client.simulate(1, 0);
		this.client.place(this.key, this.customer, BOOK, 1)
			.expectStatus()
			.isEqualTo(502)
			.expectBody()
			.jsonPath("$.detail")
			.isEqualTo("The payment provider failed");
		this.client.simulate(0, 0);
		receipt(this.client.place(this.key, this.customer, BOOK, 1), false);
	}

	@Test
	void placeWhenProviderKeepsFailingShouldStopCallingIt() {
		this.client.simulate(1, 0);
		for (int order = 0; order < 3; order++) {
			this.client.place(CheckoutClient.anyKey(), this.customer, BOOK, 1).expectStatus().isEqualTo(502);
		}
		this.client.simulate(0, 0);
		long charges = this.client.charges();
		problem(this.client.place(this.key, this.customer, BOOK, 1), 503, "open").expectHeader()
			.valueMatches(HttpHeaders.RETRY_AFTER, "3[56]\\d\\d");
		assertThat(this.client.charges()).isEqualTo(charges);
		this.breaker.reset("the provider is back");
		receipt(this.client.place(this.key, this.customer, BOOK, 1), false);
	}

	@Test
	void placeWhenProviderIsBusyForAMomentShouldAskAgain() {
		long charges = this.client.charges();
		this.client.post("/simulator", Map.of("busy", 1)).expectStatus().isOk();
		receipt(this.client.place(this.key, this.customer, BOOK, 1), false);
		assertThat(this.client.charges()).isEqualTo(charges + 1);
		this.client.get("/actuator/retries/payments")
			.expectBody()
			.jsonPath("$.calls.succeededRetried")
			.value(Integer.class, (retried) -> assertThat(retried).isPositive());
	}

	@Test
	void placeWhenProviderFailsOtherwiseShouldNotAskAgain() {
		long failed = outcomes("failed");
		this.client.simulate(1, 0);
		this.client.place(this.key, this.customer, BOOK, 1).expectStatus().isEqualTo(502);
		assertThat(outcomes("failed")).isEqualTo(failed + 1);
	}

	@Test
	void placeWhenTooManyChargesRunShouldRefuse() {
		resize(1);
		this.client.simulate(0, 1500);
		try {
			CompletableFuture<Integer> first = CompletableFuture.supplyAsync(
					() -> this.client.place(this.key, this.customer, BOOK, 1).returnResult().getStatus().value());
			Awaitility.await("the first charge")
				.untilAsserted(() -> this.client.get("/actuator/bulkheads/payments")
					.expectBody()
					.jsonPath("$.state")
					.isEqualTo("FULL"));
			problem(this.client.place(CheckoutClient.anyKey(), this.customer, BOOK, 1), 503, "full");
			assertThat(first.join()).isEqualTo(201);
			assertThat(this.breaker.state()).isEqualTo(CircuitState.CLOSED);
		}
		finally {
			resize(10);
		}
	}

	private void resize(int places) {
		this.client
			.act("bulkheads/payments", Map.of("action", "resize", "maxConcurrentCalls", Integer.toString(places)))
			.expectStatus()
			.isOk();
	}

	@Test
	void placeWhenAnswerComesTooLateShouldLeaveOutcomeUnknown() {
		this.client.simulate(0, 2500);
		long charges = this.client.charges();
		problem(this.client.place(this.key, this.customer, BOOK, 1), 504, "out-of-time");
		problem(this.client.place(this.key, this.customer, BOOK, 1), 409, "outcome-unknown");
		Awaitility.await("the charge that nobody waits for").until(() -> this.client.charges() == charges + 1);
		this.client.simulate(0, 0);
		this.client.act("idempotency/place-order", Map.of("action", "forget", "key", this.key)).expectStatus().isOk();
		receipt(this.client.place(this.key, this.customer, BOOK, 1), false);
	}

	@Test
	void placeWhenCustomerOrdersTooOftenShouldSayWhenToReturn() {
		int placed = 0;
		ResponseSpec answer = this.client.place(CheckoutClient.anyKey(), this.customer, BOOK, 1);
		while (placed < 50 && answer.returnResult().getStatus().value() == 201) {
			placed++;
			answer = this.client.place(CheckoutClient.anyKey(), this.customer, BOOK, 1);
		}
		problem(answer, 429, "limit").expectHeader().valueMatches(HttpHeaders.RETRY_AFTER, "[12]");
		assertThat(placed).isGreaterThanOrEqualTo(5);
		receipt(this.client.place(CheckoutClient.anyKey(), UUID.randomUUID().toString(), BOOK, 1), false);
	}

	@Test
	void placeWhenPaymentsAreStoppedShouldSayWhyAndNotWhoStoppedThem() {
		this.client.act("killswitches/payments", Map.of("action", "activate", "reason", "drill", "actor", "alice"))
			.expectStatus()
			.isOk();
		try {
			this.client.place(this.key, this.customer, BOOK, 1)
				.expectStatus()
				.isEqualTo(503)
				.expectBody()
				.jsonPath("$.reason")
				.isEqualTo("active")
				.jsonPath("$.detail")
				.value(String.class,
						(detail) -> assertThat(detail).contains("is active").doesNotContain("drill", "alice"));
		}
		finally {
			this.client.act("killswitches/payments", Map.of("action", "release", "reason", "over", "actor", "alice"))
				.expectStatus()
				.isOk();
		}
		receipt(this.client.place(this.key, this.customer, BOOK, 1), false);
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"failureRate\":1.5}", "{\"failureRate\":-1}", "{\"failureRate\":\"NaN\"}",
			"{\"busy\":-1}", "{\"busy\":101}", "{\"latencyMs\":-1}", "{\"latencyMs\":60001}", "{\"latencyMs\":", "" })
	void simulatorWhenSettingIsWrongShouldRefuse(String body) {
		this.client.post("/simulator", body).expectStatus().isBadRequest();
		this.client.get("/simulator")
			.expectBody()
			.jsonPath("$.failureRate")
			.isEqualTo(0.0)
			.jsonPath("$.latencyMs")
			.isEqualTo(0);
	}

	@Test
	void simulatorWhenSetShouldKeepWhatIsNotNamed() {
		this.client.simulate(0.25, 1);
		this.client.post("/simulator", "{\"latencyMs\":2}")
			.expectBody()
			.jsonPath("$.failureRate")
			.isEqualTo(0.25)
			.jsonPath("$.latencyMs")
			.isEqualTo(2);
	}

	private long outcomes(String outcome) {
		return this.breaker.snapshot().calls().getOrDefault(outcome, -1L);
	}

	private static Receipt receipt(ResponseSpec answer, boolean replayed) {
		Receipt receipt = answer.expectStatus()
			.isCreated()
			.expectHeader()
			.valueEquals("Idempotent-Replayed", Boolean.toString(replayed))
			.returnResult(Receipt.class)
			.getResponseBody();
		return Objects.requireNonNull(receipt);
	}

	private static ResponseSpec problem(ResponseSpec answer, int status, String reason) {
		answer.expectStatus()
			.isEqualTo(status)
			.expectHeader()
			.contentType(MediaType.APPLICATION_PROBLEM_JSON)
			.expectBody()
			.jsonPath("$.reason")
			.isEqualTo(reason);
		return answer;
	}

}
