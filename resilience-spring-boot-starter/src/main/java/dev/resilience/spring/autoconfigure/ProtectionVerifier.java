package dev.resilience.spring.autoconfigure;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import dev.resilience.spring.aop.InvalidProtectionException;
import dev.resilience.spring.aop.ProtectionAdvisor;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.Advisor;
import org.springframework.aop.framework.Advised;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Checks the keys of the configuration, compiles all plans when the application starts,
 * those of lazy beans too, and checks that the beans that exist are really protected.
 */
final class ProtectionVerifier implements SmartInitializingSingleton {

	private final ConfigurableListableBeanFactory beans;

	private final @Nullable ProtectionAdvisor advisor;

	private final ConfigurableEnvironment environment;

	ProtectionVerifier(ConfigurableListableBeanFactory beans, @Nullable ProtectionAdvisor advisor,
			ConfigurableEnvironment environment) {
		this.beans = beans;
		this.advisor = advisor;
		this.environment = environment;
	}

	@Override
	public void afterSingletonsInstantiated() {
		new ConfigurationKeys(this.beans).verify(this.environment);
		if (this.advisor == null) {
			return;
		}
		Set<String> names = new LinkedHashSet<>(List.of(this.beans.getBeanDefinitionNames()));
		names.addAll(List.of(this.beans.getSingletonNames()));
		for (String name : names) {
			Class<?> type = this.beans.getType(name, false);
			if (type != null) {
				verify(name, type, this.advisor);
			}
		}
	}

	private void verify(String name, Class<?> type, ProtectionAdvisor protection) {
		boolean factory = this.beans.isFactoryBean(name);
		// What a factory makes is known by its type alone, and proxied when it is made.
		Object bean = (!factory && this.beans.containsSingleton(name)) ? this.beans.getSingleton(name) : null;
		Class<?> target = (bean instanceof Advised advised && advised.getTargetClass() != null)
				? advised.getTargetClass() : type;
		if (Modifier.isAbstract(target.getModifiers()) && !factory) {
			// A bean that is not made yet, of a class that nobody knows yet.
			return;
		}
		if (protection.prepare(target) && bean != null && !isAdvised(bean, protection) && !isStandIn(name)) {
			throw new InvalidProtectionException(name, target);
		}
	}

	/**
	 * Whether a test put the bean in the place of another: a mock needs no protection.
	 * Such a bean's definition names the test's field.
	 */
	private boolean isStandIn(String name) {
		return this.beans.containsBeanDefinition(name)
				&& this.beans.getBeanDefinition(name) instanceof RootBeanDefinition definition
				&& definition.getQualifiedElement() instanceof Field;
	}

	private static boolean isAdvised(Object bean, ProtectionAdvisor protection) {
		return bean instanceof Advised advised && Arrays.stream(advised.getAdvisors())
			.map(Advisor::getAdvice)
			.anyMatch(protection.getAdvice()::equals);
	}

}
