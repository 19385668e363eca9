package dev.resilience.spring.autoconfigure;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

import dev.resilience.Policy;
import dev.resilience.PolicyRegistry;
import dev.resilience.bulkhead.Bulkhead;
import dev.resilience.bulkhead.BulkheadConfig;
import dev.resilience.retry.Retry;
import dev.resilience.retry.RetryBudget;
import dev.resilience.retry.RetryConfig;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.annotation.Bulkheaded;
import dev.resilience.spring.annotation.Retrying;
import dev.resilience.spring.annotation.TimeLimited;
import dev.resilience.spring.aop.Warnings;
import dev.resilience.timeout.Timeout;
import dev.resilience.timeout.TimeoutConfig;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How retries, timeouts and bulkheads are bound from the configuration.
 */
class CallPolicyPropertiesTests {

	private final ApplicationContextRunner contexts = new ApplicationContextRunner().withConfiguration(Contexts.ours());

	@Test
	void bindWhenEveryKeyIsSetShouldConfigurePolicies() {
		this.contexts.withBean("busy", Predicate.class, () -> "busy"::equals).withInitializer(Contexts.yaml("""
				resilience:
				  retries:
				    payments:
				      enabled: true
				      max-retries: 7
				      base-delay: 90ms
				      backoff-factor: 1.5
				      max-delay: 9s
				      jitter: 0.5
				      max-duration: 1m
				      retry-exceptions: [java.io.IOException, java.util.concurrent.TimeoutException]
				      exclude-exceptions: java.io.FileNotFoundException
				      retry-result: busy
				      retry-rejected: true
				      budget: { ratio: 0.25, min-per-second: 3 }
				  bulkheads:
				    payments: { max-concurrent-calls: 4, max-wait: 250ms, max-waiting: 3, max-keys: 99 }
				  timeouts:
				    payments: { duration: 1500ms, interrupt: false }
				""")).run((context) -> {
			RetryConfig config = ((Retry) policy(context, "retries", "payments")).config();
			assertThat(config.retryResult()).accepts("busy").rejects("done");
			assertThat(config).isEqualTo(RetryConfig.builder()
				.maxRetries(7)
				.baseDelay(Duration.ofMillis(90))
				.backoffFactor(1.5)
				.maxDelay(Duration.ofSeconds(9))
				.jitter(0.5)
				.maxDuration(Duration.ofMinutes(1))
				.retryExceptions(List.of(IOException.class, TimeoutException.class))
				.excludeExceptions(List.of(java.io.FileNotFoundException.class))
				.retryResult(config.retryResult())
				.retryAfter(config.retryAfter())
				.retryRejected(true)
				.budget(new RetryBudget(0.25, 3))
				.build());
			assertThat(((Bulkhead) policy(context, "bulkheads", "payments")).config())
				.isEqualTo(new BulkheadConfig(4, Duration.ofMillis(250), 3, 99));
			assertThat(((Timeout) policy(context, "timeouts", "payments")).config())
				.isEqualTo(new TimeoutConfig(Duration.ofMillis(1500), false));
		});
	}

	@Test
	void bindWhenNothingIsSetShouldLeaveTheEnginesDefaults() {
		this.contexts
			.withInitializer(Contexts.yaml("resilience: { retries: { payments: }, bulkheads: { payments: { } } }"))
			.run((context) -> {
				RetryConfig config = ((Retry) policy(context, "retries", "payments")).config();
				assertThat(config).isEqualTo(RetryConfig.builder().retryAfter(config.retryAfter()).build());
			});
	}

	@Test
	void bindShouldLayerSettingsOfGroupsEachByItself() {
		this.contexts.withBean(Service.class).withInitializer(Contexts.yaml("""
				resilience:
				  retries:
				    default: { max-retries: 9, budget: { ratio: 0.5, min-per-second: 5 } }
				    inline: { budget: { min-per-second: 7 } }
				    empty: { budget: }
				""")).run((context) -> {
			Retry retry = (Retry) policy(context, "retries", "inline");
			assertThat(retry.config().budget()).isEqualTo(new RetryBudget(0.4, 7));
			assertThat(retry.config().maxRetries()).isEqualTo(2);
			assertThat(((Retry) policy(context, "retries", "empty")).config().budget())
				.isEqualTo(new RetryBudget(0.5, 5));
			PolicyOrigins origins = context.getBean(PolicyOrigins.class);
			assertThat(origins.origin(Retry.TYPE, "inline", "budget.ratio")).isEqualTo("annotation");
			assertThat(origins.origin(Retry.TYPE, "inline", "budget.min-per-second"))
				.startsWith("Byte array resource [application.yml] - 4:");
			assertThat(origins.origin(Retry.TYPE, "empty", "budget.ratio"))
				.startsWith("Byte array resource [application.yml] - 3:");
			assertThat(origins.origin(Retry.TYPE, "inline", "jitter")).isEqualTo("default");
			assertThat(((Timeout) policy(context, "timeouts", "inline")).config().duration()).hasSeconds(3);
			assertThat(((Bulkhead) policy(context, "bulkheads", "inline")).config().maxConcurrentCalls()).isEqualTo(6);
		});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			textBlock = """
					resilience.retries.payments.budget.rato | 0.1 | 'budget.rato' is '0.1' but there is no such setting: nearest: budget.ratio
					resilience.retries.payments.budget.ratio | 101 | 'budget.ratio' is '101.0' but must be between 0 and 100
					resilience.retries.payments.budget.ratio | `` | 'budget.ratio' is '' but must have a value
					resilience.retries.payments.budget | 0.1 | 'budget' is '0.1' but must be a group of settings
					resilience.retries.payments.base-delay | 5 | 'base-delay' is '5' but must have a unit
					resilience.retries.payments.retry-exceptions | java.lang.String | 'retry-exceptions'
					resilience.retries.payments.max-delay | 1ms | must be at least 'base-delay'
					resilience.timeouts.payments.interrupt | true | 'duration' is '' but must be set: say how long
					resilience.timeouts.payments.duration | 0s | 'duration' is 'PT0S' but must be positive
					resilience.bulkheads.payments.max-concurrent-calls | 0 | 'max-concurrent-calls' is '0' but must be between
					resilience.bulkheads.payments.max-concurent-calls | 1 | nearest: max-concurrent-calls
					resilience.retry.payments.max-retries | 1 | there is no such key; nearest: [redis, retries
					""")
	void startWhenSettingIsWrongShouldSayWhy(String key, String value, String reason) {
		this.contexts.withPropertyValues(key + "=" + value).run((context) -> {
			FailureAnalysis analysis = Contexts.analysis(context);
			assertThat(analysis.getDescription()).contains(reason);
			assertThat(analysis.getAction()).isNotBlank().doesNotContain("'[payments");
		});
	}

	@Test
	void startWhenNobodyCanWaitShouldWarn() {
		try (Warnings warnings = new Warnings(Bulkhead.class)) {
			this.contexts.withPropertyValues("resilience.bulkheads.payments.max-wait=1s")
				.run((context) -> assertThat(warnings.messages()).singleElement(InstanceOfAssertFactories.STRING)
					.contains("payments: 'max-wait' is 'PT1S' but 'max-waiting' is 0"));
		}
	}

	@Test
	void injectWhenQualifiedShouldGiveTheRegistrysPolicy() {
		this.contexts.withBean(Service.class)
			.withBean(ByHand.class)
			.withPropertyValues("resilience.timeouts.payments.duration=1s", "resilience.retries.payments.max-retries=1",
					"resilience.bulkheads.payments.max-wait=0s")
			.run((context) -> {
				ByHand byHand = context.getBean(ByHand.class);
				assertThat(byHand.timeout).isSameAs(policy(context, "timeouts", "payments"));
				assertThat(byHand.retry).isSameAs(policy(context, "retries", "payments"));
				assertThat(byHand.bulkhead).isSameAs(policy(context, "bulkheads", "inline"));
			});
	}

	private static Policy policy(ApplicationContext context, String registry, String name) {
		return context.getBean(registry, PolicyRegistry.class).get(name);
	}

	static class Service {

		@Retrying(value = "inline", config = { "max-retries=2", "budget.ratio=0.4" })
		@TimeLimited(value = "inline", config = "duration=3s")
		@Bulkheaded(value = "inline", config = "max-concurrent-calls=6")
		public void call() {
		}

	}

	static class ByHand {

		final Timeout timeout;

		final Retry retry;

		final Bulkhead bulkhead;

		ByHand(@Qualifier("payments") Timeout timeout, @Qualifier("payments") Retry retry,
				@Qualifier("inline") Bulkhead bulkhead) {
			this.timeout = timeout;
			this.retry = retry;
			this.bulkhead = bulkhead;
		}

	}

}
