package dev.resilience.spring.aop;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

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
import org.springframework.expression.spel.ast.OpDec;
import org.springframework.expression.spel.ast.OpInc;
import org.springframework.expression.spel.ast.PropertyOrFieldReference;
import org.springframework.expression.spel.ast.TypeReference;
import org.springframework.expression.spel.ast.VariableReference;
import org.springframework.expression.spel.support.ReflectivePropertyAccessor;

/**
 * What can be told of an expression before its first call: parts that it must not have,
 * and the types of the properties that it reads. Where a type is open, an {@link Object},
 * a map or what a method returns, nothing is told.
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
	 * @throws IllegalArgumentException when a property does not exist
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
		for (int index = 0; index < node.getChildCount(); index++) {
			typeOf(node.getChild(index));
		}
		return null;
	}

	private @Nullable ResolvableType typeOfPath(SpelNode path) {
		ResolvableType type = typeOf(path.getChild(0));
		for (int index = 1; index < path.getChildCount(); index++) {
			type = (type != null && path.getChild(index) instanceof PropertyOrFieldReference property)
					? propertyType(type, property) : null;
		}
		return type;
	}

	private static @Nullable ResolvableType propertyType(ResolvableType owner, PropertyOrFieldReference property) {
		Class<?> type = owner.resolve(Object.class);
		if (type == Object.class || type.isArray() || type.isPrimitive() || Map.class.isAssignableFrom(type)
				|| (property.isNullSafe() && type == Optional.class)) {
			return null;
		}
		ResolvableType found = PROPERTIES.typeOf(owner, type, property.getName());
		if (found == null) {
			throw new IllegalArgumentException(type.getName() + " has no property '" + property.getName()
					+ "'; nearest: " + PolicyRegistry.nearest(property.getName(), Properties.names(type)));
		}
		return found;
	}

	/**
	 * Finds properties as the evaluation does.
	 */
	private static final class Properties extends ReflectivePropertyAccessor {

		Properties() {
			super(false);
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
				.filter((property) -> property.getReadMethod() != null)
				.forEach((property) -> names.add(property.getName()));
			Arrays.stream(type.getFields()).forEach((field) -> names.add(field.getName()));
			if (type.isRecord()) {
				Arrays.stream(type.getRecordComponents()).forEach((component) -> names.add(component.getName()));
			}
			return names;
		}

	}

}
