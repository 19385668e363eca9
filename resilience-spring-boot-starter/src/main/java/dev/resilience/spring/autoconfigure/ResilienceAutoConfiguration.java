package dev.resilience.spring.autoconfigure;

import java.util.List;

import dev.resilience.CallRejectedException;
import dev.resilience.PolicyRegistry;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.aop.InlineSettings;
import dev.resilience.spring.aop.PlanCompiler;
import dev.resilience.spring.aop.ProtectionAdvisor;
import dev.resilience.spring.aop.ProtectionBinding;
import dev.resilience.time.TimeSource;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Role;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration of what all patterns stand on: time, settings, the advisor, events.
 */
@AutoConfiguration
@EnableConfigurationProperties(ResilienceProperties.class)
public final class ResilienceAutoConfiguration {

	/** Outside {@code @Transactional}, inside {@code @Cacheable}. */
	static final int ADVISOR_ORDER = Ordered.LOWEST_PRECEDENCE - 1;

	@Bean
	@ConditionalOnMissingBean
	TimeSource resilienceTimeSource() {
		return TimeSource.system();
	}

	@Bean
	PolicyOrigins policyOrigins() {
		return new PolicyOrigins();
	}

	@Bean
	PolicySettings policySettings(ConfigurableEnvironment environment, ConfigurableListableBeanFactory beans,
			PolicyOrigins origins) {
		return new PolicySettings(environment, new InlineSettings(beans, environment), origins);
	}

	@Bean
	PlanCompiler protectionPlanCompiler(List<ProtectionBinding<?>> bindings, ConfigurableEnvironment environment,
			TimeSource time, ResilienceProperties properties) {
		CallRejectedException.setStackTraces(properties.rejectionStackTraces());
		return new PlanCompiler(bindings, environment, time);
	}

	@Bean
	ProtectionVerifier protectionVerifier(ConfigurableListableBeanFactory beans,
			ObjectProvider<ProtectionAdvisor> advisor, ConfigurableEnvironment environment) {
		return new ProtectionVerifier(beans, advisor.getIfAvailable(), environment);
	}

	@Bean
	@Lazy(false)
	PolicyEventRelay policyEventRelay(List<PolicyRegistry<?>> registries, ApplicationEventPublisher publisher) {
		return new PolicyEventRelay(registries, publisher);
	}

	/**
	 * What makes annotations protect. Without it the policies are there all the same, for
	 * who calls them, injects them or looks at them.
	 */
	@Configuration(proxyBeanMethods = false)
	@Conditional(EnabledCondition.class)
	@Import(AutoProxyRegistrar.class)
	static class AnnotationConfiguration {

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static ProtectionAdvisor protectionAdvisor(ObjectProvider<PlanCompiler> compiler, Environment environment) {
			return new ProtectionAdvisor(compiler::getObject, ADVISOR_ORDER, AutoProxyRegistrar.byClass(environment));
		}

		@Bean
		static CacheAdvisorOrder cacheAdvisorOrder() {
			return new CacheAdvisorOrder();
		}

	}

}
