package dev.resilience.spring.autoconfigure;

import org.springframework.aop.support.AbstractPointcutAdvisor;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.core.PriorityOrdered;

/**
 * Puts {@code @Cacheable} outside our protection where its order is left at the default:
 * what the cache answers is no call. Spring gives caching and transactions the same
 * default order, and we have to stand between them.
 */
final class CacheAdvisorOrder implements BeanPostProcessor, PriorityOrdered {

	private static final String CACHE_ADVISOR = "org.springframework.cache.config.internalCacheAdvisor";

	@Override
	public Object postProcessBeforeInitialization(Object bean, String beanName) {
		if (beanName.equals(CACHE_ADVISOR) && bean instanceof AbstractPointcutAdvisor advisor
				&& advisor.getOrder() == Ordered.LOWEST_PRECEDENCE) {
			advisor.setOrder(ResilienceAutoConfiguration.ADVISOR_ORDER - 1);
		}
		return bean;
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

}
