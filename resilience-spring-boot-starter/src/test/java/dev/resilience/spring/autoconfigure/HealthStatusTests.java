package dev.resilience.spring.autoconfigure;

import java.util.Map;

import dev.resilience.PolicyRegistry;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.spring.actuate.ResilienceHealthIndicator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.actuate.endpoint.StatusAggregator;
import org.springframework.boot.health.autoconfigure.actuate.endpoint.HealthEndpointAutoConfiguration;
import org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What an open breaker makes of the health.
 */
class HealthStatusTests {

	private final ApplicationContextRunner contexts = new ApplicationContextRunner().withConfiguration(Contexts.ours())
		.withPropertyValues("resilience.circuit-breakers.payments.preset=moderate");

	@ParameterizedTest
	@CsvSource({ "degraded, DEGRADED", "out-of-service, OUT_OF_SERVICE", "OUT_OF_SERVICE, OUT_OF_SERVICE, ",
			"down, DOWN", "up, UP" })
	void healthWhenOpenBreakerStatusIsSetShouldHaveIt(String value, String status) {
		this.contexts.withPropertyValues("resilience.health.open-breaker-status=" + value).run((context) -> {
			PolicyRegistry<?> breakers = context.getBean("circuitBreakers", PolicyRegistry.class);
			((CircuitBreaker) breakers.get("payments")).forceOpen("drill");
			Health health = context.getBean(ResilienceHealthIndicator.class).health();
			assertThat(health.getStatus()).isEqualTo(new Status(status));
			assertThat(health.getDetails()).containsEntry("circuit-breaker", Map.of("payments", "FORCED_OPEN"));
		});
	}

	@Test
	void startWhenIndicatorIsDisabledShouldHaveNone() {
		this.contexts.withPropertyValues("management.health.resilience.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(ResilienceHealthIndicator.class));
	}

	@Test
	void orderWhenUserSetsNoneShouldKnowDegraded() {
		aggregate().run((context) -> assertThat(context.getBean(StatusAggregator.class)
			.getAggregateStatus(Status.UP, ResilienceHealthIndicator.DEGRADED)).isEqualTo(new Status("DEGRADED")));
	}

	@Test
	void orderWhenUserSetsOneShouldBeHis() {
		aggregate().withPropertyValues("management.endpoint.health.status.order=up,degraded,down")
			.run((context) -> assertThat(context.getBean(StatusAggregator.class)
				.getAggregateStatus(Status.UP, ResilienceHealthIndicator.DEGRADED)).isEqualTo(Status.UP));
	}

	@Test
	void postProcessShouldAddItsDefaultOnceAndLast() {
		MockEnvironment environment = new MockEnvironment();
		HealthStatusOrder order = new HealthStatusOrder();
		order.postProcessEnvironment(environment, new SpringApplication());
		order.postProcessEnvironment(environment, new SpringApplication());
		assertThat(environment.getPropertySources()).hasSize(2);
		assertThat(environment.getProperty("management.endpoint.health.status.order")).contains("degraded");
	}

	private ApplicationContextRunner aggregate() {
		return this.contexts
			.withConfiguration(AutoConfigurations.of(HealthContributorRegistryAutoConfiguration.class,
					HealthEndpointAutoConfiguration.class))
			.withPropertyValues("management.endpoints.web.exposure.include=*",
					"management.endpoints.jmx.exposure.include=*")
			.withInitializer((context) -> new HealthStatusOrder().postProcessEnvironment(context.getEnvironment(),
					new SpringApplication()));
	}

}
