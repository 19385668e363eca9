package dev.resilience.spring.aop;

import java.lang.annotation.Annotation;
import java.util.function.Function;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import dev.resilience.Gate;
import dev.resilience.Policy;
import dev.resilience.PolicyRegistry;
import dev.resilience.PolicyRegistry.UnknownPolicyException;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.core.annotation.MergedAnnotation;

/**
 * Binds an annotation whose {@code value} names a policy of a registry, and whose
 * {@code key}, if it has one, is an expression. Thread-safe.
 *
 * @param <A> the annotation
 */
public class NamedPolicyBinding<A extends Annotation> implements ProtectionBinding<A> {

	private final Class<A> annotationType;

	private final int order;

	private final PolicyRegistry<?> registry;

	/**
	 * Creates the binding.
	 * @param annotationType the annotation
	 * @param order where its policies stand around a call; lower is further out
	 * @param registry the policies that it can name
	 */
	public NamedPolicyBinding(Class<A> annotationType, int order, PolicyRegistry<?> registry) {
		this.annotationType = annotationType;
		this.order = order;
		this.registry = registry;
	}

	@Override
	public Class<A> annotationType() {
		return this.annotationType;
	}

	@Override
	public int order() {
		return this.order;
	}

	@Override
	public BoundPolicy bind(MergedAnnotation<A> annotation, ProtectedMethod method) {
		String name = method.required(this.annotationType, MergedAnnotation.VALUE,
				annotation.getString(MergedAnnotation.VALUE));
		Policy policy = policy(name, method);
		String key = annotation.getValue("key", String.class).orElse("");
		if (key.isEmpty()) {
			return BoundPolicy.of(policy);
		}
		Function<MethodInvocation, @Nullable Object> expression = method.key(this.annotationType, "key", key);
		MissingKey missing = new MissingKey(policy);
		return BoundPolicy.reading(policy, (invocation) -> {
			Object value = expression.apply(invocation);
			if (value == null) {
				throw reject(policy, missing);
			}
			return CallContext.ofKey(value);
		}, (cause) -> reject(policy, new UnusableKey(policy, cause)));
	}

	private static CallRejectedException reject(Policy policy, Admission.Rejection rejection) {
		return (policy instanceof Gate gate) ? gate.reject(rejection) : rejection.toException();
	}

	private Policy policy(String name, ProtectedMethod method) {
		try {
			return this.registry.get(name);
		}
		catch (UnknownPolicyException ex) {
			throw method.invalid(
					"@" + this.annotationType.getSimpleName() + " names an unknown policy. " + ex.getMessage(),
					"Correct the name, or configure a " + this.registry.type() + " named '" + name + "'.", ex);
		}
	}

}
