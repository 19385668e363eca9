package dev.resilience.spring.aop;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

import dev.resilience.CallContext;
import dev.resilience.Pipeline;
import dev.resilience.Pipeline.Compiled;
import dev.resilience.Policy;
import dev.resilience.spring.annotation.Protection;
import dev.resilience.time.TimeSource;
import org.aopalliance.aop.Advice;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.core.env.PropertyResolver;
import org.springframework.util.ObjectUtils;

/**
 * Makes the plan of a method: finds its annotations, asks the patterns' bindings for
 * their policies, and puts them in order. It knows no pattern. Thread-safe.
 */
public final class PlanCompiler {

	private final List<ProtectionBinding<?>> bindings;

	private final PropertyResolver properties;

	private final FallbackMethods fallbacks;

	/**
	 * Creates a compiler.
	 * @param bindings the patterns' bindings
	 * @param properties resolves placeholders
	 * @param time given to the fallbacks
	 */
	public PlanCompiler(List<ProtectionBinding<?>> bindings, PropertyResolver properties, TimeSource time) {
		this.bindings = bindings.stream().sorted(Comparator.comparingInt(ProtectionBinding::order)).toList();
		this.properties = properties;
		this.fallbacks = new FallbackMethods(time);
	}

	/**
	 * Makes the plan of a method.
	 * @param method the method
	 * @param targetClass the class that the user wrote
	 * @param interceptor what will run the plan
	 */
	MethodPlan compile(Method method, Class<?> targetClass, Advice interceptor) {
		ProtectedMethod described = new ProtectedMethod(method, targetClass, this.properties);
		ReturnKind kind = ReturnKind.of(method, targetClass);
		Set<Class<?>> unbound = protections(method, targetClass);
		List<BoundPolicy> bound = new ArrayList<>();
		Set<String> fallbackNames = new LinkedHashSet<>();
		Map<String, Class<?>> sources = new HashMap<>();
		for (ProtectionBinding<?> binding : this.bindings) {
			MergedAnnotation<?> annotation = find(described, binding.annotationType());
			if (annotation != null) {
				unbound.remove(binding.annotationType());
				List<BoundPolicy> found = bind(binding, annotation, described);
				requireOneAnnotation(found, binding.annotationType(), sources, described);
				bound.addAll(found);
				fallbackNames.addAll(List.of(fallbacks(annotation)));
			}
			else {
				bound.addAll(binding.bindUnannotated(described));
			}
		}
		if (!unbound.isEmpty()) {
			throw described.invalid("nothing handles @" + unbound.iterator().next().getSimpleName(),
					"Remove the annotation, or the exclusion of its auto-configuration.", null);
		}
		if (!fallbackNames.isEmpty()) {
			bound.add(0, BoundPolicy.of(this.fallbacks.policy(described, kind, List.copyOf(fallbackNames))));
		}
		return plan(kind, method.getReturnType(), bound, new Repetition(interceptor));
	}

	/**
	 * Refuses two annotations that bring policies of one type: which stands outside is
	 * for one of them to say.
	 */
	private static void requireOneAnnotation(List<BoundPolicy> found, Class<?> annotation,
			Map<String, Class<?>> sources, ProtectedMethod method) {
		for (BoundPolicy each : found) {
			Class<?> source = sources.putIfAbsent(each.policy().type(), annotation);
			if (source != null && source != annotation) {
				throw method.invalid(
						"@" + source.getSimpleName() + " and @" + annotation.getSimpleName() + " both put a "
								+ each.policy().type() + " around it",
						"Keep one of the two, or let the other protect a method of its own.", null);
			}
		}
	}

	@SuppressWarnings("unchecked")
	private static <A extends Annotation> List<BoundPolicy> bind(ProtectionBinding<A> binding,
			MergedAnnotation<?> annotation, ProtectedMethod method) {
		return binding.bind((MergedAnnotation<A>) annotation, method);
	}

	private static String[] fallbacks(MergedAnnotation<?> annotation) {
		return annotation.getValue("fallback", String[].class).orElseGet(() -> new String[0]);
	}

	@SuppressWarnings("NullAway") // a call may return null
	private static MethodPlan plan(ReturnKind kind, Class<?> returnType, List<BoundPolicy> bound,
			Repetition repetition) {
		List<Policy> policies = bound.stream().map(BoundPolicy::policy).toList();
		List<Function<? super MethodInvocation, CallContext>> contexts = new ArrayList<>();
		bound.forEach((policy) -> contexts.add(policy.context()));
		Policy.Call<MethodInvocation, @Nullable Object> once = (kind == ReturnKind.PLAIN && returnType != Object.class)
				? MethodInvocation::proceed : (invocation) -> proceed(kind, invocation);
		boolean repeats = policies.stream().anyMatch(Policy::mayRepeat);
		Policy.Call<MethodInvocation, @Nullable Object> work = repeats
				? (invocation) -> once.invoke(repetition.next(invocation)) : once;
		Compiled<MethodInvocation, @Nullable Object> chain = Pipeline.compile(policies, contexts, work);
		return switch (kind) {
			case PLAIN -> new MethodPlan.Plain(chain);
			case STAGE -> new MethodPlan.Staged(chain);
			case MONO -> new MonoPlan(chain);
		};
	}

	private static @Nullable Object proceed(ReturnKind kind, MethodInvocation invocation) throws Throwable {
		Object returned = invocation.proceed();
		if (kind == ReturnKind.PLAIN) {
			return ReturnKind.requireDone(returned);
		}
		return (returned != null) ? kind.toStage(returned, invocation) : null;
	}

	static boolean isProtected(Method method, Class<?> targetClass) {
		return !protections(method, targetClass).isEmpty();
	}

	static boolean isProtectedItself(Method method) {
		return search(method).isPresent(Protection.class);
	}

	/**
	 * The protecting annotations of a method: its own, and those of its class.
	 */
	private static Set<Class<?>> protections(Method method, Class<?> targetClass) {
		Set<Class<?>> found = new LinkedHashSet<>();
		for (MergedAnnotations annotations : List.of(search(method), search(targetClass))) {
			annotations.stream(Protection.class)
				.map(MergedAnnotation::getMetaSource)
				.filter((source) -> source != null)
				.forEach((source) -> found.add(source.getType()));
		}
		return found;
	}

	/**
	 * The annotation of a method, or else of its class.
	 */
	private static @Nullable MergedAnnotation<?> find(ProtectedMethod method,
			Class<? extends Annotation> annotationType) {
		MergedAnnotation<?> onMethod = only(method, search(method.method()), annotationType);
		return (onMethod != null) ? onMethod : only(method, search(method.targetClass()), annotationType);
	}

	/**
	 * The one annotation of a type that an element carries, or else inherits. Two that
	 * differ, which composed annotations bring along, would leave one without effect.
	 */
	private static @Nullable MergedAnnotation<?> only(ProtectedMethod method, MergedAnnotations annotations,
			Class<? extends Annotation> annotationType) {
		MergedAnnotation<?> only = null;
		for (MergedAnnotation<?> each : annotations.stream(annotationType).toList()) {
			if (only != null && only.getAggregateIndex() == each.getAggregateIndex()
					&& !attributes(only).equals(attributes(each))) {
				throw method.invalid("it carries two that differ: " + describe(only) + " and " + describe(each),
						"Keep one, or let the other protect a method of its own.", null);
			}
			only = (only != null) ? only : each;
		}
		return only;
	}

	private static String attributes(MergedAnnotation<?> annotation) {
		Map<String, String> attributes = new TreeMap<>();
		annotation.filterDefaultValues()
			.asMap()
			.forEach((name, value) -> attributes.put(name, ObjectUtils.nullSafeToString(value)));
		return attributes.toString();
	}

	private static String describe(MergedAnnotation<?> annotation) {
		String own = "@" + annotation.getType().getSimpleName() + attributes(annotation);
		return (annotation.getDistance() == 0) ? own : own + " of @" + annotation.getRoot().getType().getSimpleName();
	}

	private static MergedAnnotations search(AnnotatedElement element) {
		return MergedAnnotations.from(element, SearchStrategy.TYPE_HIERARCHY);
	}

}
