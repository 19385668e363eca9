package dev.resilience.spring.autoconfigure;

import java.util.Map;
import java.util.Objects;

import dev.resilience.spring.actuate.CircuitBreakersEndpoint;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.web.WebEndpointAutoConfiguration;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointsSupplier;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Another library's endpoint with the id of one of ours.
 */
class EndpointClashTests {

	private final WebApplicationContextRunner contexts = new WebApplicationContextRunner()
		.withConfiguration(Contexts.ours())
		.withConfiguration(AutoConfigurations.of(EndpointAutoConfiguration.class, WebEndpointAutoConfiguration.class))
		.withPropertyValues("management.endpoints.web.exposure.include=*");

	@Test
	void discoverWhenIdsClashShouldTellHowToSwitchOursOff() {
		this.contexts.withBean("theirs", TheirEndpoint.class).run((context) -> {
			DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
			beans.registerBeanDefinition("circuitBreakersEndpoint",
					new RootBeanDefinition(CircuitBreakersEndpoint.class));
			FailureAnalysis analysis = Contexts.analysis(Objects.requireNonNull(context.getStartupFailure()), beans,
					new StandardEnvironment());
			assertThat(analysis.getDescription()).contains("circuitbreakers")
				.contains("'theirs'")
				.contains("'circuitBreakersEndpoint'");
			assertThat(analysis.getAction()).contains("resilience.endpoints.enabled=false");
		});
	}

	@Test
	void discoverWhenOursAreOffShouldLeaveTheirs() {
		this.contexts.withBean("theirs", TheirEndpoint.class)
			.withPropertyValues("resilience.endpoints.enabled=false")
			.run((context) -> assertThat(context.getBean(WebEndpointsSupplier.class).getEndpoints())
				.extracting((endpoint) -> endpoint.getEndpointId().toString())
				.contains("circuitbreakers")
				.doesNotContain("killswitches"));
	}

	@Test
	void analyzeWhenNeitherEndpointIsOursShouldPassItOn() {
		this.contexts.run((context) -> assertThat(new EndpointClashFailureAnalyzer(context.getBeanFactory())
			.analyze(new IllegalStateException("Found two endpoints with the id 'a': 'killSwitches' and 'nobody'")))
			.isNull());
	}

	@Endpoint(id = "circuitbreakers")
	static class TheirEndpoint {

		@ReadOperation
		Map<String, String> all() {
			return Map.of();
		}

	}

}
