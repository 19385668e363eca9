package dev.resilience.spring.autoconfigure;

import dev.resilience.PolicyRegistry;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitOpenException;
import dev.resilience.spring.annotation.CircuitProtected;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.aop.support.AopUtils;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.AbstractApplicationContextRunner;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Each optional dependency may be absent.
 */
class OptionalDependenciesTests {

	@ParameterizedTest
	@ValueSource(strings = { "org.springframework.web.servlet", "org.springframework.web.reactive",
			"org.springframework.web", "org.springframework.http", "org.springframework.boot.actuate",
			"org.springframework.boot.actuate.autoconfigure", "org.springframework.boot.health", "io.micrometer",
			"org.springframework.boot.micrometer", "reactor", "org.reactivestreams", "tools.jackson",
			"com.fasterxml.jackson", "io.lettuce", "org.springframework.boot.data.redis", "jakarta.servlet",
			"org.aspectj", "org.springframework.security" })
	void startWhenOneDependencyIsAbsentShouldProtect(String packageName) {
		protects(new ApplicationContextRunner(), packageName);
		if (!packageName.startsWith("org.springframework.web") && !packageName.startsWith("org.springframework.http")
				&& !packageName.equals("jakarta.servlet")) {
			protects(new WebApplicationContextRunner(), packageName);
		}
		if (!packageName.startsWith("org.springframework.web") && !packageName.startsWith("org.springframework.http")
				&& !packageName.startsWith("rea") && !packageName.startsWith("org.rea")) {
			protects(new ReactiveWebApplicationContextRunner(), packageName);
		}
	}

	@Test
	void startWhenMvcIsAbsentInReactiveApplicationShouldProtect() {
		protects(new ReactiveWebApplicationContextRunner(), "org.springframework.web.servlet", "jakarta.servlet");
	}

	@Test
	void startWhenWebFluxIsAbsentInServletApplicationShouldProtect() {
		protects(new WebApplicationContextRunner(), "org.springframework.web.reactive", "reactor",
				"org.reactivestreams");
	}

	@Test
	void startWhenEveryDependencyIsAbsentShouldProtect() {
		protects(new ApplicationContextRunner(), "org.springframework.web", "org.springframework.http",
				"org.springframework.boot.actuate", "org.springframework.boot.health", "io.micrometer", "reactor",
				"org.reactivestreams", "tools.jackson", "com.fasterxml.jackson", "io.lettuce",
				"org.springframework.boot.data", "org.springframework.data", "jakarta", "org.aspectj");
	}

	private static void protects(AbstractApplicationContextRunner<?, ?, ?> contexts, String... absent) {
		contexts.withConfiguration(Contexts.ours())
			.withUserConfiguration(Beans.class)
			.withClassLoader(new FilteredClassLoader(absent))
			.withPropertyValues("resilience.circuit-breakers.payments.failure-threshold=1")
			.run((context) -> {
				assertThat((ApplicationContext) context).isNotNull();
				Payments payments = context.getBean(Payments.class);
				assertThat(AopUtils.isAopProxy(payments)).isTrue();
				assertThatIllegalStateException().isThrownBy(payments::charge).withMessage("declined");
				assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(payments::charge);
				PolicyRegistry<?> breakers = context.getBean("circuitBreakers", PolicyRegistry.class);
				assertThat(breakers.get("payments")).isInstanceOf(CircuitBreaker.class);
			});
	}

	@Configuration(proxyBeanMethods = false)
	static class Beans {

		@Bean
		Payments payments() {
			return new Payments();
		}

	}

	/**
	 * Public, because its proxy lives in another class loader.
	 */
	public static class Payments {

		@CircuitProtected("payments")
		public void charge() {
			throw new IllegalStateException("declined");
		}

	}

}
