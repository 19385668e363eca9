package dev.resilience.spring.autoconfigure;

import dev.resilience.Pipeline;
import dev.resilience.spring.annotation.Resilient;
import dev.resilience.spring.aop.ProtectionBinding;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Auto-configuration of pipelines.
 */
@AutoConfiguration(after = ResilienceAutoConfiguration.class)
@ConditionalOnBean(PolicySettings.class)
@EnableConfigurationProperties(PipelineProperties.class)
public final class PipelineAutoConfiguration {

	@Bean
	Pipelines pipelines(PipelineProperties properties, ObjectProvider<ProtectionBinding<?>> bindings) {
		return new Pipelines(properties.pipelines(), bindings);
	}

	@Bean
	static NamedPolicyBeans pipelineBeans(ConfigurableEnvironment environment) {
		return new NamedPolicyBeans("pipelines", Pipeline.class, "pipeline", "resilience.pipelines", environment);
	}

	@Bean
	ProtectionBinding<Resilient> pipelineBinding(Pipelines pipelines) {
		return new PipelineBinding(pipelines);
	}

}
