package dev.resilience.spring.autoconfigure;

import dev.resilience.PolicyRegistry;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.spring.actuate.CircuitBreakersEndpoint;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.aop.NamedPolicyBinding;
import dev.resilience.spring.aop.ProtectionBinding;
import dev.resilience.time.TimeSource;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Auto-configuration of circuit breakers.
 */
@AutoConfiguration(after = ResilienceAutoConfiguration.class)
@ConditionalOnBean(PolicySettings.class)
@EnableConfigurationProperties(CircuitBreakerProperties.class)
public final class CircuitBreakerAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean(name = "circuitBreakers")
	PolicyRegistry<CircuitBreaker> circuitBreakers(PolicySettings settings, TimeSource time,
			ConfigurableEnvironment environment, ListableBeanFactory beans) {
		settings.verifyPresets(CircuitBreakerKind.ofPresets(environment, beans));
		return settings.registry(CircuitBreakerKind.of(environment, beans), CircuitProtected.class,
				(name, config) -> new CircuitBreaker(name, config, time));
	}

	@Bean
	static NamedPolicyBeans circuitBreakerBeans(ConfigurableEnvironment environment, ListableBeanFactory beans) {
		return new NamedPolicyBeans("circuitBreakers", CircuitBreaker.class, CircuitProtected.class,
				CircuitBreakerKind.of(environment, beans), environment);
	}

	@Bean
	ProtectionBinding<CircuitProtected> circuitBreakerBinding(PolicyRegistry<CircuitBreaker> circuitBreakers) {
		return new NamedPolicyBinding<>(CircuitProtected.class, 500, circuitBreakers);
	}

	@Bean
	PatternStatus circuitBreakerStatus(CircuitBreakerProperties properties) {
		return new PatternStatus(CircuitBreaker.TYPE, properties.health().openBreakerStatus().name());
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnPolicyEndpoints
	static class EndpointConfiguration {

		@Bean
		@ConditionalOnAvailableEndpoint
		@ConditionalOnMissingBean
		CircuitBreakersEndpoint circuitBreakersEndpoint(PolicyRegistry<CircuitBreaker> circuitBreakers,
				PolicyOrigins origins) {
			return new CircuitBreakersEndpoint(circuitBreakers, origins);
		}

	}

}
