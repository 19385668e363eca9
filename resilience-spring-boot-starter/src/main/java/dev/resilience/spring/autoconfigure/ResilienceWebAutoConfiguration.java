package dev.resilience.spring.autoconfigure;

import dev.resilience.spring.web.RejectionAdvice;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.ControllerAdvice;

/**
 * Auto-configuration of what remote callers are told, in WebMVC and WebFlux.
 */
@AutoConfiguration(after = ResilienceAutoConfiguration.class)
@ConditionalOnWebApplication
@ConditionalOnClass(ControllerAdvice.class)
@ConditionalOnBean(PolicySettings.class)
public final class ResilienceWebAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	RejectionAdvice rejectionAdvice() {
		return new RejectionAdvice();
	}

}
