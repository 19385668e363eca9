package dev.resilience.spring.aop;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import dev.resilience.spring.annotation.Protection;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.support.AopUtils;
import org.springframework.aop.support.StaticMethodMatcherPointcutAdvisor;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * The one advisor: it matches every method that an annotation protects, and runs the
 * method's plan. Thread-safe.
 */
public final class ProtectionAdvisor extends StaticMethodMatcherPointcutAdvisor {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the advisor.
	 * @param compiler gives the compiler when the first plan is needed
	 * @param order where the advisor stands among others
	 */
	public ProtectionAdvisor(Supplier<PlanCompiler> compiler, int order) {
		super(new Interceptor(compiler));
		setOrder(order);
	}

	@Override
	public boolean matches(Method method, Class<?> targetClass) {
		if (method.getDeclaringClass() == Object.class || Modifier.isStatic(method.getModifiers())
				|| !isCandidate(targetClass)) {
			return false;
		}
		Method specific = AopUtils.getMostSpecificMethod(method, targetClass);
		return Modifier.isPublic(specific.getModifiers()) ? PlanCompiler.isProtected(specific, targetClass)
				: PlanCompiler.isProtectedItself(specific);
	}

	/**
	 * Compiles the plans of a class, so that what cannot work is known at start-up.
	 * @param targetClass the class of a bean
	 * @return whether the class has protected methods
	 * @throws InvalidProtectionException when an annotation cannot work
	 */
	public boolean prepare(Class<?> targetClass) {
		Class<?> userClass = ClassUtils.getUserClass(targetClass);
		if (!isCandidate(userClass)) {
			return false;
		}
		Interceptor interceptor = (Interceptor) getAdvice();
		boolean[] found = new boolean[1];
		ReflectionUtils.doWithMethods(userClass, (method) -> {
			if (!method.isBridge() && !method.isSynthetic()) {
				if (matches(method, userClass)) {
					requireOverridable(method, userClass);
					interceptor.plan(method, userClass);
					found[0] = true;
				}
				else if (PlanCompiler.isProtectedItself(method)) {
					requireOverridable(method, userClass);
				}
			}
		}, (method) -> method.getDeclaringClass() != Object.class);
		return found[0];
	}

	private static void requireOverridable(Method method, Class<?> userClass) {
		int modifiers = method.getModifiers();
		String hindrance = Modifier.isPrivate(modifiers) ? "private" : Modifier.isStatic(modifiers) ? "static"
				: (Modifier.isFinal(modifiers) && !isInterfaceMethod(method, userClass)) ? "final" : null;
		if (hindrance != null && (PlanCompiler.isProtectedItself(method) || hindrance.equals("final"))) {
			throw new InvalidProtectionException(method, "it is " + hindrance + ", so no proxy can protect it",
					"Make it a public method that is neither static nor final.", null);
		}
	}

	private static boolean isInterfaceMethod(Method method, Class<?> userClass) {
		return ClassUtils.getInterfaceMethodIfPossible(method, userClass).getDeclaringClass().isInterface();
	}

	static boolean isCandidate(Class<?> type) {
		return AnnotationUtils.isCandidateClass(type, Protection.class)
				&& !type.getName().startsWith("org.springframework.");
	}

	private static final class Interceptor implements MethodInterceptor {

		private final Supplier<PlanCompiler> compiler;

		private final ClassValue<Map<Method, MethodPlan>> plans = new ClassValue<>() {

			@Override
			protected Map<Method, MethodPlan> computeValue(Class<?> type) {
				return new ConcurrentHashMap<>();
			}

		};

		Interceptor(Supplier<PlanCompiler> compiler) {
			this.compiler = compiler;
		}

		@Override
		public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
			Method method = invocation.getMethod();
			Object target = invocation.getThis();
			Class<?> targetClass = (target != null) ? target.getClass() : method.getDeclaringClass();
			MethodPlan plan = this.plans.get(targetClass).get(method);
			return ((plan != null) ? plan : plan(method, targetClass)).invoke(invocation);
		}

		MethodPlan plan(Method method, Class<?> targetClass) {
			Map<Method, MethodPlan> plansOfClass = this.plans.get(targetClass);
			MethodPlan known = plansOfClass.get(method);
			if (known != null) {
				return known;
			}
			Class<?> userClass = ClassUtils.getUserClass(targetClass);
			Method specific = AopUtils.getMostSpecificMethod(method, userClass);
			MethodPlan plan = specific.equals(method) ? this.compiler.get().compile(specific, userClass)
					: plan(specific, userClass);
			MethodPlan raced = plansOfClass.putIfAbsent(method, plan);
			return (raced != null) ? raced : plan;
		}

	}

}
