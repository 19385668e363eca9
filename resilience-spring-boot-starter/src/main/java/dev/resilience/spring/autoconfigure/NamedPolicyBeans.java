package dev.resilience.spring.autoconfigure;

import java.lang.annotation.Annotation;
import java.util.Set;
import java.util.TreeSet;

import dev.resilience.Policy;
import dev.resilience.spring.aop.InlineSettings;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AutowireCandidateQualifier;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.BeanDefinitionRegistryPostProcessor;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Makes each named policy a bean, to be injected by its name as a qualifier. It is no
 * candidate without one, so that an application's own bean of the type stays the only
 * one.
 */
final class NamedPolicyBeans implements BeanDefinitionRegistryPostProcessor, Ordered {

	private final String registryName;

	private final Class<? extends Policy> type;

	private final Class<? extends Annotation> annotation;

	private final PolicySettings.Kind<?, ?> kind;

	private final ConfigurableEnvironment environment;

	NamedPolicyBeans(String registryName, Class<? extends Policy> type, Class<? extends Annotation> annotation,
			PolicySettings.Kind<?, ?> kind, ConfigurableEnvironment environment) {
		this.registryName = registryName;
		this.type = type;
		this.annotation = annotation;
		this.kind = kind;
		this.environment = environment;
	}

	@Override
	public void postProcessBeanDefinitionRegistry(BeanDefinitionRegistry registry) {
		Set<String> names = new TreeSet<>(PolicyNames.configured(this.environment, this.kind.prefix()).keySet());
		if (registry instanceof ConfigurableListableBeanFactory beans) {
			names.addAll(new InlineSettings(beans, this.environment).of(this.annotation).keySet());
		}
		names.remove(PolicySettings.DEFAULTS);
		names.forEach((name) -> register(registry, this.kind.type() + ":" + name, definition(name)));
	}

	/**
	 * Registers a bean, unless one was registered ahead of time.
	 */
	private static void register(BeanDefinitionRegistry registry, String name, RootBeanDefinition definition) {
		if (!registry.containsBeanDefinition(name)) {
			registry.registerBeanDefinition(name, definition);
		}
	}

	/**
	 * Lets other processors register their beans first: their annotations name policies
	 * too.
	 */
	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

	private RootBeanDefinition definition(String name) {
		RootBeanDefinition definition = new RootBeanDefinition(this.type);
		definition.setTargetType(this.type);
		definition.setFactoryBeanName(this.registryName);
		definition.setFactoryMethodName("get");
		definition.getConstructorArgumentValues().addIndexedArgumentValue(0, name);
		definition.addQualifier(new AutowireCandidateQualifier(Qualifier.class, name));
		definition.setDefaultCandidate(false);
		definition.setLazyInit(true);
		return definition;
	}

}
