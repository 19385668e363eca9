package dev.resilience.spring.aop;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;

import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.ResolvableType;
import org.springframework.core.env.PropertyResolver;
import org.springframework.util.ClassUtils;

/**
 * A method whose plan is being made: what bindings may ask of it. Used at start-up only.
 */
public final class ProtectedMethod {

	private static final DefaultParameterNameDiscoverer NAMES = new DefaultParameterNameDiscoverer();

	private final Method method;

	private final Class<?> targetClass;

	private final PropertyResolver properties;

	ProtectedMethod(Method method, Class<?> targetClass, PropertyResolver properties) {
		this.method = method;
		this.targetClass = targetClass;
		this.properties = properties;
	}

	/**
	 * The method itself, as the target class declares it.
	 * @return the method
	 */
	public Method method() {
		return this.method;
	}

	/**
	 * The class of the bean behind the proxy.
	 * @return the class
	 */
	public Class<?> targetClass() {
		return this.targetClass;
	}

	/**
	 * Names the method by class, name and parameter types: the same in every JVM, and
	 * different for overloads.
	 * @return the name
	 */
	public String qualifiedName() {
		return ClassUtils.getQualifiedMethodName(this.method, this.targetClass) + signature();
	}

	/**
	 * What a call of the method results in: what it returns, or what a stage or a mono
	 * that it returns holds.
	 * @return the type, with its arguments as far as they are known
	 */
	public ResolvableType resultType() {
		ResolvableType returned = ResolvableType.forMethodReturnType(this.method, this.targetClass);
		return (ReturnKind.of(this.method, this.targetClass) == ReturnKind.PLAIN) ? returned : returned.getGeneric(0);
	}

	private List<ResolvableType> parameterTypes() {
		return IntStream.range(0, this.method.getParameterCount())
			.mapToObj((index) -> ResolvableType.forMethodParameter(this.method, index, this.targetClass))
			.toList();
	}

	private String signature() {
		List<String> types = List.of(this.method.getParameterTypes()).stream().map(Class::getTypeName).toList();
		return "(" + String.join(",", types) + ")";
	}

	/**
	 * Resolves the placeholders in an attribute.
	 * @param annotationType the annotation
	 * @param attribute the attribute's name
	 * @param text the attribute's value
	 * @return the resolved text
	 * @throws InvalidProtectionException when a placeholder has no value, or the text is
	 * empty
	 */
	public String required(Class<? extends Annotation> annotationType, String attribute, String text) {
		String resolved = resolve(annotationType, attribute, text);
		if (resolved.isBlank()) {
			throw invalid(at(annotationType, attribute) + " is empty", "Give it a value.", null);
		}
		return resolved;
	}

	/**
	 * Resolves the placeholders in an attribute.
	 * @param annotationType the annotation
	 * @param attribute the attribute's name
	 * @param text the attribute's value
	 * @return the resolved text
	 * @throws InvalidProtectionException when a placeholder has no value
	 */
	public String resolve(Class<? extends Annotation> annotationType, String attribute, String text) {
		try {
			return this.properties.resolveRequiredPlaceholders(text);
		}
		catch (IllegalArgumentException ex) {
			throw invalid(at(annotationType, attribute) + " is '" + text + "' but " + ex.getMessage(),
					"Set the property, or give a default: ${name:default}.", ex);
		}
	}

	/**
	 * Compiles an expression over the parameters.
	 * @param annotationType the annotation
	 * @param attribute the attribute's name
	 * @param text the expression
	 * @param fit whether the expression may have a type, as far as the parameters tell
	 * @param fitting names the types that it may have, for people
	 * @return reads the expression's value from a call
	 * @throws InvalidProtectionException when it does not parse, names an unknown
	 * parameter or property, names no parameter at all, or has a type that does not fit
	 */
	public Function<MethodInvocation, @Nullable Object> expression(Class<? extends Annotation> annotationType,
			String attribute, String text, Predicate<ResolvableType> fit, String fitting) {
		String resolved = required(annotationType, attribute, text);
		@Nullable String[] names = NAMES.getParameterNames(this.method);
		try {
			return ParameterExpression.compile(resolved, parameterTypes(), names, fit, fitting);
		}
		catch (IllegalArgumentException ex) {
			throw invalid(at(annotationType, attribute) + " is '" + resolved + "' but " + ex.getMessage(),
					"Write an expression over the parameters, such as #p0 or #name.property"
							+ " (names need the compiler's -parameters option).",
					ex);
		}
	}

	/**
	 * Compiles an expression that gives a key.
	 * @param annotationType the annotation
	 * @param attribute the attribute's name
	 * @param text the expression
	 * @return reads the key from a call: a text, or {@code null} for none
	 * @throws InvalidProtectionException when the expression cannot give a key
	 */
	public Function<MethodInvocation, @Nullable Object> key(Class<? extends Annotation> annotationType,
			String attribute, String text) {
		Function<MethodInvocation, @Nullable Object> expression = expression(annotationType, attribute, text,
				KeyValue::mayBe, KeyValue.FITTING);
		return (invocation) -> KeyValue.of(expression.apply(invocation));
	}

	/**
	 * Tells that the method's annotation cannot work.
	 * @param problem what is wrong
	 * @param remedy how to mend it
	 * @param cause what told so
	 * @return the exception to throw
	 */
	public InvalidProtectionException invalid(String problem, String remedy, @Nullable Throwable cause) {
		return new InvalidProtectionException(this.method, problem, remedy, cause);
	}

	private static String at(Class<? extends Annotation> annotationType, String attribute) {
		return "@" + annotationType.getSimpleName() + "(" + attribute + ")";
	}

}
