package dev.resilience.spring.aop;

import java.lang.reflect.Method;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;

import org.aopalliance.intercept.MethodInvocation;

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
		if (CompletionStage.class.isAssignableFrom(type) || Future.class.isAssignableFrom(type)
				|| (REACTIVE_STREAMS && Publishers.isPublisher(type)) || isSuspending(method)) {
			throw new InvalidProtectionException(method,
					"it returns " + (isSuspending(method) ? "by suspending" : type.getName())
							+ ", which cannot be protected",
					"Return a plain value, a CompletionStage, a CompletableFuture or a Mono.", null);
		}
		return PLAIN;
	}

	private static boolean isSuspending(Method method) {
		Class<?>[] types = method.getParameterTypes();
		return types.length > 0 && types[types.length - 1].getName().equals("kotlin.coroutines.Continuation");
	}

	/**
	 * Makes a stage of what a method of this kind returned.
	 */
	@SuppressWarnings("unchecked")
	CompletionStage<Object> toStage(Object returned, MethodInvocation invocation) {
		return (this == MONO) ? MonoPlan.toStage(returned, invocation) : (CompletionStage<Object>) returned;
	}

	private static final class Publishers {

		static boolean isPublisher(Class<?> type) {
			return org.reactivestreams.Publisher.class.isAssignableFrom(type);
		}

	}

}
