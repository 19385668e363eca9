package dev.resilience.spring.aop;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import dev.resilience.Policy;
import dev.resilience.PolicyRegistry;
import dev.resilience.fallback.Fallback;
import dev.resilience.fallback.Handler;
import dev.resilience.time.TimeSource;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.core.ResolvableType;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * Finds the fallback methods that annotations name, and makes a policy of them. A
 * fallback is called on the bean itself, so it may be private.
 */
final class FallbackMethods {

	private final TimeSource time;

	FallbackMethods(TimeSource time) {
		this.time = time;
	}

	Policy policy(ProtectedMethod method, ReturnKind kind, List<String> names) {
		List<Handler> chain = names.stream().map((name) -> handler(method, kind, name)).toList();
		return new Fallback(method.qualifiedName(), chain, this.time);
	}

	private static Handler handler(ProtectedMethod method, ReturnKind kind, String name) {
		List<Handler.Case<?>> cases = new ArrayList<>();
		List<Method> named = Arrays.stream(ReflectionUtils.getUniqueDeclaredMethods(method.targetClass()))
			.filter((candidate) -> candidate.getName().equals(name) && !candidate.isBridge())
			.toList();
		for (Method candidate : named) {
			Class<? extends Throwable> failure = handled(method, candidate);
			if (failure != null) {
				boolean takesFailure = candidate.getParameterCount() > method.method().getParameterCount();
				cases.add(recovery(candidate, kind, failure, takesFailure));
			}
		}
		if (cases.isEmpty()) {
			throw unfit(method, name, named);
		}
		try {
			return new Handler(cases);
		}
		catch (IllegalArgumentException ex) {
			throw method.invalid("two methods named '" + name + "' are fallbacks for the same failure",
					"Keep one for each type of failure; one without a failure parameter stands for Exception.", ex);
		}
	}

	private static <X extends Throwable> Handler.Case<X> recovery(Method fallback, ReturnKind kind, Class<X> failure,
			boolean takesFailure) {
		ReflectionUtils.makeAccessible(fallback);
		return new Handler.Case<>(failure,
				(argument, cause) -> invoke(fallback, kind, (MethodInvocation) argument, takesFailure ? cause : null));
	}

	private static @Nullable Object invoke(Method fallback, ReturnKind kind, MethodInvocation call,
			@Nullable Throwable failure) throws Throwable {
		@Nullable Object[] arguments = Arrays.copyOf(call.getArguments(), fallback.getParameterCount());
		if (failure != null) {
			arguments[arguments.length - 1] = failure;
		}
		try {
			Object returned = fallback.invoke(call.getThis(), arguments);
			return (kind != ReturnKind.PLAIN && returned != null) ? kind.toStage(returned, call) : returned;
		}
		catch (InvocationTargetException ex) {
			throw ex.getTargetException();
		}
	}

	/**
	 * The failures that a method is a fallback for, or {@code null} when it does not fit.
	 */
	private static @Nullable Class<? extends Throwable> handled(ProtectedMethod method, Method candidate) {
		if (candidate.equals(method.method()) || !returnsFit(method, candidate)) {
			return null;
		}
		Class<?>[] expected = method.method().getParameterTypes();
		Class<?>[] actual = candidate.getParameterTypes();
		if (actual.length < expected.length || actual.length > expected.length + 1) {
			return null;
		}
		for (int index = 0; index < expected.length; index++) {
			if (!ClassUtils.isAssignable(actual[index], expected[index])) {
				return null;
			}
		}
		if (actual.length == expected.length) {
			return Exception.class;
		}
		Class<?> last = actual[actual.length - 1];
		return Throwable.class.isAssignableFrom(last) ? last.asSubclass(Throwable.class) : null;
	}

	private static boolean returnsFit(ProtectedMethod method, Method candidate) {
		ResolvableType expected = ResolvableType.forMethodReturnType(method.method(), method.targetClass());
		ResolvableType actual = ResolvableType.forMethodReturnType(candidate, method.targetClass());
		return expected.resolve() == void.class || expected.isAssignableFrom(actual)
				|| (ClassUtils.isAssignable(expected.toClass(), actual.toClass()) && !expected.hasGenerics());
	}

	private static InvalidProtectionException unfit(ProtectedMethod method, String name, List<Method> named) {
		String problem = named.isEmpty()
				? "its fallback '" + name + "' does not exist; nearest: "
						+ PolicyRegistry.nearest(name, methodNames(method.targetClass()))
				: "its fallback '" + name + "' does not fit: there is " + named;
		return method.invalid(problem,
				"Declare in " + method.targetClass().getName() + ": "
						+ method.method().getGenericReturnType().getTypeName() + " " + name
						+ "(...) with the same parameters, and optionally the failure as the last one.",
				null);
	}

	private static Set<String> methodNames(Class<?> type) {
		return Arrays.stream(ReflectionUtils.getUniqueDeclaredMethods(type))
			.filter((candidate) -> candidate.getDeclaringClass() != Object.class && !candidate.isSynthetic())
			.map(Method::getName)
			.collect(Collectors.toSet());
	}

}
