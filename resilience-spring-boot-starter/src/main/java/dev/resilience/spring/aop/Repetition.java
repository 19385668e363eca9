package dev.resilience.spring.aop;

import org.aopalliance.aop.Advice;
import org.aopalliance.intercept.MethodInvocation;

import org.springframework.aop.ProxyMethodInvocation;
import org.springframework.aop.framework.Advised;

/**
 * Lets a call proceed more than once. Immutable and thread-safe.
 */
final class Repetition {

	// An invocation of Spring counts the interceptors that it has passed, so each try
	// needs a copy that has counted as far as here: the invocation, its arguments and a
	// map. Behind the last interceptor there is nothing left to count, and every try may
	// proceed on the same one. Others may be added to a proxy at any time, hence the look
	// with each try.

	private final Advice interceptor;

	Repetition(Advice interceptor) {
		this.interceptor = interceptor;
	}

	/**
	 * What the next try proceeds on.
	 */
	MethodInvocation next(MethodInvocation invocation) {
		if (invocation instanceof ProxyMethodInvocation original) {
			return isLast(original) ? original : original.invocableClone();
		}
		return ((MonoPlan.Subscribed) invocation).copy();
	}

	private boolean isLast(ProxyMethodInvocation invocation) {
		return invocation.getProxy() instanceof Advised proxy
				&& proxy.indexOf(this.interceptor) == proxy.getAdvisorCount() - 1;
	}

}
