package dev.resilience.spring.autoconfigure;

import java.util.Map;

import dev.resilience.PolicyRegistry;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.aop.NamedPolicyBinding;
import dev.resilience.spring.aop.ProtectionBinding;
import dev.resilience.spring.fictional.OfficeHours;
import dev.resilience.spring.fictional.OfficeHoursConfig;
import dev.resilience.spring.fictional.OfficeHoursEndpoint;
import dev.resilience.spring.fictional.OfficeHoursGate;
import dev.resilience.time.TimeSource;

import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of offices: all that Spring knows of the fictional pattern.
 */
@AutoConfiguration(after = ResilienceAutoConfiguration.class)
@ConditionalOnBean(PolicySettings.class)
@EnableConfigurationProperties(OfficeHoursProperties.class)
public final class OfficeHoursAutoConfiguration {

	private static final PolicySettings.Kind<OfficeHoursProperties.Office, OfficeHoursConfig> KIND = new PolicySettings.Kind<>(
			OfficeHoursGate.TYPE, "resilience.office-hours", OfficeHoursProperties.Office.class,
			OfficeHoursProperties.Office::toConfig, Map.of());

	@Bean
	PolicyRegistry<OfficeHoursGate> offices(PolicySettings settings, TimeSource time) {
		return settings.registry(KIND, OfficeHours.class, (name, config) -> new OfficeHoursGate(name, config, time));
	}

	@Bean
	ProtectionBinding<OfficeHours> officeHoursBinding(PolicyRegistry<OfficeHoursGate> offices) {
		return new NamedPolicyBinding<>(OfficeHours.class, 700, offices);
	}

	@Bean
	@ConditionalOnAvailableEndpoint
	OfficeHoursEndpoint officeHoursEndpoint(PolicyRegistry<OfficeHoursGate> offices, PolicyOrigins origins) {
		return new OfficeHoursEndpoint(offices, origins);
	}

}
