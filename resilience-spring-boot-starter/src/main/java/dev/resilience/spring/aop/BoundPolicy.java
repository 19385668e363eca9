package dev.resilience.spring.aop;

import java.util.function.Function;

import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import dev.resilience.Policy;
import org.aopalliance.intercept.MethodInvocation;

/**
 * A policy of one method, and how it learns what it may know of a call.
 *
 * @param policy the policy
 * @param context reads a call
 */
public record BoundPolicy(Policy policy, Function<? super MethodInvocation, CallContext> context) {

	/**
	 * A policy that needs to know nothing of a call.
	 * @param policy the policy
	 * @return the bound policy
	 */
	public static BoundPolicy of(Policy policy) {
		return new BoundPolicy(policy, (invocation) -> CallContext.NONE);
	}

	/**
	 * A policy that reads a call by expressions. A call that they fail for is rejected as
	 * {@linkplain CallRejectedException.Category#INVALID invalid}: the caller sent what
	 * they cannot read.
	 * @param policy the policy
	 * @param context reads a call
	 * @param refusal makes the rejection of what the expressions threw
	 * @return the bound policy
	 */
	public static BoundPolicy reading(Policy policy, Function<? super MethodInvocation, CallContext> context,
			Function<RuntimeException, CallRejectedException> refusal) {
		return new BoundPolicy(policy, (invocation) -> {
			try {
				return context.apply(invocation);
			}
			catch (CallRejectedException ex) {
				throw ex;
			}
			catch (RuntimeException ex) {
				throw refusal.apply(ex);
			}
		});
	}

}
