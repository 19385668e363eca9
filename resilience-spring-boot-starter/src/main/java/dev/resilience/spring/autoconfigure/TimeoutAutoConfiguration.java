package dev.resilience.spring.autoconfigure;

import java.util.Map;

import dev.resilience.PolicyRegistry;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.actuate.TimeoutsEndpoint;
import dev.resilience.spring.annotation.TimeLimited;
import dev.resilience.spring.aop.NamedPolicyBinding;
import dev.resilience.spring.aop.ProtectionBinding;
import dev.resilience.spring.autoconfigure.TimeoutProperties.Limit;
import dev.resilience.time.TimeSource;
import dev.resilience.timeout.Timeout;
import dev.resilience.timeout.TimeoutConfig;

import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Auto-configuration of timeouts.
 */
@AutoConfiguration(after = ResilienceAutoConfiguration.class)
@ConditionalOnBean(PolicySettings.class)
@EnableConfigurationProperties(TimeoutProperties.class)
public final class TimeoutAutoConfiguration {

	private static final PolicySettings.Kind<Limit, TimeoutConfig> KIND = new PolicySettings.Kind<>(Timeout.TYPE,
			"resilience.timeouts", Limit.class, Limit::toConfig, Map.of());

	@Bean
	@ConditionalOnMissingBean(name = "timeouts")
	PolicyRegistry<Timeout> timeouts(PolicySettings settings, TimeSource time) {
		return settings.registry(KIND, TimeLimited.class, (name, config) -> new Timeout(name, config, time));
	}

	@Bean
	static NamedPolicyBeans timeoutBeans(ConfigurableEnvironment environment) {
		return new NamedPolicyBeans("timeouts", Timeout.class, TimeLimited.class, KIND, environment);
	}

	@Bean
	ProtectionBinding<TimeLimited> timeoutBinding(PolicyRegistry<Timeout> timeouts) {
		return new NamedPolicyBinding<>(TimeLimited.class, 800, timeouts);
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnPolicyEndpoints
	static class EndpointConfiguration {

		@Bean
		@ConditionalOnAvailableEndpoint
		@ConditionalOnMissingBean
		TimeoutsEndpoint timeoutsEndpoint(PolicyRegistry<Timeout> timeouts, PolicyOrigins origins) {
			return new TimeoutsEndpoint(timeouts, origins);
		}

	}

}
