package dev.resilience.spring.autoconfigure;

import dev.resilience.PolicyRegistry;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.spring.annotation.CircuitProtected;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Named policies as beans.
 */
class NamedPolicyBeansTests {

	private final ApplicationContextRunner contexts = new ApplicationContextRunner().withConfiguration(Contexts.ours())
		.withInitializer(Contexts.yaml("""
				resilience:
				  circuit-breakers:
				    default: { failure-threshold: 4 }
				    payments: { success-threshold: 3 }
				    payment-api: { success-threshold: 3 }
				  rate-limiters:
				    payments: { limit: 5 }
				"""));

	@Test
	void injectWhenQualifiedShouldGiveTheRegistrysPolicy() {
		this.contexts.withUserConfiguration(Beans.class).run((context) -> {
			Client client = context.getBean(Client.class);
			PolicyRegistry<?> breakers = context.getBean("circuitBreakers", PolicyRegistry.class);
			assertThat(client.breaker()).isSameAs(breakers.get("payments"));
			assertThat(client.api()).isSameAs(breakers.get("payment-api"));
			assertThat(client.inline()).isSameAs(breakers.get("inline"));
			assertThat(client.limiter().config().limit()).isEqualTo(5);
			assertThat(context).doesNotHaveBean("circuit-breaker:default");
		});
	}

	@Test
	void injectWhenApplicationHasBreakerOfItsOwnShouldNotMakeItAmbiguous() {
		this.contexts
			.withBean("own", CircuitBreaker.class,
					() -> CircuitBreaker.of("own", CircuitBreakerConfig.builder().build()))
			.withUserConfiguration(Unqualified.class)
			.run((context) -> assertThat(context.getBean(Holder.class).breaker().name()).isEqualTo("own"));
	}

	@Test
	void injectWhenNameIsUnknownShouldFailAtStartUp() {
		this.contexts.withUserConfiguration(Misspelt.class)
			.run((context) -> assertThat(Contexts.analysis(context).getDescription()).contains("CircuitBreaker"));
	}

	record Client(CircuitBreaker breaker, CircuitBreaker api, CircuitBreaker inline, RateLimiter limiter) {
	}

	record Holder(CircuitBreaker breaker) {
	}

	@Configuration(proxyBeanMethods = false)
	static class Beans {

		@Bean
		Client client(@Qualifier("payments") CircuitBreaker breaker, @Qualifier("payment-api") CircuitBreaker api,
				@Qualifier("inline") CircuitBreaker inline, @Qualifier("payments") RateLimiter limiter) {
			return new Client(breaker, api, inline, limiter);
		}

		@Bean
		Inline inline() {
			return new Inline();
		}

	}

	static class Inline {

		@CircuitProtected(value = "inline", config = "failure-threshold=9")
		public void call() {
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Unqualified {

		@Bean
		Holder holder(CircuitBreaker breaker) {
			return new Holder(breaker);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Misspelt {

		@Bean
		Holder holder(@Qualifier("paymets") CircuitBreaker breaker) {
			return new Holder(breaker);
		}

	}

}
