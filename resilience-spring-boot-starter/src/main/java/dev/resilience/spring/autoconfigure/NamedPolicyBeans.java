package dev.resilience.spring.autoconfigure;

import java.lang.annotation.Annotation;
import java.util.Set;
import java.util.TreeSet;

import dev.resilience.Policy;
import dev.resilience.spring.aop.InlineSettings;
import org.jspecify.annotations.Nullable;

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

	private final Class<?> type;

	private final @Nullable Class<? extends Annotation> annotation;

	private final String kind;

	private final String prefix;

	private final ConfigurableEnvironment environment;

	NamedPolicyBeans(String registryName, Class<? extends Policy> type, Class<? extends Annotation> annotation,
			PolicySettings.Kind<?, ?> kind, ConfigurableEnvironment environment) {
		this(registryName, type, annotation, kind.type(), kind.prefix(), environment);
	}

	/**
	 * Makes beans of something else that the configuration names.
	 * @param registryName the bean whose method {@code get} finds them by name
	 * @param type their class
	 * @param kind what they are, for the beans' names
	 * @param prefix where they stand in the configuration
	 */
	NamedPolicyBeans(String registryName, Class<?> type, String kind, String prefix,
			ConfigurableEnvironment environment) {
		this(registryName, type, null, kind, prefix, environment);
	}

	private NamedPolicyBeans(String registryName, Class<?> type, @Nullable Class<? extends Annotation> annotation,
			String kind, String prefix, ConfigurableEnvironment environment) {
		this.registryName = registryName;
		this.type = type;
		this.annotation = annotation;
		this.kind = kind;
		this.prefix = prefix;
		this.environment = environment;
	}

	@Override
	public void postProcessBeanDefinitionRegistry(BeanDefinitionRegistry registry) {
		Set<String> names = new TreeSet<>(PolicyNames.configured(this.environment, this.prefix).keySet());
		if (this.annotation != null && registry instanceof ConfigurableListableBeanFactory beans) {
			names.addAll(new InlineSettings(beans, this.environment).of(this.annotation).keySet());
		}
		if (this.annotation != null) {
			names.remove(PolicySettings.DEFAULTS);
		}
		names.forEach((name) -> register(registry, this.kind + ":" + name, definition(name)));
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
