package dev.resilience.spring.autoconfigure;

import java.util.Arrays;

import dev.resilience.spring.aop.InvalidProtectionException;
import dev.resilience.spring.aop.ProtectionAdvisor;

import org.springframework.aop.Advisor;
import org.springframework.aop.framework.Advised;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Compiles all plans when the application starts, those of lazy beans too, and checks
 * that the beans that exist are really protected.
 */
final class ProtectionVerifier implements SmartInitializingSingleton {

	private final ConfigurableListableBeanFactory beans;

	private final ProtectionAdvisor advisor;

	private final ConfigurableEnvironment environment;

	ProtectionVerifier(ConfigurableListableBeanFactory beans, ProtectionAdvisor advisor,
			ConfigurableEnvironment environment) {
		this.beans = beans;
		this.advisor = advisor;
		this.environment = environment;
	}

	@Override
	public void afterSingletonsInstantiated() {
		new ConfigurationKeys(this.beans).verify(this.environment);
		for (String name : this.beans.getBeanDefinitionNames()) {
			Class<?> type = this.beans.getType(name, false);
			if (type == null) {
				continue;
			}
			Object bean = this.beans.containsSingleton(name) ? this.beans.getSingleton(name) : null;
			Class<?> target = (bean instanceof Advised advised && advised.getTargetClass() != null)
					? advised.getTargetClass() : type;
			if (target != null && this.advisor.prepare(target) && bean != null && !isAdvised(bean)) {
				throw new InvalidProtectionException(name, target);
			}
		}
	}

	/**
	 * Whether calls pass the advisor; a factory's product is another bean than itself.
	 */
	private boolean isAdvised(Object bean) {
		if (bean instanceof FactoryBean<?>) {
			return true;
		}
		return bean instanceof Advised advised && Arrays.stream(advised.getAdvisors())
			.map(Advisor::getAdvice)
			.anyMatch(this.advisor.getAdvice()::equals);
	}

}
