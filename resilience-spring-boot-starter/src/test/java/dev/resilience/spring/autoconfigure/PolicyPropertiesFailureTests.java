package dev.resilience.spring.autoconfigure;

import java.util.Map;

import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.RateLimited;
import dev.resilience.spring.aop.Warnings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a wrong configuration is answered with at start-up.
 */
class PolicyPropertiesFailureTests {

	private final ApplicationContextRunner contexts = new ApplicationContextRunner().withConfiguration(Contexts.ours());

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					circuit-breakers.payments.failure-threshold | -1 | must not be negative | 0 to turn the rule off
					circuit-breakers.payments.open-duration | 0s | must be positive | a duration such as 60s
					circuit-breakers.payments.half-open-max-calls | 0 | must be between 1 and 1000 | how many trials
					circuit-breakers.payments.trial-timeout | -1s | must be positive | a duration such as 60s
					circuit-breakers.payments.success-threshold | 0 | must be at least 1 | how many successful trials
					circuit-breakers.payments.preset | databse | must be a known preset | nearest: database
					circuit-breakers.payments.record-exceptions | java.lang.String | must name exceptions only | extend Throwable
					circuit-breakers.payments.ignore-exceptions | java.lang.String | must name exceptions only | extend Throwable
					rate-limiters.payments.limit | -5 | must be at least 1 | how many calls may pass
					idempotency.ttl | 0s | must be positive | 24h
					idempotency.lease | -1s | must be from 10 ms to 1 day | 30s
					idempotency.in-flight-wait | -1s | must be from 0 to 1 day | 0s
					circuit-breakers.payments.open-duration | 5 | must have a unit | write 5s or 5ms
					circuit-breakers.default.open-duration | 5 | must have a unit | write 5s or 5ms
					circuit-breakers.payments.trial-timeout | ${five:5} | must have a unit | write 5s or 5ms
					rate-limiters.payments.period | 5 | must have a unit | write 5s or 5ms
					rate-limiters.payments.max-wait | 5 | must have a unit | write 5s or 5ms
					idempotency.ttl | 5 | must have a unit | write 5s or 5ms
					idempotency.lease | ${five:5} | must have a unit | write 5s or 5ms
					idempotency.in-flight-wait | 5 | must have a unit | write 5s or 5ms
					circuit-breakers.payments.open-duration | '' | must have a value, such as 60s | leave it out
					circuit-breakers.default.open-duration | '' | must have a value, such as 60s | leave it out
					circuit-breakers.payments.failure-threshold | '' | must have a value, such as 10 | leave it out
					circuit-breakers.payments.preset | '' | must have a value | leave it out
					rate-limiters.payments.limit | '' | must have a value | leave it out
					idempotency.ttl | '' | must have a value, such as 60s | leave it out
					circuit-breakers.payments | moderate | must be a group of settings | below it
					circuit-breakers.default | moderate | must be a group of settings | below it
					idempotency.max-entries | -5 | must be at least 1 | give room
					idempotency.max-entries | 0 | must be at least 1 | give room
					kill-switches.declared | pay..ments | must be words | payments.refunds
					kill-switches.declared | pay ments | must be words | payments.refunds
					""")
	void startWhenValueBreaksRuleShouldNamePropertyValueRuleAndRemedy(String key, String value, String rule,
			String remedy) {
		FailureAnalysis analysis = fail("resilience." + key + "=" + value);
		String property = key.substring(key.lastIndexOf('.') + 1);
		assertThat(analysis.getDescription()).contains("resilience." + key.substring(0, key.lastIndexOf('.')))
			.contains(property.equals("declared") ? "name" : property)
			.contains(rule)
			.contains(remedy);
		assertThat(analysis.getAction()).startsWith("Correct");
		if (!value.isEmpty() && !value.endsWith("s") && !value.startsWith("$")) {
			assertThat(analysis.getDescription()).contains(value);
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			circuit-breakers.payments.failure-threshold | many
			circuit-breakers.payments.open-duration | soon
			circuit-breakers.payments.open-duration | 5 parsecs
			circuit-breakers.payments.record-exceptions | com.example.NoSuchException
			circuit-breakers.payments | moderate
			rate-limiters.payments.limit | 5.5
			rate-limiters.payments.limit | 99999999999999999999
			idempotency.store | mongo
			idempotency.ttl | 1 fortnight
			health.open-breaker-status | broken
			enabled | perhaps
			endpoints.enabled | perhaps
			""")
	void startWhenValueHasAnotherTypeShouldNamePropertyAndValue(String key, String value) {
		FailureAnalysis analysis = fail("resilience." + key + "=" + value);
		assertThat(analysis.getDescription()).contains("resilience." + key).contains(value);
	}

	@Test
	void startWhenStoreIsUnknownShouldTellWhatThereIs() {
		assertThat(fail("resilience.idempotency.store=mongo").getDescription()
				+ fail("resilience.idempotency.store=mongo").getAction())
			.containsIgnoringCase("memory");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			circuit-breakers.payments.failure-treshold=3 | failure-treshold | failure-threshold
			circuit-breakers.default.failure-treshold=3 | failure-treshold | failure-threshold
			rate-limiters.orders.limitt=3 | limitt | limit
			circuit-breakers.a.b.failure-threshold=3 | b.failure-threshold | failure-threshold
			circuit-braekers.payments.failure-threshold=3 | circuit-braekers | circuit-breakers
			health.open-braker-status=up | open-braker-status | open-breaker-status
			endpoints.enable=true | endpoints.enable | enabled
			idempotency.tttl=1h | idempotency.tttl | ttl
			kill-switches.declare=payments | kill-switches.declare | declared
			""")
	void startWhenKeyIsUnknownShouldNameItAndTheNearest(String setting, String key, String nearest) {
		assertThat(fail("resilience." + setting).getDescription()).contains(key)
			.contains("nearest: ")
			.contains(nearest);
	}

	@ParameterizedTest
	@CsvSource({ "circuit-breakers, 5", "rate-limiters, many" })
	void startWhenPoliciesAreScalarShouldSaySo(String key, String value) {
		FailureAnalysis analysis = fail("resilience." + key + "=" + value);
		assertThat(analysis.getDescription()).contains("resilience." + key)
			.contains("'" + key + "' is '" + value + "' but must be a group of policies by name");
	}

	@Test
	void startWhenGroupIsEmptyShouldTakeDefaults() {
		this.contexts.withInitializer(Contexts.yaml("""
				resilience:
				  circuit-breakers:
				    payments: {}
				    mail:
				  rate-limiters:
				    default: { limit: 7 }
				    orders: {}
				""")).run((context) -> {
			assertThat(context).hasNotFailed().hasBean("circuit-breaker:payments").hasBean("circuit-breaker:mail");
			assertThat(context.getBean("rate-limiter:orders", RateLimiter.class).config().limit()).isEqualTo(7);
		});
	}

	@Test
	void startWhenThereAreNoPoliciesShouldPass() {
		this.contexts.withInitializer(Contexts.yaml("""
				resilience:
				  circuit-breakers: {}
				  rate-limiters:
				    default: {}
				""")).run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void startWhenNameHasDotsShouldTellHowItIsWritten() {
		assertThat(fail("resilience.circuit-breakers.pay.card.open-duration=5s").getDescription())
			.contains("a name with dots is written '[pay.card]'");
		this.contexts.withPropertyValues("resilience.circuit-breakers[pay.card].open-duration=5s")
			.run((context) -> assertThat(context).hasBean("circuit-breaker:pay.card"));
	}

	@Test
	void startWhenDurationIsBareNumberInYamlShouldTellTheLine() {
		this.contexts.withInitializer(Contexts.yaml("""
				resilience:
				  circuit-breakers:
				    payments:
				      open-duration: 5
				""")).run((context) -> {
			FailureAnalysis analysis = Contexts.analysis(context);
			assertThat(analysis.getDescription()).contains("'open-duration' is '5'").contains("write 5s or 5ms");
			assertThat(analysis.getAction()).contains("application.yml").contains("4:");
		});
	}

	@Test
	void startWhenDurationIsZeroShouldNeedNoUnit() {
		this.contexts
			.withPropertyValues("resilience.rate-limiters.orders.limit=5", "resilience.rate-limiters.orders.max-wait=0",
					"resilience.idempotency.in-flight-wait=0")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void startWhenUnknownKeyStandsInYamlShouldTellTheLine() {
		this.contexts.withInitializer(Contexts.yaml("""
				resilience:
				  circuit-breakers:
				    payments:
				      failure-treshold: 3
				""")).run((context) -> {
			FailureAnalysis analysis = Contexts.analysis(context);
			assertThat(analysis.getDescription()).contains("resilience.circuit-breakers.payments")
				.contains("'failure-treshold' is '3'");
			assertThat(analysis.getAction()).contains("application.yml").contains("4:25");
		});
	}

	@Test
	void startWhenWrongValueStandsInYamlShouldTellTheLine() {
		this.contexts.withInitializer(Contexts.yaml("""
				resilience:
				  circuit-breakers:
				    default: { success-threshold: 0 }
				    payments: { failure-threshold: 3 }
				""")).run((context) -> {
			FailureAnalysis analysis = Contexts.analysis(context);
			assertThat(analysis.getDescription()).contains("resilience.circuit-breakers.payments")
				.contains("'success-threshold' is '0'");
			assertThat(analysis.getAction()).contains("success-threshold=").contains("application.yml").contains("3:");
		});
	}

	@Test
	void startWhenNothingWasBoundShouldNotTellWhereItComesFrom() {
		assertThat(fail("resilience.circuit-breakers.payments=moderate").getAction()).isEqualTo("Correct the value.");
		assertThat(fail("resilience.rate-limiters.orders.burst=3").getAction())
			.startsWith("Correct the value. The policy's values come from {burst=");
	}

	@Test
	void startWhenLimiterHasSettingsWithoutEffectShouldWarnOfAllInTheLog() {
		try (Warnings log = new Warnings(RateLimiter.class)) {
			this.contexts
				.withPropertyValues("resilience.rate-limiters.orders.limit=5",
						"resilience.rate-limiters.orders.max-wait=5s", "resilience.rate-limiters.orders.max-waiting=0",
						"resilience.rate-limiters.orders.min-rate=1")
				.run((context) -> assertThat(log.messages()).singleElement()
					.asString()
					.startsWith("orders: 'max-wait' is 'PT5S' but 'max-waiting' is 0, so no call ever waits")
					.contains("; 'algorithm' is 'token-bucket', for which 'min-rate' has no effect"));
		}
	}

	@Test
	void startWhenLimitIsMissingShouldSaySo() {
		assertThat(fail("resilience.rate-limiters.orders.burst=3").getDescription())
			.contains("resilience.rate-limiters.orders")
			.contains("'limit'")
			.contains("must be set");
	}

	@ParameterizedTest
	@ValueSource(strings = { "resilience.circuit-breakers..failure-threshold=3", "resilience.rate-limiters.[].limit=3",
			"resilience.kill-switches.declared[0]=" })
	void startWhenNameIsEmptyShouldFail(String property) {
		this.contexts
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new MapPropertySource("test",
						Map.of(property.substring(0, property.indexOf('=')),
								property.substring(property.indexOf('=') + 1)))))
			.run((context) -> assertThat(Contexts.analysis(context).getDescription()).isNotBlank());
	}

	@Test
	void startWhenEnvironmentVariableNamesUnknownSettingShouldFail() {
		this.contexts
			.withInitializer(Contexts.variables(Map.of("RESILIENCE_CIRCUITBREAKERS_PAYMENTS_FAILURETRESHOLD", "3")))
			.run((context) -> assertThat(Contexts.analysis(context).getDescription()).contains("failuretreshold"));
	}

	@Test
	void startWhenInlineSettingIsUnknownShouldNameIt() {
		this.contexts.withUserConfiguration(MisspeltSetting.class)
			.run((context) -> assertThat(Contexts.analysis(context)).satisfies((analysis) -> {
				assertThat(analysis.getDescription()).contains("'failure-treshold' is '3'");
				assertThat(analysis.getAction()).contains("annotation");
			}));
	}

	@Test
	void startWhenInlineSettingHasNoValueShouldTellTheForm() {
		this.contexts.withUserConfiguration(MalformedSetting.class)
			.run((context) -> assertThat(Contexts.analysis(context).getDescription()).contains("order()")
				.contains("'limit'")
				.contains("property=value"));
	}

	private FailureAnalysis fail(String property) {
		FailureAnalysis[] analysis = new FailureAnalysis[1];
		this.contexts.withPropertyValues(property).run((context) -> analysis[0] = Contexts.analysis(context));
		return analysis[0];
	}

	@Configuration(proxyBeanMethods = false)
	static class MisspeltSetting {

		@Bean
		Misspelt misspelt() {
			return new Misspelt();
		}

	}

	static class Misspelt {

		@CircuitProtected(value = "payments", config = "failure-treshold=3")
		public void charge() {
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class MalformedSetting {

		@Bean
		Malformed malformed() {
			return new Malformed();
		}

	}

	static class Malformed {

		@RateLimited(value = "orders", config = "limit")
		public void order() {
		}

	}

}
