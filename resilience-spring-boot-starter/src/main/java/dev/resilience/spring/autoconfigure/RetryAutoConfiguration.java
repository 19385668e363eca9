package dev.resilience.spring.autoconfigure;

import java.util.Map;
import java.util.function.Function;

import dev.resilience.PolicyRegistry;
import dev.resilience.retry.Retry;
import dev.resilience.retry.RetryAfter;
import dev.resilience.retry.RetryConfig;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.actuate.RetriesEndpoint;
import dev.resilience.spring.annotation.Retrying;
import dev.resilience.spring.aop.ProtectionBinding;
import dev.resilience.spring.autoconfigure.RetryProperties.Rule;
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
 * Auto-configuration of retries.
 */
@AutoConfiguration(after = ResilienceAutoConfiguration.class)
@ConditionalOnBean(PolicySettings.class)
@EnableConfigurationProperties(RetryProperties.class)
public final class RetryAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	RetryAfter retryAfter(TimeSource time) {
		return new RetryAfterHeaders(time.clock());
	}

	@Bean
	@ConditionalOnMissingBean(name = "retries")
	PolicyRegistry<Retry> retries(PolicySettings settings, TimeSource time, ListableBeanFactory beans,
			RetryAfter retryAfter) {
		ResultPredicates results = new ResultPredicates(beans, "retry-result");
		return settings.registry(kind((rule) -> rule.toConfig(results::named, retryAfter)), Retrying.class,
				(name, config) -> new Retry(name, config, time));
	}

	@Bean
	static NamedPolicyBeans retryBeans(ConfigurableEnvironment environment) {
		return new NamedPolicyBeans("retries", Retry.class, Retrying.class, kind(Function.identity()), environment);
	}

	@Bean
	ProtectionBinding<Retrying> retryBinding(PolicyRegistry<Retry> retries) {
		return new RetryBinding(retries);
	}

	private static <C> PolicySettings.Kind<Rule, C> kind(Function<Rule, C> config) {
		return new PolicySettings.Kind<>(Retry.TYPE, "resilience.retries", Rule.class, config, Map.of());
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnPolicyEndpoints
	static class EndpointConfiguration {

		@Bean
		@ConditionalOnAvailableEndpoint
		@ConditionalOnMissingBean
		RetriesEndpoint retriesEndpoint(PolicyRegistry<Retry> retries, PolicyOrigins origins) {
			return new RetriesEndpoint(retries, origins);
		}

	}

}
