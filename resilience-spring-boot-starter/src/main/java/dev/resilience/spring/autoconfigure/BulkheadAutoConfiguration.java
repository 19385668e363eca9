package dev.resilience.spring.autoconfigure;

import java.util.Map;

import dev.resilience.PolicyRegistry;
import dev.resilience.bulkhead.Bulkhead;
import dev.resilience.bulkhead.BulkheadConfig;
import dev.resilience.spring.actuate.BulkheadsEndpoint;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.annotation.Bulkheaded;
import dev.resilience.spring.aop.NamedPolicyBinding;
import dev.resilience.spring.aop.ProtectionBinding;
import dev.resilience.spring.autoconfigure.BulkheadProperties.Places;
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
 * Auto-configuration of bulkheads.
 */
@AutoConfiguration(after = ResilienceAutoConfiguration.class)
@ConditionalOnBean(PolicySettings.class)
@EnableConfigurationProperties(BulkheadProperties.class)
public final class BulkheadAutoConfiguration {

	private static final PolicySettings.Kind<Places, BulkheadConfig> KIND = new PolicySettings.Kind<>(Bulkhead.TYPE,
			"resilience.bulkheads", Places.class, Places::toConfig, Map.of());

	@Bean
	@ConditionalOnMissingBean(name = "bulkheads")
	PolicyRegistry<Bulkhead> bulkheads(PolicySettings settings, TimeSource time) {
		return settings.registry(KIND, Bulkheaded.class, (name, config) -> new Bulkhead(name, config, time));
	}

	@Bean
	static NamedPolicyBeans bulkheadBeans(ConfigurableEnvironment environment) {
		return new NamedPolicyBeans("bulkheads", Bulkhead.class, Bulkheaded.class, KIND, environment);
	}

	@Bean
	ProtectionBinding<Bulkheaded> bulkheadBinding(PolicyRegistry<Bulkhead> bulkheads) {
		return new NamedPolicyBinding<>(Bulkheaded.class, 700, bulkheads);
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnPolicyEndpoints
	static class EndpointConfiguration {

		@Bean
		@ConditionalOnAvailableEndpoint
		@ConditionalOnMissingBean
		BulkheadsEndpoint bulkheadsEndpoint(PolicyRegistry<Bulkhead> bulkheads, PolicyOrigins origins) {
			return new BulkheadsEndpoint(bulkheads, origins);
		}

	}

}
