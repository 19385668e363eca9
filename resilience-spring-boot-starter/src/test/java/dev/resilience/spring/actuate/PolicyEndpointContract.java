package dev.resilience.spring.actuate;

import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

import dev.resilience.PolicyRegistry;
import dev.resilience.Trap;
import dev.resilience.killswitch.Activation;
import dev.resilience.killswitch.Cause;
import dev.resilience.killswitch.KillSwitch;
import dev.resilience.killswitch.KillSwitchActiveException;
import dev.resilience.killswitch.KillSwitches;
import dev.resilience.ratelimiter.RateLimitExceededException;
import dev.resilience.spring.web.TestServer;
import dev.resilience.spring.web.TestServer.Answer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * What the endpoints answer over HTTP, whatever the web server.
 */
@TestInstance(Lifecycle.PER_CLASS)
abstract class PolicyEndpointContract {

	private static final String RELEASE = "{\"action\":\"release\",\"reason\":\"mended\",\"actor\":\"alice\"}";

	private static final String ACTIVATE = "{\"action\":\"activate\",\"reason\":\"drill\",\"actor\":\"alice\"}";

	private TestServer server;

	private Shop shop;

	abstract WebApplicationType type();

	abstract String[] properties();

	@BeforeAll
	void start() {
		String[] properties = new String[Shop.PROPERTIES.length + properties().length + 1];
		System.arraycopy(Shop.PROPERTIES, 0, properties, 0, Shop.PROPERTIES.length);
		System.arraycopy(properties(), 0, properties, Shop.PROPERTIES.length, properties().length);
		properties[properties.length - 1] = TestServer.WITHOUT_SECURITY;
		this.server = TestServer.start(type(), Application.class, properties);
		this.shop = this.server.bean(Shop.class);
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	@AfterEach
	void release() {
		KillSwitches switches = this.server.bean(KillSwitches.class);
		switches.registry().all().forEach((policy) -> switches.release(policy.name(), Cause.PERSON, "test", "end"));
		post("/actuator/circuitbreakers/payments", "{\"action\":\"reset\",\"reason\":\"end of test\"}");
		post("/actuator/ratelimiters/orders", "{\"action\":\"reset\"}");
	}

	@ParameterizedTest
	@CsvSource({ "circuitbreakers, circuitBreakers, payments, CLOSED", "ratelimiters, rateLimiters, orders, AVAILABLE",
			"idempotency, idempotency, refund, ACTIVE", "killswitches, killSwitches, payments.refunds, INACTIVE",
			"retries, retries, catalog, ENABLED", "bulkheads, bulkheads, catalog, AVAILABLE",
			"timeouts, timeouts, catalog, ENABLED" })
	void getAllShouldShowEachInShort(String id, String key, String name, String state) {
		Answer answer = this.server.get("/actuator/" + id);
		assertThat(answer.status()).isEqualTo(200);
		JsonNode policy = answer.json().get(key).get(name);
		assertThat(policy.get("state").asString()).isEqualTo(state);
		assertThat(policy.get("health").asString()).isEqualTo("UP");
		assertThat(policy.get("calls").isObject()).isTrue();
		assertThat(policy.has("config")).isFalse();
	}

	@ParameterizedTest
	@CsvSource({ "circuitbreakers/payments", "circuitbreakers/mail", "ratelimiters/orders", "idempotency/refund",
			"killswitches/payments.refunds", "killswitches/global", "retries/catalog", "bulkheads/catalog",
			"timeouts/catalog" })
	void getOneShouldSpeakOneLanguage(String path) {
		Answer answer = this.server.get("/actuator/" + path);
		assertThat(answer.status()).isEqualTo(200);
		assertThat(answer.at("/name")).isEqualTo(path.substring(path.indexOf('/') + 1));
		requireCamelCase(answer.json());
	}

	@Test
	void getOneShouldTellEffectiveConfigurationAndOrigins() {
		Answer answer = this.server.get("/actuator/circuitbreakers/payments");
		assertThat(answer.at("/config/openDuration/value")).isEqualTo("PT1H");
		assertThat(answer.at("/config/openDuration/origin"))
			.contains("resilience.circuit-breakers.payments.open-duration");
		assertThat(answer.json().at("/config/failureThreshold/value").isInt()).isTrue();
		assertThat(answer.at("/config/trialTimeout/origin")).isEqualTo("default");
		assertThat(this.server.get("/actuator/circuitbreakers/mail").at("/config/openDuration/origin"))
			.isEqualTo("preset database");
		assertThat(this.server.get("/actuator/ratelimiters/orders").json().at("/gauges/currentRate").isNumber())
			.isTrue();
	}

	@Test
	void getOneShouldShowSettingsOfGroupsInTheirGroup() {
		Answer answer = this.server.get("/actuator/retries/catalog");
		assertThat(answer.json().at("/config/budget/ratio/value").asDouble()).isEqualTo(0.5);
		assertThat(answer.at("/config/budget/ratio/origin")).contains("resilience.retries.catalog.budget.ratio");
		assertThat(answer.json().at("/config/budget/minPerSecond/value").asInt()).isEqualTo(10);
		assertThat(answer.at("/config/budget/minPerSecond/origin")).isEqualTo("default");
	}

	@Test
	void getOneShouldTellWhereSizeAndTypeOfWindowComeFrom() {
		Answer windowed = this.server.get("/actuator/circuitbreakers/mail");
		assertThat(windowed.at("/config/window/type/value")).isEqualTo("time");
		assertThat(windowed.at("/config/window/type/origin")).contains("resilience.circuit-breakers.mail.window.type");
		assertThat(windowed.at("/config/window/size/value")).isEqualTo("PT30S");
		assertThat(windowed.at("/config/window/size/origin")).contains("resilience.circuit-breakers.mail.window.size");
		Answer windowless = this.server.get("/actuator/circuitbreakers/payments");
		assertThat(windowless.at("/config/window/type/value")).isEqualTo("none");
		assertThat(windowless.at("/config/window/type/origin")).isEqualTo("default");
	}

	@Test
	void postToBulkheadShouldResize() {
		String path = "/actuator/bulkheads/catalog";
		Answer resized = post(path, "{\"action\":\"resize\",\"maxConcurrentCalls\":\"7\"}");
		assertThat(resized.status()).isEqualTo(200);
		assertThat(resized.json().at("/gauges/available").asInt()).isEqualTo(7);
		assertThat(resized.json().at("/config/maxConcurrentCalls/value").asInt()).isEqualTo(7);
		assertThat(resized.at("/config/maxConcurrentCalls/origin")).isEqualTo("order at the endpoint");
		assertThat(resized.at("/config/maxWait/origin")).isEqualTo("default");
		assertThat(post(path, "{\"action\":\"resize\",\"maxConcurrentCalls\":2}").status()).isEqualTo(200);
	}

	@Test
	void getOneOfIdempotencyShouldTellWhereEachValueComesFrom() {
		Answer named = this.server.get("/actuator/idempotency/credit");
		assertThat(named.at("/config/ttl/value")).isEqualTo("PT2H");
		assertThat(named.at("/config/ttl/origin")).isEqualTo("annotation");
		assertThat(named.at("/config/lease/value")).isEqualTo("PT20S");
		assertThat(named.at("/config/lease/origin")).contains("resilience.idempotency.lease");
		assertThat(named.at("/config/inFlightWait/origin")).isEqualTo("default");
		assertThat(this.server.get("/actuator/idempotency/refund").at("/config/ttl/origin")).isEqualTo("default");
	}

	@Test
	void postToBreakerShouldActAndAnswerNewState() {
		String path = "/actuator/circuitbreakers/mail";
		assertThat(post(path, "{\"action\":\"force-open\",\"reason\":\"maintenance\"}").at("/state"))
			.isEqualTo("FORCED_OPEN");
		assertThat(this.server.get(path).body()).contains("maintenance");
		assertThat(post(path, "{\"action\":\"disable\",\"reason\":\"false alarms\"}").at("/state"))
			.isEqualTo("DISABLED");
		Answer reset = post(path, "{\"action\":\"reset\",\"reason\":\"all is well\"}");
		assertThat(reset.at("/state")).isEqualTo("CLOSED");
		assertThat(reset.json().at("/transitions/DISABLED->CLOSED").isInt()).isTrue();
	}

	@Test
	void postToLimiterShouldRefill() {
		this.shop.order("alice");
		this.shop.order("bob");
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> this.shop.order("alice"));
		assertThat(post("/actuator/ratelimiters/orders", "{\"action\":\"reset\",\"key\":\"alice\"}").status())
			.isEqualTo(200);
		assertThat(this.shop.order("alice")).isEqualTo("ordered");
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> this.shop.order("bob"));
		assertThat(post("/actuator/ratelimiters/orders", "{\"action\":\"reset\"}").status()).isEqualTo(200);
		assertThat(this.shop.order("bob")).isEqualTo("ordered");
	}

	@Test
	void resetWhenKeyIsNullShouldRefillNobody() {
		this.shop.order("alice");
		Answer answer = post("/actuator/ratelimiters/orders", "{\"action\":\"reset\",\"key\":null}");
		assertThat(answer.status()).isEqualTo(400);
		assertThat(answer.at("/detail")).contains("'key' is null");
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> this.shop.order("alice"));
	}

	@Test
	void postToIdempotencyShouldForget() {
		this.shop.refund("key-1");
		assertThat(post("/actuator/idempotency/refund", "{\"action\":\"forget\",\"key\":\"key-1\"}").status())
			.isEqualTo(200);
		Answer again = post("/actuator/idempotency/refund", "{\"action\":\"forget\",\"key\":\"key-1\"}");
		assertThat(again.status()).isEqualTo(404);
		assertThat(again.at("/detail")).contains("no record").doesNotContain("key-1");
	}

	@Test
	void postToSwitchShouldActivateAndRelease() {
		Answer active = post("/actuator/killswitches/payments",
				"{\"action\":\"activate\",\"reason\":\"charges twice\",\"actor\":\"alice\",\"ticket\":\"INC-1\",\"expiresIn\":\"8h\"}");
		assertThat(active.at("/state")).isEqualTo("ACTIVE");
		JsonNode activation = active.json().at("/details/activations/0");
		assertThat(activation.get("reason").asString()).isEqualTo("charges twice");
		assertThat(activation.get("actor").asString()).isEqualTo("alice");
		assertThat(activation.get("ticket").asString()).isEqualTo("INC-1");
		Instant begin = Instant.parse(activation.get("activatedAt").asString());
		assertThat(Instant.parse(activation.get("expiresAt").asString())).isEqualTo(begin.plus(Duration.ofHours(8)));
		assertThatExceptionOfType(KillSwitchActiveException.class).isThrownBy(this.shop::look);
		assertThat(post("/actuator/killswitches/payments", RELEASE).at("/state")).isEqualTo("INACTIVE");
		assertThat(this.shop.look()).isEqualTo("seen");
	}

	@Test
	void orderThatChangesNothingShouldSaySo() {
		Answer idle = post("/actuator/killswitches/payments", RELEASE);
		assertThat(idle.status()).isEqualTo(200);
		assertThat(idle.at("/changed")).isEqualTo("false");
		assertThat(idle.at("/note")).contains("'payments' itself is not active");
		Answer first = post("/actuator/killswitches/payments", ACTIVATE);
		assertThat(first.at("/changed")).isEqualTo("true");
		assertThat(first.json().has("note")).isFalse();
		assertThat(post("/actuator/killswitches/payments", RELEASE).at("/changed")).isEqualTo("true");
	}

	@Test
	void postWhenSomethingOfOursBreaksShouldBe500() {
		Answer answer = post("/actuator/broken/any", "{\"action\":\"break\"}");
		assertThat(answer.status()).isEqualTo(500);
		assertThat(answer.body()).doesNotContain("4711");
		assertThat(post("/actuator/broken/any", "{\"action\":\"other\"}").status()).isEqualTo(400);
	}

	@Test
	void releaseWhenCauseIsAutomaticShouldLeavePersonsStop() {
		KillSwitches switches = this.server.bean(KillSwitches.class);
		switches.activate("payments",
				Activation.builder()
					.cause(Cause.automatic("error-budget"))
					.reason("budget spent")
					.actor("monitor")
					.build());
		post("/actuator/killswitches/payments", ACTIVATE);
		Answer still = post("/actuator/killswitches/payments",
				"{\"action\":\"release\",\"reason\":\"budget is back\",\"actor\":\"alice\",\"cause\":\"automatic:error-budget\"}");
		assertThat(still.at("/state")).isEqualTo("ACTIVE");
		assertThat(still.json().at("/details/activations").size()).isOne();
		assertThat(post("/actuator/killswitches/payments", RELEASE).at("/state")).isEqualTo("INACTIVE");
	}

	@ParameterizedTest
	@CsvSource({ "circuitbreakers, paymets, payments", "ratelimiters, order, orders", "idempotency, refunds, refund",
			"killswitches, payment, payments", "killswitches, payments/refunds, payments.refunds",
			"circuitbreakers, default, mail", "bulkheads, catalogue, catalog", "retries, cat, catalog",
			"timeouts, cat, catalog" })
	@Trap(9)
	void requestWhenNameIsUnknownShouldNameNearestAndCreateNothing(String id, String name, String nearest) {
		int before = policies();
		String order = switch (id) {
			case "circuitbreakers" -> "{\"action\":\"reset\",\"reason\":\"typo\"}";
			case "ratelimiters" -> "{\"action\":\"reset\"}";
			case "idempotency" -> "{\"action\":\"forget\",\"key\":\"k\"}";
			case "bulkheads" -> "{\"action\":\"resize\",\"maxConcurrentCalls\":\"1\"}";
			default -> ACTIVATE;
		};
		String path = "/actuator/" + id + "/" + name;
		boolean readOnly = id.equals("retries") || id.equals("timeouts");
		for (Answer answer : List.of(this.server.get(path), readOnly ? this.server.get(path) : post(path, order))) {
			assertThat(answer.status()).isEqualTo(404);
			assertThat(answer.json().get("nearest").get(0).asString()).isEqualTo(nearest);
			assertThat(answer.at("/detail")).contains("'" + name + "'").contains(nearest);
		}
		assertThat(policies()).isEqualTo(before);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			textBlock = """
					circuitbreakers/payments | {"action":"reset","reason":"x","bogus":1} | no field 'bogus'
					circuitbreakers/payments | {"action":"reset","reason":"x","bogus":null} | no field 'bogus'
					circuitbreakers/payments | {"reason":"x"} | action
					circuitbreakers/payments | {"action":null,"reason":"x"} | action
					circuitbreakers/payments | {"action":"explode","reason":"x"} | must be one of [force-open, disable, reset]
					circuitbreakers/payments | {"action":"reset"} | 'reason' is missing
					circuitbreakers/payments | {"action":"reset","reason":"  "} | 'reason' is '  ' but must not be blank
					circuitbreakers/payments | {"action":"reset","reason":null} | 'reason' is null
					circuitbreakers/payments | {} | 'action' is missing: it must be one of [force-open, disable, reset]
					ratelimiters/orders | {} | 'action' is missing: it must be one of [reset]
					idempotency/refund | {} | 'action' is missing: it must be one of [inspect, complete, release, forget]
					killswitches/payments | {} | 'action' is missing: it must be one of [activate, release]
					killswitches/payments | {"action":"explode"} | 'action' is 'explode' but must be one of
					killswitches/payments | {"action":"activate"} | 'reason' and 'actor' are missing
					killswitches/payments | {"action":"activate","reason":"x","actor":"a","expiresIn":null} | 'expiresIn' is null
					killswitches/payments | {"action":"activate","reason":"x","actor":"a","expiresIn":"5"} | 'expiresIn' is '5' but must have a unit
					killswitches/payments | {"action":"activate","reason":"x","actor":"a","expiresIn":""} | 'expiresIn' is '' but must have a value
					circuitbreakers | {"action":"reset","reason":"x"} | name belongs into the path
					killswitches | {"action":"activate"} | name belongs into the path
					circuitbreakers/payments | {"action":"reset","reason":"x\\ny"} | one line
					circuitbreakers/payments | {"action":{"a":1},"reason":"x"} | JSON object
					circuitbreakers/payments | {"action":["reset"],"reason":"x"} | JSON object
					circuitbreakers/payments | ["reset"] | JSON object
					circuitbreakers/payments | "reset" | JSON object
					circuitbreakers/payments | 5 | JSON object
					circuitbreakers/payments | null | action
					circuitbreakers/payments | {"action": | JSON object
					circuitbreakers/payments | {action:reset} | JSON object
					circuitbreakers/payments | {"action":"reset","reason":"x","name":"mail"} | 'name' is given by the path
					killswitches/payments | {"action":"activate","actor":"alice"} | 'reason' is missing
					killswitches/payments | {"action":"activate","reason":"x"} | 'actor' is missing
					killswitches/payments | {"action":"activate","reason":"x","actor":" "} | 'actor' is ' ' but must not be blank
					killswitches/payments | {"action":"activate","reason":"x","actor":"a","expiresIn":"soon"} | 'expiresIn' is 'soon' but must be a duration
					killswitches/payments | {"action":"activate","reason":"x","actor":"a","expiresIn":"-1h"} | 'expiresIn' is 'PT-1H' but must be positive
					killswitches/payments | {"action":"activate","reason":"x","actor":"a","expiresIn":"999999999999999999d"} | 'expiresIn'
					killswitches/payments | {"action":"activate","reason":"x","actor":"a","cause":"person"} | 'cause' means nothing
					killswitches/payments | {"action":"release","reason":"x","actor":"a","ticket":"T"} | 'ticket' means nothing
					killswitches/payments | {"action":"release","reason":"x","actor":"a","cause":"bogus"} | must be 'person'
					killswitches/payments | {"action":"activate","reason":"x","actor":"a","security":"root"} | no field 'security'
					killswitches/payments | {"action":"activate","reason":"x","actor":"a","name":"global"} | 'name' is given by the path
					bulkheads/catalog | {} | 'action' is missing: it must be one of [resize]
					bulkheads/catalog | {"action":"resize"} | 'maxConcurrentCalls' is missing
					bulkheads/catalog | {"action":"resize","maxConcurrentCalls":"many"} | 'maxConcurrentCalls' is 'many' but must be a whole number
					bulkheads/catalog | {"action":"resize","maxConcurrentCalls":"0"} | 'maxConcurrentCalls' is '0' but must be between
					bulkheads/catalog | {"action":"resize","maxConcurrentCalls":"1","max-wait":"1s"} | no field 'max-wait'
					bulkheads/catalog | {"action":"grow","maxConcurrentCalls":"1"} | must be one of [resize]
					bulkheads | {"action":"resize","maxConcurrentCalls":"1"} | name belongs into the path
					ratelimiters/orders | {"action":"refill"} | must be one of [reset]
					ratelimiters/orders | {"action":"reset","key":"nobody"} | names no key
					idempotency/refund | {"action":"forget"} | key
					idempotency/refund | {"action":"forget","key":"k","record":"r"} | 'record' means nothing to 'forget'
					idempotency/refund | {"action":"inspect"} | record
					idempotency/refund | {"action":"inspect","record":"42"} | must be 64 hexadecimal digits
					idempotency/refund | {"action":"complete","owner":"x"} | record
					idempotency/refund | {"action":"release","record":"42","owner":"x"} | 'owner' is no owner
					idempotency/refund | {"action":"forget","key":" "} | key
					idempotency/refund | {"action":"drop","key":"k"} | must be one of [inspect, complete, release, forget]
					""")
	void postWhenOrderIsWrongShouldSayWhy(String path, String body, String reason) {
		Answer answer = post("/actuator/" + path, body);
		assertThat(answer.status()).isEqualTo(400);
		assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
		assertThat(answer.at("/detail")).contains(reason);
		assertThat(answer.at("/status")).isEqualTo("400");
		assertThat(this.shop.look()).isEqualTo("seen");
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"action\":\"inspect\",\"record\":\"%s\"}",
			"{\"action\":\"complete\",\"record\":\"%s\",\"owner\":\"5f0e9a52-6f4b-4c3e-9d52-1c7a3f2b8e10\"}",
			"{\"action\":\"release\",\"record\":\"%s\",\"owner\":\"5f0e9a52-6f4b-4c3e-9d52-1c7a3f2b8e10\"}",
			"{\"action\":\"forget\",\"key\":\"%s\"}" })
	void postWhenRecordIsNotThereShouldAnswerNotFound(String order) {
		Answer answer = post("/actuator/idempotency/refund", order.formatted("0".repeat(64)));
		assertThat(answer.status()).isEqualTo(404);
		assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
		assertThat(answer.at("/status")).isEqualTo("404");
		assertThat(answer.at("/detail")).containsAnyOf("'record' is not there", "'key' has no record");
	}

	@Test
	void requestForAnOperationThatIsNotThereShouldAnswerNotFound() {
		assertThat(this.server.get("/actuator/idempotency/refunt").at("/nearest")).contains("refund");
		assertThat(this.server.get("/actuator/idempotency/refunt").status()).isEqualTo(404);
		assertThat(post("/actuator/idempotency/refunt", "{\"action\":\"forget\",\"key\":\"k\"}").status())
			.isEqualTo(404);
	}

	@ParameterizedTest
	@ValueSource(strings = { "action", "reason", "actor", "expiresIn", "cause", "bogus" })
	void postWhenValueIsHugeShouldRefuseBriefly(String field) {
		String body = "{\"action\":\"release\",\"reason\":\"x\",\"actor\":\"a\",\"" + field + "\":\""
				+ "x".repeat(10_240) + "\"}";
		Answer answer = post("/actuator/killswitches/payments", body);
		assertThat(answer.status()).isEqualTo(400);
		assertThat(answer.at("/detail")).isNotBlank().hasSizeLessThan(500);
		String key = "x".repeat(10_240);
		Answer named = post("/actuator/killswitches/payments", "{\"action\":\"release\",\"" + key + "\":\"x\"}");
		assertThat(named.at("/detail")).contains("no field").hasSizeLessThan(500);
	}

	@Test
	void postWhenKeyIsHugeShouldRefuseBriefly() {
		Answer answer = post("/actuator/idempotency/refund",
				"{\"action\":\"forget\",\"key\":\"" + "k".repeat(10_240) + "\"}");
		assertThat(answer.status()).isEqualTo(400);
		assertThat(answer.at("/detail")).contains("255").hasSizeLessThan(500);
	}

	@Test
	void requestWhenNameIsHugeShouldRefuseBriefly() {
		Answer answer = this.server.get("/actuator/killswitches/" + "x".repeat(4_000));
		assertThat(answer.status()).isEqualTo(404);
		assertThat(answer.at("/detail")).hasSizeLessThan(500);
	}

	@Test
	void postWhenBodyIsEmptyShouldSayWhatIsMissing() {
		Answer answer = post("/actuator/killswitches/payments", "");
		assertThat(answer.status()).isEqualTo(400);
		assertThat(answer.at("/detail")).contains("action");
	}

	@Test
	void postWhenOrderStandsInQueryShouldRefuse() {
		for (String body : new String[] { "", "{}", ACTIVATE }) {
			Answer answer = post("/actuator/killswitches/payments?action=activate&reason=x&actor=mallory", body);
			assertThat(answer.status()).isEqualTo(400);
			assertThat(answer.at("/detail")).contains("JSON body");
		}
		Answer form = this.server.send("/actuator/killswitches/payments",
				(request) -> request.header("Content-Type", "application/x-www-form-urlencoded")
					.POST(BodyPublishers.ofString("action=activate&reason=x&actor=mallory")));
		assertThat(form.status()).isEqualTo(415);
		assertThat(this.shop.look()).isEqualTo("seen");
	}

	@Test
	void getWhenQueryNamesAnotherPolicyShouldRefuse() {
		Answer answer = this.server.get("/actuator/circuitbreakers/payments?name=mail");
		assertThat(answer.status()).isEqualTo(400);
		assertThat(answer.at("/detail")).contains("given by the path");
		assertThat(this.server.get("/actuator/circuitbreakers/payments?cachebuster=1").at("/name"))
			.isEqualTo("payments");
	}

	@Test
	void postWhenEndpointIsNotOursShouldLeaveItsAnswerAlone() {
		Answer malformed = post("/actuator/loggers/com.example", "{\"configuredLevel\":");
		assertThat(malformed.status()).isEqualTo(400);
		assertThat(malformed.body()).doesNotContain("JSON object");
		assertThat(post("/actuator/loggers/com.example?a=b", "{\"configuredLevel\":\"INFO\"}").status()).isEqualTo(204);
	}

	@Test
	@Trap(42)
	void releaseWhenEverythingIsStoppedShouldWork() {
		assertThatIllegalStateException().isThrownBy(this.shop::charge);
		this.shop.order("alice");
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> this.shop.order("alice"));
		assertThat(this.server.get("/actuator/circuitbreakers/payments").at("/state")).isEqualTo("OPEN");
		assertThat(post("/actuator/killswitches/global", ACTIVATE).at("/state")).isEqualTo("ACTIVE");
		assertThatExceptionOfType(KillSwitchActiveException.class).isThrownBy(() -> this.shop.refund("k"));
		for (String id : new String[] { "circuitbreakers", "ratelimiters", "retries", "bulkheads", "timeouts",
				"idempotency", "killswitches" }) {
			assertThat(this.server.get("/actuator/" + id).status()).isEqualTo(200);
		}
		assertThat(post("/actuator/circuitbreakers/payments", "{\"action\":\"reset\",\"reason\":\"x\"}").at("/state"))
			.isEqualTo("CLOSED");
		Answer released = post("/actuator/killswitches/global", RELEASE);
		assertThat(released.status()).isEqualTo(200);
		assertThat(released.at("/state")).isEqualTo("INACTIVE");
		assertThat(this.shop.look()).isEqualTo("seen");
	}

	private Answer post(String path, String body) {
		return this.server.post(path, body);
	}

	/**
	 * An endpoint with a mistake.
	 */
	@WebEndpoint(id = "broken")
	static class BrokenEndpoint extends PolicyEndpoint<KillSwitch> {

		BrokenEndpoint(KillSwitches switches, PolicyOrigins origins) {
			super(switches.registry(), origins);
		}

		@WriteOperation
		Map<String, Object> act(@Selector(match = Match.ALL_REMAINING) String[] name, String action) {
			if (action.equals("break")) {
				throw new IllegalArgumentException("4711 is no hexadecimal digit");
			}
			throw unknownAction(action, "break");
		}

	}

	private int policies() {
		return this.server.context()
			.getBeansOfType(PolicyRegistry.class)
			.values()
			.stream()
			.mapToInt((registry) -> registry.all().size())
			.sum();
	}

	private static void requireCamelCase(JsonNode node) {
		for (Map.Entry<String, JsonNode> property : node.properties()) {
			assertThat(property.getKey()).matches("[a-z][A-Za-z0-9]*");
			if (!property.getKey().equals("transitions")) {
				requireCamelCase(property.getValue());
			}
		}
	}

	@Configuration(proxyBeanMethods = false)
	@Import(Shop.Application.class)
	static class Application {

		@Bean
		BrokenEndpoint brokenEndpoint(KillSwitches switches, PolicyOrigins origins) {
			return new BrokenEndpoint(switches, origins);
		}

	}

}
