package dev.resilience.spring.autoconfigure;

import java.util.List;

import dev.resilience.PolicyRegistry;
import dev.resilience.spring.aop.BoundPolicy;
import dev.resilience.spring.aop.ProtectedMethod;
import dev.resilience.spring.aop.ProtectionBinding;
import dev.resilience.spring.fictional.Repeated;
import dev.resilience.spring.fictional.Repeater;
import dev.resilience.time.TimeSource;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.annotation.MergedAnnotation;

/**
 * Auto-configuration of repeaters: one for each method, without settings or endpoint.
 */
@AutoConfiguration(after = ResilienceAutoConfiguration.class)
@ConditionalOnBean(PolicySettings.class)
public final class RepeaterAutoConfiguration {

	@Bean
	PolicyRegistry<Repeater> repeaters() {
		return new PolicyRegistry<>(Repeater.TYPE);
	}

	@Bean
	ProtectionBinding<Repeated> repeaterBinding(PolicyRegistry<Repeater> repeaters, TimeSource time) {
		return new Binding(repeaters, time);
	}

	private record Binding(PolicyRegistry<Repeater> repeaters, TimeSource time) implements ProtectionBinding<Repeated> {

		@Override
		public Class<Repeated> annotationType() {
			return Repeated.class;
		}

		@Override
		public int order() {
			return 400;
		}

		@Override
		public List<BoundPolicy> bind(MergedAnnotation<Repeated> annotation, ProtectedMethod method) {
			return List.of(BoundPolicy.of(this.repeaters
				.register(new Repeater(method.qualifiedName(), annotation.getInt(MergedAnnotation.VALUE), this.time))));
		}

	}

}
