package dev.resilience.spring.aop;

import java.lang.reflect.Method;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.function.Supplier;

import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.core.GenericTypeResolver;
import org.springframework.util.ClassUtils;

/**
 * How a method returns, and so how its plan is run.
 */
enum ReturnKind {

	/** The method is done when it returns. */
	PLAIN,

	/** The method returns a stage that ends with the call. */
	STAGE,

	/** The method returns a mono; each subscription is a call. */
	MONO;

	private static final ClassLoader LOADER = ReturnKind.class.getClassLoader();

	private static final boolean REACTOR = ClassUtils.isPresent("reactor.core.publisher.Mono", LOADER);

	private static final boolean REACTIVE_STREAMS = ClassUtils.isPresent("org.reactivestreams.Publisher", LOADER);

	static ReturnKind of(Method method, Class<?> targetClass) {
		Class<?> type = GenericTypeResolver.resolveReturnType(method, targetClass);
		if (type == CompletionStage.class || type == CompletableFuture.class) {
			return STAGE;
		}
		if (REACTOR && MonoPlan.handles(type)) {
			return MONO;
		}
		if (isDeferred(type) || isSuspending(method)) {
			throw new InvalidProtectionException(method,
					"it returns " + (isSuspending(method) ? "by suspending" : type.getName())
							+ ", which cannot be protected",
					"Return a plain value, a CompletionStage, a CompletableFuture or a Mono.", null);
		}
		return PLAIN;
	}

	/**
	 * Refuses what a method returned although its declaration promised nothing of the
	 * kind: a call that goes on after the method has returned.
	 */
	static @Nullable Object requireDone(@Nullable Object returned) {
		if (returned != null && isDeferred(returned.getClass())) {
			throw new IllegalStateException("A protected method returned a " + returned.getClass().getName()
					+ " but is declared to return Object: declare what it returns, so that the call can be followed");
		}
		return returned;
	}

	private static boolean isDeferred(Class<?> type) {
		return CompletionStage.class.isAssignableFrom(type) || Future.class.isAssignableFrom(type)
				|| Callable.class.isAssignableFrom(type) || Supplier.class.isAssignableFrom(type)
				|| (REACTIVE_STREAMS && Publishers.isPublisher(type))
				|| type.getName().startsWith("org.springframework.web.context.request.async.")
				|| type.getName().endsWith("ResponseBodyEmitter");
	}

	private static boolean isSuspending(Method method) {
		Class<?>[] types = method.getParameterTypes();
		return types.length > 0 && types[types.length - 1].getName().equals("kotlin.coroutines.Continuation");
	}

	/**
	 * Makes a stage of what a method of this kind returned.
	 */
	@SuppressWarnings("unchecked")
	CompletionStage<@Nullable Object> toStage(Object returned, MethodInvocation invocation) {
		return (this == MONO) ? MonoPlan.toStage(returned, invocation) : (CompletionStage<@Nullable Object>) returned;
	}

	private static final class Publishers {

		static boolean isPublisher(Class<?> type) {
			return org.reactivestreams.Publisher.class.isAssignableFrom(type);
		}

	}

}
