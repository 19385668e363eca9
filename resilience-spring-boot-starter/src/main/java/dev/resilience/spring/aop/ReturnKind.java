package dev.resilience.spring.aop;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;

import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.core.GenericTypeResolver;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
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

	private static final String HANDLER = "org.springframework.web.bind.annotation.RequestMapping";

	private static final Set<String> DEFERRED = Set.of(
			"org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitter",
			"org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody",
			"org.springframework.web.context.request.async.DeferredResult",
			"org.springframework.web.context.request.async.WebAsyncTask", "kotlinx.coroutines.flow.Flow",
			"kotlinx.coroutines.Deferred");

	private static final List<String> DEFERRED_PACKAGES = List.of("io.reactivex.", "io.smallrye.mutiny.", "rx.");

	/** What is known of the classes of values: each is looked at once. */
	private static final ClassValue<Boolean> IS_DEFERRED = new ClassValue<>() {

		@Override
		protected Boolean computeValue(Class<?> type) {
			return isDeferred(type);
		}

	};

	static ReturnKind of(Method method, Class<?> targetClass) {
		ResolvableType returned = ResolvableType.forMethodReturnType(method, targetClass);
		Class<?> type = GenericTypeResolver.resolveReturnType(method, targetClass);
		if (type == CompletionStage.class || type == CompletableFuture.class) {
			return STAGE;
		}
		if (REACTOR && MonoPlan.handles(type)) {
			return MONO;
		}
		boolean suspending = isSuspending(method);
		if (suspending || isDeferred(type) || isDeferredBody(returned) || isRunByWeb(method, type)) {
			throw new InvalidProtectionException(method,
					"it returns " + (suspending ? "by suspending" : returned)
							+ ", whose work goes on after the method has returned, which cannot be protected",
					"Return a plain value, a CompletionStage, a CompletableFuture or a Mono.", null);
		}
		return PLAIN;
	}

	/**
	 * Refuses what a method returned although its declaration promised nothing of the
	 * kind: a call that goes on after the method has returned.
	 */
	static @Nullable Object requireDone(@Nullable Object returned) {
		if (returned != null && IS_DEFERRED.get(returned.getClass())) {
			throw new UntrackableCallError(returned.getClass());
		}
		return returned;
	}

	private static boolean isDeferred(Class<?> type) {
		return CompletionStage.class.isAssignableFrom(type) || Future.class.isAssignableFrom(type)
				|| Flow.Publisher.class.isAssignableFrom(type) || (REACTIVE_STREAMS && Publishers.isPublisher(type))
				|| isNamed(type);
	}

	/**
	 * Whether a type is one of those that need not be on the class path.
	 */
	private static boolean isNamed(@Nullable Class<?> type) {
		if (type == null) {
			return false;
		}
		String name = type.getName();
		return DEFERRED.contains(name) || DEFERRED_PACKAGES.stream().anyMatch(name::startsWith)
				|| isNamed(type.getSuperclass()) || Arrays.stream(type.getInterfaces()).anyMatch(ReturnKind::isNamed);
	}

	/**
	 * Whether the body of a response is written later.
	 */
	private static boolean isDeferredBody(ResolvableType returned) {
		for (Class<?> type = returned.resolve(); type != null; type = type.getSuperclass()) {
			if (type.getName().equals("org.springframework.http.HttpEntity")) {
				Class<?> written = returned.as(type).getGeneric().resolve(Object.class);
				return isDeferred(written) || Callable.class.isAssignableFrom(written);
			}
		}
		return false;
	}

	/**
	 * Whether WebMVC would run what a controller returned, on another thread. Elsewhere a
	 * {@link Callable} is a value like others.
	 */
	private static boolean isRunByWeb(Method method, Class<?> type) {
		return Callable.class.isAssignableFrom(type)
				&& MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY).isPresent(HANDLER);
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
