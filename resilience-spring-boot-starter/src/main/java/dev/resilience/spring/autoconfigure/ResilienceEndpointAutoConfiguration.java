package dev.resilience.spring.autoconfigure;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

import dev.resilience.PolicyRegistry;
import dev.resilience.history.PolicyHistory;
import dev.resilience.spring.actuate.PolicyEndpoint;
import dev.resilience.spring.actuate.problem.EndpointProblems;
import dev.resilience.spring.actuate.problem.ReactiveUnreadableRequests;
import dev.resilience.spring.actuate.problem.ServletUnreadableRequests;
import dev.resilience.time.TimeSource;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.DispatcherHandler;
import org.springframework.web.servlet.DispatcherServlet;

/**
 * Auto-configuration of what all endpoints over policies have in common.
 */
@AutoConfiguration(after = ResilienceAutoConfiguration.class)
@ConditionalOnPolicyEndpoints
@ConditionalOnBean(PolicySettings.class)
public final class ResilienceEndpointAutoConfiguration {

	@Bean
	static EndpointProblems resilienceEndpointProblems(ConfigurableListableBeanFactory beans) {
		return new EndpointProblems(() -> endpointIds(beans));
	}

	@Bean
	@ConditionalOnMissingBean
	PolicyHistory policyHistory(List<PolicyRegistry<?>> registries, TimeSource time) {
		return new PolicyHistory(registries, time);
	}

	private static Set<EndpointId> endpointIds(ConfigurableListableBeanFactory beans) {
		Set<EndpointId> ids = new HashSet<>();
		for (String name : beans.getBeanNamesForType(PolicyEndpoint.class, true, false)) {
			WebEndpoint endpoint = Objects.requireNonNull(beans.findAnnotationOnBean(name, WebEndpoint.class),
					"A PolicyEndpoint carries @WebEndpoint");
			ids.add(EndpointId.of(endpoint.id()));
		}
		return ids;
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
	@ConditionalOnClass(DispatcherServlet.class)
	static class ServletConfiguration {

		@Bean
		ServletUnreadableRequests servletUnreadableRequests(ObjectProvider<PathMappedEndpoints> paths,
				ConfigurableListableBeanFactory beans) {
			return new ServletUnreadableRequests(paths::getObject, () -> endpointIds(beans));
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
	@ConditionalOnClass(DispatcherHandler.class)
	static class ReactiveConfiguration {

		@Bean
		ReactiveUnreadableRequests reactiveUnreadableRequests(ObjectProvider<PathMappedEndpoints> paths,
				ConfigurableListableBeanFactory beans) {
			return new ReactiveUnreadableRequests(paths::getObject, () -> endpointIds(beans));
		}

	}

}
