package dev.resilience.spring.readme;

import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.resilience.CallContext;
import dev.resilience.PolicyRegistry;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.idempotency.IdempotencyConflictException;
import dev.resilience.idempotency.store.Fingerprint;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.RecordKey;
import dev.resilience.spring.actuate.PolicyEndpoint;
import dev.resilience.spring.readme.Shop.Refund;
import dev.resilience.spring.web.TestServer;
import dev.resilience.spring.web.TestServer.Answer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.skyscreamer.jsonassert.JSONAssert;
import org.skyscreamer.jsonassert.JSONCompareMode;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.core.annotation.AnnotationUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Every row of the README's table of endpoints is sent, in order, to its own application.
 */
class ReadmeEndpointsTests {

	private static final Pattern REQUEST = Pattern.compile("(GET|POST) (/actuator/([a-z]+)\\S*)");

	private static final Pattern ANSWER = Pattern.compile("(\\d{3})(?: (\\{.*\\}))?");

	private static final JsonMapper JSON = new JsonMapper();

	private static TestServer server;

	@BeforeAll
	static void start() {
		server = Shop.start();
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	@Test
	void requestsShouldBeAnsweredAsTableSays() throws Exception {
		Refund refund = new Refund("alice", 5);
		server.bean(Payments.class).refund("refund-1", refund);
		RecordKey scoped = new RecordKey("EU", "alice", "refund", "refund-2");
		IdempotencyStore store = server.bean(IdempotencyStore.class);
		store.complete(scoped, UUID.randomUUID(), null, "", Duration.ofHours(1));
		UUID owner = UUID.fromString("5f0e9a52-6f4b-4c3e-9d52-1c7a3f2b8e10");
		for (String key : List.of("refund-3", "refund-4")) {
			RecordKey abandoned = new RecordKey(null, null, "refund", key);
			store.claim(abandoned, owner, Fingerprint.of(refund), Duration.ofSeconds(30), Duration.ofHours(1));
			store.abandon(abandoned, owner);
		}
		assertThatExceptionOfType(IdempotencyConflictException.class)
			.isThrownBy(() -> server.bean(Payments.class).refund("refund-3", refund));
		CircuitBreaker payments = (CircuitBreaker) server.context()
			.getBean("circuitBreakers", PolicyRegistry.class)
			.get("payments");
		for (List<String> row : Readme.table("Request").rows()) {
			payments.tryAcquire(CallContext.ofKey("alice"));
			Matcher request = REQUEST.matcher(Readme.code(row.get(0)));
			Matcher expected = ANSWER.matcher(Readme.code(row.get(2)));
			assertThat(request.matches() && expected.matches()).as("%s can be sent", row).isTrue();
			Answer answer = request.group(1).equals("GET") ? server.get(request.group(2))
					: server.post(request.group(2), Readme.code(row.get(1)));
			assertThat(answer.status()).as("%s answered %s", row, answer.body())
				.isEqualTo(Integer.parseInt(expected.group(1)));
			if (expected.group(2) != null) {
				JSONAssert.assertEquals(row.toString(), expected.group(2), answer.body(), JSONCompareMode.LENIENT);
			}
		}
	}

	@Test
	void recentShouldTellWhatTheCountersDid() {
		CircuitBreaker payments = (CircuitBreaker) server.context()
			.getBean("circuitBreakers", PolicyRegistry.class)
			.get("payments");
		payments.recordSuccess();
		Awaitility.await().untilAsserted(() -> {
			JsonNode recent = server.get("/actuator/circuitbreakers/payments").json().path("recent");
			for (String span : List.of("seconds", "minutes")) {
				List<Integer> moved = new ArrayList<>();
				recent.path(span).path("succeeded").forEach((slot) -> moved.add(slot.asInt()));
				assertThat(moved).as(span).hasSize(60).anyMatch((slot) -> slot > 0);
			}
		});
	}

	@Test
	void ordersShouldAllBeInTheTable() {
		Map<String, Set<String>> existing = existingFields();
		assertThat(shown()).isEqualTo(existing.keySet());
		existing.values().removeIf(Set::isEmpty);
		assertThat(documented(false)).isEqualTo(existing);
		Map<String, Set<String>> documented = documented(true);
		documented.forEach((endpoint, actions) -> {
			String policy = server.get("/actuator/" + endpoint)
				.json()
				.properties()
				.iterator()
				.next()
				.getValue()
				.propertyNames()
				.iterator()
				.next();
			String fields = endpoint.equals("idempotency") ? ",\"key\":\"any\"" : "";
			String detail = server
				.post("/actuator/" + endpoint + "/" + policy, "{\"action\":\"unknown\""
						+ (endpoint.equals("killswitches") ? ",\"reason\":\"any\",\"actor\":\"any\"" : fields) + "}")
				.at("/detail");
			assertThat(detail).contains("must be one of " + List.copyOf(actions));
		});
	}

	/**
	 * The endpoints that the table shows both all and one policy of.
	 */
	private static Set<String> shown() {
		Set<String> all = new TreeSet<>();
		Set<String> one = new TreeSet<>();
		for (List<String> row : Readme.table("Request").rows()) {
			Matcher request = REQUEST.matcher(Readme.code(row.get(0)));
			if (request.matches() && request.group(1).equals("GET")) {
				(request.group(2).endsWith(request.group(3)) ? all : one).add(request.group(3));
			}
		}
		assertThat(one).isEqualTo(all);
		return all;
	}

	private static Map<String, Set<String>> documented(boolean actions) {
		Map<String, Set<String>> found = new TreeMap<>();
		for (List<String> row : Readme.table("Request").rows()) {
			Matcher request = REQUEST.matcher(Readme.code(row.get(0)));
			if (request.matches() && request.group(1).equals("POST") && Readme.code(row.get(2)).startsWith("200")) {
				JsonNode body = JSON.readTree(Readme.code(row.get(1)));
				found.computeIfAbsent(request.group(3), (endpoint) -> new LinkedHashSet<>())
					.addAll(actions ? Set.of(body.get("action").asString()) : body.propertyNames());
			}
		}
		return found;
	}

	private static Map<String, Set<String>> existingFields() {
		Map<String, Set<String>> fields = new TreeMap<>();
		server.context().getBeansOfType(PolicyEndpoint.class).values().forEach((endpoint) -> {
			WebEndpoint annotation = AnnotationUtils.findAnnotation(endpoint.getClass(), WebEndpoint.class);
			Set<String> names = fields.computeIfAbsent(annotation.id(), (id) -> new TreeSet<>());
			for (Method method : endpoint.getClass().getMethods()) {
				if (method.isAnnotationPresent(WriteOperation.class)) {
					Arrays.stream(method.getParameters())
						.filter((parameter) -> parameter.getType() == String.class
								&& !parameter.isAnnotationPresent(Selector.class))
						.map(Parameter::getName)
						.forEach(names::add);
				}
			}
		});
		return fields;
	}

}
