package dev.resilience.spring.aop;

import java.lang.annotation.Annotation;
import java.util.List;
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
import org.springframework.util.Assert;

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
	public List<BoundPolicy> bind(MergedAnnotation<A> annotation, ProtectedMethod method) {
		String name = method.required(this.annotationType, MergedAnnotation.VALUE,
				annotation.getString(MergedAnnotation.VALUE));
		return List.of(bind(this.annotationType, name, annotation.getValue("key", String.class).orElse(""), method));
	}

	/**
	 * The policies that it binds.
	 * @return the policies
	 */
	public final PolicyRegistry<?> registry() {
		return this.registry;
	}

	/**
	 * Whether a policy takes keys: it counts the calls that have none, or one that cannot
	 * be read.
	 * @param policy the policy
	 * @return whether an annotation may give it a key
	 */
	public static boolean takesKeys(Policy policy) {
		return policy.snapshot().rejections().keySet().containsAll(List.of(Gate.MISSING_KEY, Gate.INVALID_KEY));
	}

	/**
	 * Binds one of the policies.
	 * @param namedBy the annotation that names it
	 * @param name its name
	 * @param key the annotation's expression for a key, or empty
	 * @param method the method
	 * @return the policy
	 * @throws InvalidProtectionException when there is none, or the expression cannot
	 * give a key
	 */
	public BoundPolicy bind(Class<? extends Annotation> namedBy, String name, String key, ProtectedMethod method) {
		Policy policy = policy(name, method);
		if (key.isEmpty()) {
			return BoundPolicy.of(policy);
		}
		Function<MethodInvocation, @Nullable Object> expression = method.key(namedBy, "key", key);
		requireReasons(policy);
		UnusableKey missing = UnusableKey.missing(policy);
		return BoundPolicy.reading(policy, (invocation) -> {
			Object value = expression.apply(invocation);
			if (value == null) {
				throw reject(policy, missing);
			}
			return CallContext.ofKey(value);
		}, (cause) -> reject(policy, UnusableKey.invalid(policy, cause)));
	}

	/**
	 * A rejection that no counter knows would vanish.
	 */
	private static void requireReasons(Policy policy) {
		Assert.state(takesKeys(policy),
				() -> policy + " takes keys but does not count 'missing-key' and 'invalid-key': list both among its"
						+ " reasons, which are " + policy.snapshot().rejections().keySet());
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
