package dev.resilience.spring.autoconfigure;

import java.util.Map;

import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Gives DEGRADED its place among Boot's health statuses, as a default that any property
 * overrides: Boot leaves a status that it does not know out of the overall one.
 */
class HealthStatusOrder implements EnvironmentPostProcessor {

	private static final String NAME = "resilienceHealthStatusOrder";

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		if (!environment.getPropertySources().contains(NAME)) {
			environment.getPropertySources()
				.addLast(new MapPropertySource(NAME,
						Map.of("management.endpoint.health.status.order", "down,out-of-service,degraded,up,unknown")));
		}
	}

}
