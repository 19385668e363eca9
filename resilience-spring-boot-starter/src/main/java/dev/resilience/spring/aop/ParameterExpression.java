package dev.resilience.spring.aop;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

import dev.resilience.PolicyRegistry;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.core.ResolvableType;
import org.springframework.expression.MethodResolver;
import org.springframework.expression.ParseException;
import org.springframework.expression.PropertyAccessor;
import org.springframework.expression.TypeConverter;
import org.springframework.expression.spel.SpelNode;
import org.springframework.expression.spel.SpelParserConfiguration;
import org.springframework.expression.spel.ast.VariableReference;
import org.springframework.expression.spel.standard.SpelExpression;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.expression.spel.support.DataBindingMethodResolver;
import org.springframework.expression.spel.support.DataBindingPropertyAccessor;
import org.springframework.expression.spel.support.SimpleEvaluationContext;
import org.springframework.expression.spel.support.StandardTypeConverter;

/**
 * An expression over a method's parameters, parsed once. A bare parameter is read without
 * SpEL. Expressions see properties and methods of the parameters, and nothing else: no
 * types, no beans, no constructors.
 */
final class ParameterExpression implements Function<MethodInvocation, @Nullable Object> {

	private static final SpelExpressionParser PARSER = new SpelExpressionParser(
			new SpelParserConfiguration(false, false));

	// Shared, as they remember how each property and method is found.

	private static final PropertyAccessor PROPERTIES = DataBindingPropertyAccessor.forReadOnlyAccess();

	private static final MethodResolver METHODS = DataBindingMethodResolver.forInstanceMethodInvocation();

	private static final TypeConverter CONVERTER = new StandardTypeConverter();

	private final SpelExpression expression;

	private final Map<String, Integer> variables;

	private ParameterExpression(SpelExpression expression, Map<String, Integer> variables) {
		this.expression = expression;
		this.variables = variables;
	}

	/**
	 * Compiles an expression. A type that does not fit is answered with those that do.
	 * @throws IllegalArgumentException when it does not parse, names an unknown parameter
	 * or property, names no parameter, or has a type that does not fit
	 */
	static Function<MethodInvocation, @Nullable Object> compile(String text, List<ResolvableType> types,
			@Nullable String @Nullable [] names, Predicate<ResolvableType> fit, String fitting) {
		Map<String, Integer> parameters = parameters(types.size(), names);
		SpelExpression expression = parse(text);
		ExpressionCheck.requireAllowed(expression.getAST());
		Map<String, Integer> used = used(expression, parameters);
		ResolvableType type = new ExpressionCheck((name) -> {
			Integer index = parameters.get(name);
			return (index != null) ? types.get(index) : null;
		}).typeOf(expression.getAST());
		if (type != null && !fit.test(type)) {
			throw new IllegalArgumentException("it gives a " + type + ", which does not serve: let it give " + fitting);
		}
		if (expression.getAST() instanceof VariableReference) {
			int index = used.values().iterator().next();
			return (invocation) -> invocation.getArguments()[index];
		}
		return new ParameterExpression(expression, used);
	}

	private static Map<String, Integer> used(SpelExpression expression, Map<String, Integer> parameters) {
		Map<String, Integer> used = new LinkedHashMap<>();
		for (String variable : variables(expression.getAST(), new ArrayList<>())) {
			Integer index = parameters.get(variable);
			if (index == null) {
				throw new IllegalArgumentException("there is no parameter '" + variable + "'; nearest: "
						+ PolicyRegistry.nearest(variable, parameters.keySet()));
			}
			used.put(variable, index);
		}
		if (used.isEmpty()) {
			throw new IllegalArgumentException(
					"it names no parameter, so it is the same for all calls: write #" + first(parameters));
		}
		return used;
	}

	private static String first(Map<String, Integer> parameters) {
		return parameters.isEmpty() ? "name, and give the method a parameter" : parameters.keySet().iterator().next();
	}

	@Override
	public @Nullable Object apply(MethodInvocation invocation) {
		SimpleEvaluationContext context = SimpleEvaluationContext.forPropertyAccessors(PROPERTIES)
			.withMethodResolvers(METHODS)
			.withTypeConverter(CONVERTER)
			.withAssignmentDisabled()
			.build();
		this.variables.forEach((name, index) -> context.setVariable(name, invocation.getArguments()[index]));
		return this.expression.getValue(context);
	}

	private static SpelExpression parse(String text) {
		try {
			return PARSER.parseRaw(text);
		}
		catch (ParseException ex) {
			throw new IllegalArgumentException("it does not parse: " + ex.getSimpleMessage(), ex);
		}
		catch (IllegalStateException ex) {
			throw new IllegalArgumentException("it does not parse: " + ex.getMessage(), ex);
		}
	}

	private static Map<String, Integer> parameters(int count, @Nullable String @Nullable [] names) {
		Map<String, Integer> parameters = new LinkedHashMap<>();
		for (int index = 0; index < count; index++) {
			String name = (names != null) ? names[index] : null;
			if (name != null) {
				parameters.put(name, index);
			}
		}
		for (int index = 0; index < count; index++) {
			parameters.put("p" + index, index);
			parameters.put("a" + index, index);
		}
		return parameters;
	}

	private static List<String> variables(SpelNode node, List<String> found) {
		if (node instanceof VariableReference reference) {
			String name = reference.toStringAST().substring(1);
			if (!name.equals("this") && !name.equals("root")) {
				found.add(name);
			}
		}
		for (int index = 0; index < node.getChildCount(); index++) {
			variables(node.getChild(index), found);
		}
		return found;
	}

}
