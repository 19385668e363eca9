package dev.resilience.spring.autoconfigure;

import java.util.List;

import dev.resilience.PolicyRegistry;
import dev.resilience.micrometer.PolicyMetrics;
import dev.resilience.time.TimeSource;
import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the metrics of all policies.
 */
@AutoConfiguration(after = ResilienceAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean(PolicySettings.class)
public final class ResilienceMetricsAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	PolicyMetrics policyMetrics(List<PolicyRegistry<?>> registries, TimeSource time) {
		return new PolicyMetrics(registries, time.ticker());
	}

}
