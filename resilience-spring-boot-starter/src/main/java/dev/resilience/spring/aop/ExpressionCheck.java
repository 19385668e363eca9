package dev.resilience.spring.aop;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

import dev.resilience.PolicyRegistry;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.BeanUtils;
import org.springframework.core.ResolvableType;
import org.springframework.expression.spel.SpelNode;
import org.springframework.expression.spel.ast.Assign;
import org.springframework.expression.spel.ast.BeanReference;
import org.springframework.expression.spel.ast.CompoundExpression;
import org.springframework.expression.spel.ast.ConstructorReference;
import org.springframework.expression.spel.ast.FunctionReference;
import org.springframework.expression.spel.ast.InlineList;
import org.springframework.expression.spel.ast.InlineMap;
import org.springframework.expression.spel.ast.MethodReference;
import org.springframework.expression.spel.ast.OpDec;
import org.springframework.expression.spel.ast.OpInc;
import org.springframework.expression.spel.ast.PropertyOrFieldReference;
import org.springframework.expression.spel.ast.TypeReference;
import org.springframework.expression.spel.ast.VariableReference;
import org.springframework.expression.spel.support.ReflectivePropertyAccessor;
import org.springframework.util.ClassUtils;

/**
 * What can be told of an expression before its first call: parts that it must not have,
 * and the types of the properties that it reads. Where a type is open, an {@link Object},
 * what an index gives, nothing is told.
 */
final class ExpressionCheck {

	private static final List<Class<? extends SpelNode>> FORBIDDEN = List.of(TypeReference.class, BeanReference.class,
			ConstructorReference.class, FunctionReference.class, Assign.class, OpInc.class, OpDec.class);

	private static final Properties PROPERTIES = new Properties();

	private final Function<String, @Nullable ResolvableType> parameters;

	ExpressionCheck(Function<String, @Nullable ResolvableType> parameters) {
		this.parameters = parameters;
	}

	/**
	 * Refuses parts that no evaluation would allow.
	 */
	static void requireAllowed(SpelNode node) {
		if (FORBIDDEN.stream().anyMatch((type) -> type.isInstance(node))) {
			throw new IllegalArgumentException("'" + node.toStringAST()
					+ "' is not allowed: an expression reads properties and methods of the parameters, and nothing else");
		}
		for (int index = 0; index < node.getChildCount(); index++) {
			requireAllowed(node.getChild(index));
		}
	}

	/**
	 * The type of an expression, or {@code null} when it is open.
	 * @throws IllegalArgumentException when a property or method does not exist
	 */
	@Nullable ResolvableType typeOf(SpelNode node) {
		if (node instanceof VariableReference) {
			return this.parameters.apply(node.toStringAST().substring(1));
		}
		if (node instanceof InlineList) {
			return ResolvableType.forClass(List.class);
		}
		if (node instanceof InlineMap) {
			return ResolvableType.forClass(Map.class);
		}
		if (node instanceof CompoundExpression) {
			return typeOfPath(node);
		}
		visitChildren(node);
		return null;
	}

	/**
	 * Checks arguments, indexes and what is done to each element.
	 */
	private void visitChildren(SpelNode node) {
		for (int index = 0; index < node.getChildCount(); index++) {
			typeOf(node.getChild(index));
		}
	}

	private @Nullable ResolvableType typeOfPath(SpelNode path) {
		ResolvableType type = typeOf(path.getChild(0));
		for (int index = 1; index < path.getChildCount(); index++) {
			SpelNode part = path.getChild(index);
			visitChildren(part);
			type = (type != null) ? partType(type, part) : null;
		}
		return type;
	}

	private static @Nullable ResolvableType partType(ResolvableType owner, SpelNode part) {
		Class<?> type = ClassUtils.resolvePrimitiveIfNecessary(owner.resolve(Object.class));
		if (type == Object.class || type.isArray()) {
			return null;
		}
		if (part instanceof PropertyOrFieldReference property) {
			return (property.isNullSafe() && type == Optional.class) ? null : propertyType(owner, type, property);
		}
		if (part instanceof MethodReference method) {
			return (method.isNullSafe() && type == Optional.class) ? null : methodType(owner, type, method);
		}
		return null;
	}

	private static @Nullable ResolvableType propertyType(ResolvableType owner, Class<?> type,
			PropertyOrFieldReference property) {
		String name = property.getName();
		ResolvableType found = PROPERTIES.typeOf(owner, type, name);
		if (found == null && Map.class.isAssignableFrom(type)) {
			throw new IllegalArgumentException(
					"a map has no property '" + name + "': read its entry by the key, as in #map['" + name + "']");
		}
		if (found == null && !mayHaveMore(type)) {
			throw new IllegalArgumentException(type.getName() + " has no property '" + name + "'; nearest: "
					+ PolicyRegistry.nearest(name, Properties.names(type)));
		}
		return found;
	}

	private static @Nullable ResolvableType methodType(ResolvableType owner, Class<?> type, MethodReference call) {
		List<Method> callable = Arrays.stream(type.getMethods()).filter(ExpressionCheck::isReadable).toList();
		List<Method> fitting = callable.stream()
			.filter((method) -> method.getName().equals(call.getName()) && takes(method, call.getChildCount()))
			.filter((method) -> !method.isBridge())
			.toList();
		if (fitting.isEmpty() && !mayHaveMore(type)) {
			Set<String> names = callable.stream().map(Method::getName).collect(Collectors.toSet());
			throw new IllegalArgumentException(type.getName() + " has no method '" + call.getName() + "' of "
					+ call.getChildCount() + " parameters that an expression may call; nearest: "
					+ PolicyRegistry.nearest(call.getName(), names));
		}
		List<ResolvableType> types = fitting.stream()
			.map((method) -> ResolvableType.forType(method.getGenericReturnType(),
					owner.as(method.getDeclaringClass())))
			.toList();
		boolean one = types.stream().map(ResolvableType::getType).distinct().count() == 1;
		return one ? types.get(0) : null;
	}

	private static boolean takes(Method method, int arguments) {
		int count = method.getParameterCount();
		return count == arguments || (method.isVarArgs() && arguments >= count - 1);
	}

	/**
	 * Whether an evaluation may use a method, as {@code DataBindingMethodResolver} and
	 * {@code DataBindingPropertyAccessor} see it.
	 */
	private static boolean isReadable(Method method) {
		return !Modifier.isStatic(method.getModifiers()) && method.getDeclaringClass() != Object.class
				&& method.getDeclaringClass() != Class.class;
	}

	/**
	 * What stands for such a type in a call may have properties and methods of its own.
	 */
	private static boolean mayHaveMore(Class<?> type) {
		return Modifier.isAbstract(type.getModifiers());
	}

	/**
	 * Finds properties as the evaluation does.
	 */
	private static final class Properties extends ReflectivePropertyAccessor {

		Properties() {
			super(false);
		}

		@Override
		protected boolean isCandidateForProperty(Method method, Class<?> targetClass) {
			return isReadable(method);
		}

		@Nullable ResolvableType typeOf(ResolvableType owner, Class<?> type, String name) {
			Method getter = findGetterForProperty(name, type, false);
			if (getter != null) {
				return ResolvableType.forType(getter.getGenericReturnType(), owner.as(getter.getDeclaringClass()));
			}
			Field field = findField(name, type, false);
			return (field != null) ? ResolvableType.forField(field, owner.as(field.getDeclaringClass())) : null;
		}

		static Set<String> names(Class<?> type) {
			Set<String> names = new TreeSet<>();
			Arrays.stream(BeanUtils.getPropertyDescriptors(type))
				.filter((property) -> property.getReadMethod() != null && isReadable(property.getReadMethod()))
				.forEach((property) -> names.add(property.getName()));
			Arrays.stream(type.getFields()).forEach((field) -> names.add(field.getName()));
			if (type.isRecord()) {
				Arrays.stream(type.getRecordComponents()).forEach((component) -> names.add(component.getName()));
			}
			return names;
		}

	}

}
