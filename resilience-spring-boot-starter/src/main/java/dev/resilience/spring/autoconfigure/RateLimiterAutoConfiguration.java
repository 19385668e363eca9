package dev.resilience.spring.autoconfigure;

import java.util.Map;

import dev.resilience.PolicyRegistry;
import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.ratelimiter.RateLimiterConfig;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.actuate.RateLimitersEndpoint;
import dev.resilience.spring.annotation.RateLimited;
import dev.resilience.spring.aop.NamedPolicyBinding;
import dev.resilience.spring.aop.ProtectionBinding;
import dev.resilience.spring.autoconfigure.RateLimiterProperties.Limiter;
import dev.resilience.time.TimeSource;

import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Auto-configuration of rate limiters.
 */
@AutoConfiguration(after = ResilienceAutoConfiguration.class)
@ConditionalOnBean(PolicySettings.class)
@EnableConfigurationProperties(RateLimiterProperties.class)
public final class RateLimiterAutoConfiguration {

	private static final PolicySettings.Kind<Limiter, RateLimiterConfig> KIND = new PolicySettings.Kind<>(
			RateLimiter.TYPE, "resilience.rate-limiters", Limiter.class, Limiter::toConfig, Map.of());

	@Bean
	@ConditionalOnMissingBean(name = "rateLimiters")
	PolicyRegistry<RateLimiter> rateLimiters(PolicySettings settings, TimeSource time) {
		return settings.registry(KIND, RateLimited.class, (name, config) -> new RateLimiter(name, config, time));
	}

	@Bean
	static NamedPolicyBeans rateLimiterBeans(ConfigurableEnvironment environment) {
		return new NamedPolicyBeans("rateLimiters", RateLimiter.class, RateLimited.class, KIND, environment);
	}

	@Bean
	ProtectionBinding<RateLimited> rateLimiterBinding(PolicyRegistry<RateLimiter> rateLimiters) {
		return new NamedPolicyBinding<>(RateLimited.class, 600, rateLimiters);
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnPolicyEndpoints
	static class EndpointConfiguration {

		@Bean
		@ConditionalOnAvailableEndpoint
		@ConditionalOnMissingBean
		RateLimitersEndpoint rateLimitersEndpoint(PolicyRegistry<RateLimiter> rateLimiters, PolicyOrigins origins) {
			return new RateLimitersEndpoint(rateLimiters, origins);
		}

	}

}
