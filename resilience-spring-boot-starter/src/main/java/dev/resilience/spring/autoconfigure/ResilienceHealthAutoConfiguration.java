package dev.resilience.spring.autoconfigure;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import dev.resilience.PolicyRegistry;
import dev.resilience.spring.actuate.ResilienceHealthIndicator;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the health of all policies.
 */
@AutoConfiguration(after = ResilienceAutoConfiguration.class)
@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
@ConditionalOnBean(PolicySettings.class)
public final class ResilienceHealthAutoConfiguration {

	@Bean
	@ConditionalOnEnabledHealthIndicator("resilience")
	@ConditionalOnMissingBean(name = "resilienceHealthIndicator")
	ResilienceHealthIndicator resilienceHealthIndicator(List<PolicyRegistry<?>> registries,
			ObjectProvider<PatternStatus> statuses) {
		Map<String, Status> degraded = statuses.stream()
			.collect(Collectors.toMap(PatternStatus::type, (status) -> new Status(status.status())));
		return new ResilienceHealthIndicator(registries, (snapshot) -> switch (snapshot.health()) {
			case UP -> Status.UP;
			case DEGRADED -> degraded.getOrDefault(snapshot.type(), ResilienceHealthIndicator.DEGRADED);
			case OUT_OF_SERVICE -> Status.OUT_OF_SERVICE;
		});
	}

}
