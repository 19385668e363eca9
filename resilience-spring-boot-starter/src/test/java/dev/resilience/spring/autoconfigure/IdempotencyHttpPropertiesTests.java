package dev.resilience.spring.autoconfigure;

import java.util.EnumSet;

import dev.resilience.spring.web.idempotency.HttpIdempotency;
import dev.resilience.spring.web.idempotency.IdempotencyKeyFilter;
import dev.resilience.spring.web.idempotency.IdempotencyKeyWebFilter;
import jakarta.servlet.DispatcherType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.web.servlet.FilterRegistrationBean;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * When requests are idempotent, and how.
 */
class IdempotencyHttpPropertiesTests {

	private static final String PREFIX = "resilience.idempotency.http.";

	private final WebApplicationContextRunner servlet = new WebApplicationContextRunner()
		.withConfiguration(Contexts.ours());

	private final ReactiveWebApplicationContextRunner reactive = new ReactiveWebApplicationContextRunner()
		.withConfiguration(Contexts.ours());

	@Test
	void filterShouldBeOffUnlessEnabled() {
		this.servlet.run((context) -> assertThat(context).doesNotHaveBean(HttpIdempotency.class)
			.doesNotHaveBean("idempotencyKeyFilter"));
		this.servlet.withPropertyValues(PREFIX + "enabled=false", PREFIX + "required=true")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(HttpIdempotency.class));
		this.reactive.run((context) -> assertThat(context).doesNotHaveBean(IdempotencyKeyWebFilter.class));
		this.servlet.withPropertyValues(PREFIX + "enabled=true", "resilience.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("idempotencyKeyFilter"));
	}

	@Test
	void filterShouldStandBehindSecurity() {
		this.servlet.withPropertyValues(PREFIX + "enabled=true").run((context) -> {
			FilterRegistrationBean<?> registration = context.getBean("idempotencyKeyFilter",
					FilterRegistrationBean.class);
			assertThat(registration.getFilter()).isInstanceOf(IdempotencyKeyFilter.class);
			assertThat(registration.getOrder()).isGreaterThan(SecurityFilterProperties.DEFAULT_FILTER_ORDER);
			assertThat(registration.determineDispatcherTypes())
				.isEqualTo(EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC));
		});
		this.reactive.withPropertyValues(PREFIX + "enabled=true")
			.run((context) -> assertThat(context.getBean(IdempotencyKeyWebFilter.class).getOrder()).isZero());
	}

	@Test
	void orderShouldBeThatOfTheProperty() {
		this.servlet.withPropertyValues(PREFIX + "enabled=true", PREFIX + "order=42")
			.run((context) -> assertThat(
					context.getBean("idempotencyKeyFilter", FilterRegistrationBean.class).getOrder())
				.isEqualTo(42));
		this.reactive.withPropertyValues(PREFIX + "enabled=true", PREFIX + "order=42")
			.run((context) -> assertThat(context.getBean(IdempotencyKeyWebFilter.class).getOrder()).isEqualTo(42));
	}

	@Test
	void applicationWithoutWebShouldStart() {
		new ApplicationContextRunner().withConfiguration(Contexts.ours())
			.withPropertyValues(PREFIX + "enabled=true")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(HttpIdempotency.class));
	}

	@ParameterizedTest
	@CsvSource(delimiter = ';',
			value = { "methods=GET; methods; must be some of POST, PUT, PATCH, DELETE",
					"paths=; paths; must have a pattern", "paths=orders; paths; must begin with '/'",
					"exclude-paths=/{a; exclude-paths; must be a path pattern",
					"header=two words; header; a header's name", "max-body-size=0B; max-body-size; from 1B to 64MB",
					"max-response-size=65MB; max-response-size; from 1B to 64MB",
					"stored-headers=Set-Cookie; stored-headers; must not be replayed",
					"stored-headers=transfer-encoding; stored-headers; must not be replayed",
					"ttl=0s; ttl; must be positive and at most 3650 days", "ttl=60; ttl; unit" })
	void startWhenValueBreaksItsRuleShouldTellIt(String property, String name, String rule) {
		this.servlet.withPropertyValues(PREFIX + "enabled=true", PREFIX + property).run((context) -> {
			FailureAnalysis analysis = Contexts.analysis(context);
			assertThat(analysis.getDescription()).contains("resilience.idempotency.http")
				.contains("'" + name + "'")
				.contains(rule);
		});
	}

	@Test
	void startWhenKeyIsMisspeltShouldNameTheNearest() {
		this.servlet.withPropertyValues(PREFIX + "enabled=true", PREFIX + "mehtods=POST")
			.run((context) -> assertThat(Contexts.analysis(context).getDescription())
				.contains("resilience.idempotency.http.mehtods")
				.contains("methods"));
		this.servlet.withPropertyValues("resilience.idempotency.htpp.enabled=true")
			.run((context) -> assertThat(Contexts.analysis(context).getDescription()).contains("htpp")
				.contains("http"));
	}

}
