package dev.resilience.spring.autoconfigure;

import java.util.Map;
import java.util.Objects;

import dev.resilience.spring.actuate.IdempotencyEndpoint;
import dev.resilience.spring.annotation.Idempotent;
import org.junit.jupiter.api.Test;

import org.springframework.boot.test.context.assertj.AssertableWebApplicationContext;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Where the endpoint says that the values of idempotent operations come from.
 */
class IdempotencyOriginsTests {

	private static final String EVERY_SETTING = """
			resilience.idempotency:
			  ttl: 2h
			  lease: 20s
			  in-flight-wait: 1s
			  on-abandoned: rerun
			  on-store-failure: open
			  stored-failures:
			  - java.lang.IllegalArgumentException
			  held-failures: java.lang.IllegalStateException
			  max-result-size: 1MB
			""";

	private final WebApplicationContextRunner runner = new WebApplicationContextRunner()
		.withConfiguration(Contexts.ours())
		.withBean(Refunds.class)
		.withPropertyValues("management.endpoints.web.exposure.include=idempotency");

	@Test
	void originsShouldBeThePlacesOfAllSettings() {
		this.runner.withInitializer(Contexts.yaml(EVERY_SETTING)).run((context) -> {
			Map<String, Map<String, Object>> config = config(context, "refund");
			assertThat(config).hasSize(8);
			config.forEach((setting, shown) -> assertThat(shown.get("origin")).as(setting)
				.asString()
				.containsPattern("application\\.yml.* - [2-9]:|application\\.yml.* - 10:"));
			assertThat(config.get("onAbandoned")).containsEntry("value", "rerun");
		});
	}

	@Test
	void originsOfVariablesShouldNameThem() {
		this.runner
			.withInitializer(Contexts.variables(Map.of("RESILIENCE_IDEMPOTENCY_ONABANDONED", "rerun",
					"RESILIENCE_IDEMPOTENCY_HELDFAILURES_0", "java.lang.IllegalStateException")))
			.run((context) -> {
				Map<String, Map<String, Object>> config = config(context, "refund");
				assertThat(origin(config, "onAbandoned")).contains("RESILIENCE_IDEMPOTENCY_ONABANDONED");
				assertThat(origin(config, "heldFailures")).contains("RESILIENCE_IDEMPOTENCY_HELDFAILURES_0");
				assertThat(origin(config, "storedFailures")).isEqualTo("default");
			});
	}

	/**
	 * The requests' operation takes over what is not about failures or sizes of results.
	 */
	@Test
	void originsOfRequestsShouldBeThePlacesOfWhatHoldsForThem() {
		this.runner.withInitializer(Contexts.yaml(EVERY_SETTING))
			.withPropertyValues("resilience.idempotency.http.enabled=true", "resilience.idempotency.http.ttl=3h")
			.run((context) -> {
				Map<String, Map<String, Object>> config = config(context, "http");
				assertThat(origin(config, "ttl")).contains("resilience.idempotency.http.ttl");
				for (String setting : new String[] { "lease", "inFlightWait", "onAbandoned", "onStoreFailure" }) {
					assertThat(origin(config, setting)).as(setting).contains("application.yml");
				}
				for (String setting : new String[] { "storedFailures", "heldFailures", "maxResultSize" }) {
					assertThat(origin(config, setting)).as(setting).isEqualTo("default");
				}
			});
		this.runner
			.withPropertyValues("resilience.idempotency.http.enabled=true",
					"resilience.idempotency.http.max-response-size=1MB")
			.run((context) -> assertThat(origin(config(context, "http"), "maxResultSize"))
				.contains("resilience.idempotency.http.max-response-size"));
	}

	@Test
	void requestsShouldTreatUnknownOutcomesAsTheirOwnPropertySays() {
		this.runner.withInitializer(Contexts.yaml(EVERY_SETTING))
			.withPropertyValues("resilience.idempotency.http.enabled=true",
					"resilience.idempotency.http.on-abandoned=reject")
			.run((context) -> {
				assertThat(config(context, "refund").get("onAbandoned")).containsEntry("value", "rerun");
				Map<String, Map<String, Object>> config = config(context, "http");
				assertThat(config.get("onAbandoned")).containsEntry("value", "reject");
				assertThat(origin(config, "onAbandoned")).contains("resilience.idempotency.http.on-abandoned");
			});
	}

	private static String origin(Map<String, Map<String, Object>> config, String setting) {
		return String.valueOf(Objects.requireNonNull(config.get(setting)).get("origin"));
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Map<String, Object>> config(AssertableWebApplicationContext context, String operation) {
		return (Map<String, Map<String, Object>>) Objects
			.requireNonNull(context.getBean(IdempotencyEndpoint.class).one(new String[] { operation }).get("config"));
	}

	static class Refunds {

		@Idempotent(key = "#key", operation = "refund")
		public String refund(String key) {
			return "refunded " + key;
		}

	}

}
