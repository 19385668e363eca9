package dev.resilience.spring.aop;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.support.AopUtils;
import org.springframework.aop.support.StaticMethodMatcherPointcutAdvisor;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * The one advisor: it matches every method that an annotation protects, and runs the
 * method's plan. Thread-safe.
 */
public final class ProtectionAdvisor extends StaticMethodMatcherPointcutAdvisor {

	private static final long serialVersionUID = 1L;

	private final boolean proxyTargetClass;

	/**
	 * Creates the advisor.
	 * @param compiler gives the compiler when the first plan is needed
	 * @param order where the advisor stands among others
	 * @param proxyTargetClass whether proxies extend classes that have interfaces too
	 */
	public ProtectionAdvisor(Supplier<PlanCompiler> compiler, int order, boolean proxyTargetClass) {
		super(new Interceptor(compiler));
		this.proxyTargetClass = proxyTargetClass;
		setOrder(order);
	}

	@Override
	public boolean matches(Method method, Class<?> targetClass) {
		if (ReflectionUtils.isObjectMethod(method) || Modifier.isStatic(method.getModifiers())
				|| !Protected.isMarked(targetClass)) {
			return false;
		}
		Method specific = AopUtils.getMostSpecificMethod(method, targetClass);
		boolean matches = Modifier.isPublic(specific.getModifiers()) ? PlanCompiler.isProtected(specific, targetClass)
				: PlanCompiler.isProtectedItself(specific);
		if (matches) {
			requireExtensible(targetClass);
		}
		return matches;
	}

	private void requireExtensible(Class<?> targetClass) {
		boolean byInterface = Proxy.isProxyClass(targetClass) || ClassUtils.isLambdaClass(targetClass)
				|| (!this.proxyTargetClass && ClassUtils.getAllInterfacesForClass(targetClass).length > 0);
		if (Modifier.isFinal(targetClass.getModifiers()) && !byInterface) {
			throw new InvalidProtectionException(targetClass, "it is final, so no proxy can protect its methods",
					"Remove 'final' (a record is final: make it a class), or let it implement an interface"
							+ " and set spring.aop.proxy-target-class=false.",
					null);
		}
	}

	/**
	 * Compiles the plans of a class, so that what cannot work is known at start-up.
	 * @param targetClass the class of a bean
	 * @return whether the class has protected methods
	 * @throws InvalidProtectionException when an annotation cannot work
	 */
	public boolean prepare(Class<?> targetClass) {
		Class<?> userClass = ClassUtils.getUserClass(targetClass);
		if (Proxy.isProxyClass(userClass)) {
			boolean any = false;
			for (Class<?> type : userClass.getInterfaces()) {
				any |= prepare(type);
			}
			return any;
		}
		if (!Protected.isMarked(userClass)) {
			return false;
		}
		Interceptor interceptor = (Interceptor) getAdvice();
		boolean[] found = new boolean[1];
		ReflectionUtils.doWithMethods(userClass, (method) -> {
			if (!method.isBridge() && !method.isSynthetic()) {
				if (matches(method, userClass)) {
					requireOverridable(method);
					interceptor.plan(method, userClass);
					found[0] = true;
				}
				else if (PlanCompiler.isProtectedItself(method)) {
					requireOverridable(method);
				}
			}
		}, (method) -> method.getDeclaringClass() != Object.class);
		return found[0];
	}

	private static void requireOverridable(Method method) {
		int modifiers = method.getModifiers();
		String hindrance = Modifier.isPrivate(modifiers) ? "private"
				: Modifier.isStatic(modifiers) ? "static" : Modifier.isFinal(modifiers) ? "final"
						: ReflectionUtils.isObjectMethod(method) ? "a method of java.lang.Object" : null;
		if (hindrance != null) {
			throw new InvalidProtectionException(method, "it is " + hindrance + ", so no proxy can protect it",
					"Annotate only methods that can be overridden, one by one if the class has others.", null);
		}
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

		/**
		 * Finds or compiles a plan. It is kept for the class that the user wrote, and
		 * once more for each generated class that stands for it.
		 */
		MethodPlan plan(Method method, Class<?> targetClass) {
			Map<Method, MethodPlan> plansOfClass = this.plans.get(targetClass);
			MethodPlan known = plansOfClass.get(method);
			if (known != null) {
				return known;
			}
			Class<?> written = writtenType(method, targetClass);
			Method specific = AopUtils.getMostSpecificMethod(method, written);
			if (written != targetClass || !specific.equals(method)) {
				plansOfClass.put(method, plan(specific, written));
				return plansOfClass.get(method);
			}
			PlanCompiler plansCompiler = this.compiler.get();
			// Once for each method, as a binding may make a policy of its own for it.
			synchronized (plansOfClass) {
				MethodPlan raced = plansOfClass.get(method);
				MethodPlan plan = (raced != null) ? raced : plansCompiler.compile(specific, written, this);
				plansOfClass.put(method, plan);
				return plan;
			}
		}

		private static Class<?> writtenType(Method method, Class<?> targetClass) {
			Class<?> userClass = ClassUtils.getUserClass(targetClass);
			if (!Proxy.isProxyClass(userClass)) {
				return userClass;
			}
			return Arrays.stream(userClass.getInterfaces())
				.filter(method.getDeclaringClass()::isAssignableFrom)
				.findFirst()
				.orElse(method.getDeclaringClass());
		}

	}

}
