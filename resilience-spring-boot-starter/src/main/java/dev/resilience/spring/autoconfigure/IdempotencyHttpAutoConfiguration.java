package dev.resilience.spring.autoconfigure;

import java.util.EnumSet;
import java.util.Map;

import dev.resilience.PolicyRegistry;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.web.idempotency.HttpIdempotency;
import dev.resilience.spring.web.idempotency.IdempotencyKeyFilter;
import dev.resilience.spring.web.idempotency.IdempotencyKeyWebFilter;
import dev.resilience.spring.web.idempotency.StoredResponseCodec;
import dev.resilience.time.TimeSource;
import jakarta.servlet.DispatcherType;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.web.reactive.DispatchExceptionHandler;
import org.springframework.web.reactive.DispatcherHandler;
import org.springframework.web.reactive.HandlerResultHandler;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.HandlerExceptionResolver;

/**
 * Auto-configuration of idempotent HTTP requests.
 */
@AutoConfiguration(after = IdempotencyAutoConfiguration.class)
@ConditionalOnBean(PolicySettings.class)
@Conditional(EnabledCondition.class)
@ConditionalOnBooleanProperty(IdempotencyHttpProperties.PREFIX + ".enabled")
@ConditionalOnWebApplication
@ConditionalOnClass(name = "org.springframework.web.util.pattern.PathPattern")
public final class IdempotencyHttpAutoConfiguration {

	private static final String OPERATION = "http";

	@Bean
	@ConditionalOnMissingBean
	HttpIdempotency httpIdempotency(IdempotencyHttpProperties properties, IdempotencyProperties defaults,
			PolicyRegistry<IdempotentOperation> operations, IdempotencyStore store, TimeSource time,
			PolicyOrigins origins, ConfigurableEnvironment environment) {
		Map<String, String> found = IdempotencyHttpProperties.origins(environment);
		IdempotencyConfig config = properties.toConfig(defaults.toConfig());
		IdempotentOperation operation = new IdempotentOperation(OPERATION, config, store, new StoredResponseCodec(),
				null, time);
		operations.register(operation);
		origins.put(IdempotentOperation.TYPE, OPERATION, found);
		return properties.toIdempotency(operation);
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
	@ConditionalOnClass(DispatcherServlet.class)
	static class ServletConfiguration {

		@Bean
		@ConditionalOnMissingBean(name = "idempotencyKeyFilter")
		FilterRegistrationBean<IdempotencyKeyFilter> idempotencyKeyFilter(HttpIdempotency idempotency,
				IdempotencyHttpProperties properties, BeanFactory beans) {
			FilterRegistrationBean<IdempotencyKeyFilter> registration = new FilterRegistrationBean<>(
					new IdempotencyKeyFilter(idempotency,
							() -> beans.getBean("handlerExceptionResolver", HandlerExceptionResolver.class)));
			registration.setDispatcherTypes(EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC));
			registration.setOrder(properties.order());
			return registration;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
	@ConditionalOnClass(DispatcherHandler.class)
	static class ReactiveConfiguration {

		@Bean
		@ConditionalOnMissingBean
		IdempotencyKeyWebFilter idempotencyKeyWebFilter(HttpIdempotency idempotency,
				IdempotencyHttpProperties properties, ApplicationContext beans) {
			return new IdempotencyKeyWebFilter(idempotency, properties.order(),
					() -> beans.getBean("requestMappingHandlerAdapter", DispatchExceptionHandler.class),
					() -> beans.getBeanProvider(HandlerResultHandler.class).orderedStream().toList());
		}

	}

}
