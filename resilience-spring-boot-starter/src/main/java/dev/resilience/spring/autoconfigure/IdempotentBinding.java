package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

import dev.resilience.CallContext;
import dev.resilience.PolicyRegistry;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotencyConfig.OnAbandoned;
import dev.resilience.idempotency.IdempotencyKey;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.Fingerprint;
import dev.resilience.spring.actuate.DurationText;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.annotation.Idempotent;
import dev.resilience.spring.aop.BoundPolicy;
import dev.resilience.spring.aop.ProtectedMethod;
import dev.resilience.spring.aop.ProtectionBinding;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.core.GenericTypeResolver;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.util.ClassUtils;

/**
 * Binds {@link Idempotent}: one operation for each method, made when its plan is.
 */
final class IdempotentBinding implements ProtectionBinding<Idempotent> {

	private final PolicyRegistry<IdempotentOperation> operations;

	private final IdempotentOperations maker;

	private final PolicyOrigins origins;

	private final ListableBeanFactory beans;

	private final Map<String, String> methodsByOperation = new ConcurrentHashMap<>();

	IdempotentBinding(PolicyRegistry<IdempotentOperation> operations, IdempotentOperations maker, PolicyOrigins origins,
			ListableBeanFactory beans) {
		this.operations = operations;
		this.maker = maker;
		this.origins = origins;
		this.beans = beans;
	}

	@Override
	public Class<Idempotent> annotationType() {
		return Idempotent.class;
	}

	@Override
	public int order() {
		return 300;
	}

	@Override
	public List<BoundPolicy> bind(MergedAnnotation<Idempotent> annotation, ProtectedMethod method) {
		String named = method.resolve(Idempotent.class, "operation", annotation.getString("operation"));
		if (named.isBlank()) {
			requireOneBean(method);
		}
		String operation = named.isBlank() ? method.qualifiedName() : named;
		Function<MethodInvocation, @Nullable Object> key = method.key(Idempotent.class, "key",
				annotation.getString("key"));
		String fingerprint = annotation.getString("fingerprint");
		Function<MethodInvocation, @Nullable Object> body = fingerprint.isEmpty() ? (invocation) -> null
				: method.expression(Idempotent.class, "fingerprint", fingerprint, IdempotencyFingerprints::mayHave,
						IdempotencyFingerprints.FITTING);
		IdempotentOperation policy = make(operation, config(annotation, method), method);
		register(policy, method);
		noteOrigins(annotation, operation);
		return List
			.of(BoundPolicy.reading(policy,
					(invocation) -> CallContext.ofKey(key(key.apply(invocation),
							fingerprint.isEmpty() ? null : Fingerprint.of(body.apply(invocation)))),
					policy::invalidKey));
	}

	private IdempotentOperation make(String operation, IdempotencyConfig config, ProtectedMethod method) {
		try {
			return this.maker.make(operation,
					GenericTypeResolver.resolveType(method.resultType().getType(), method.targetClass()), config);
		}
		catch (IllegalArgumentException ex) {
			throw method.invalid("@Idempotent: " + ex.getMessage(),
					"Change what the method returns, or what its results are written with.", ex);
		}
	}

	private IdempotencyConfig config(MergedAnnotation<Idempotent> annotation, ProtectedMethod method) {
		String ttl = method.resolve(Idempotent.class, "ttl", annotation.getString("ttl"));
		IdempotencyConfig.Builder config = this.maker.defaults().toBuilder();
		String onAbandoned = method.resolve(Idempotent.class, "onAbandoned", annotation.getString("onAbandoned"));
		if (!onAbandoned.isEmpty()) {
			config.onAbandoned(onAbandoned(onAbandoned, method));
		}
		try {
			return (ttl.isEmpty() ? config : config.ttl(DurationText.parse("ttl", ttl))).build();
		}
		catch (IllegalArgumentException ex) {
			throw method.invalid("@Idempotent: " + ex.getMessage(), "Write a duration such as 24h or PT24H.", ex);
		}
	}

	private static OnAbandoned onAbandoned(String word, ProtectedMethod method) {
		for (OnAbandoned each : OnAbandoned.values()) {
			if (each.name().equalsIgnoreCase(word)) {
				return each;
			}
		}
		throw method.invalid("@Idempotent: 'onAbandoned' is '" + word + "' but must be reject or rerun",
				"Write reject to call at most once, rerun to call at least once.", null);
	}

	private void noteOrigins(MergedAnnotation<Idempotent> annotation, String operation) {
		Map.of("ttl", "ttl", "onAbandoned", "on-abandoned").forEach((attribute, property) -> {
			if (!annotation.getString(attribute).isEmpty()) {
				this.origins.put(IdempotentOperation.TYPE, operation, property, "annotation");
			}
		});
	}

	/**
	 * An operation that nobody named belongs to one bean: two of a class, for two tenants
	 * say, would get each other's results.
	 */
	private void requireOneBean(ProtectedMethod method) {
		Class<?> type = method.targetClass();
		List<String> names = Arrays.stream(this.beans.getBeanNamesForType(type, true, false))
			.filter((name) -> !ScopedProxyUtils.isScopedTarget(name))
			.filter((name) -> {
				Class<?> candidate = this.beans.getType(name, false);
				return candidate != null && ClassUtils.getUserClass(candidate) == type;
			})
			.toList();
		if (names.size() > 1) {
			throw method.invalid("the beans " + names + " would share its operation, and so their results",
					"Name the operation if they may: @Idempotent(operation = ...). Otherwise give each bean a"
							+ " class of its own.",
					null);
		}
	}

	private void register(IdempotentOperation policy, ProtectedMethod method) {
		try {
			this.operations.register(policy);
		}
		catch (IllegalArgumentException ex) {
			String owner = this.methodsByOperation.getOrDefault(policy.name(),
					"the program, which declares it in code or a filter");
			throw method.invalid("the operation '" + policy.name() + "' belongs already to " + owner,
					"Give each method an operation of its own: @Idempotent(operation = ...).", ex);
		}
		this.methodsByOperation.put(policy.name(), method.qualifiedName());
	}

	private static IdempotencyKey key(@Nullable Object key, @Nullable String fingerprint) {
		return IdempotencyKey.of((key != null) ? key.toString() : "", fingerprint);
	}

}
