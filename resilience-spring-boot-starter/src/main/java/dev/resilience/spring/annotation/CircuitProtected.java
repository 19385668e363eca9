package dev.resilience.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Puts a circuit breaker around a method, or around every public method of a class. After
 * too many failures calls are rejected at once with a {@code CircuitOpenException}, until
 * trial calls succeed again.
 */
@Documented
@Inherited
@Protection
@Retention(RetentionPolicy.RUNTIME)
@Target({ ElementType.TYPE, ElementType.METHOD })
public @interface CircuitProtected {

	/**
	 * The breaker's name under {@code resilience.circuit-breakers}; {@code ${...}}
	 * placeholders are resolved. Methods that name the same breaker share it.
	 * @return the name
	 */
	String value();

	/**
	 * An expression over the parameters, such as {@code #tenantId} or
	 * {@code #order.tenantId}: each of its values has a state of its own, so that an
	 * outage of one leaves the others alone. Empty for one state over all calls.
	 * @return a SpEL expression
	 */
	String key() default "";

	/**
	 * Methods of the same class that answer when the call fails or is rejected, tried in
	 * order. Each takes the same parameters, and optionally the failure as the last one;
	 * of overloads, the one with the closest failure type answers. One without a failure
	 * parameter answers for exceptions; an {@link Error} is only answered by one that
	 * names it, or {@link Throwable}.
	 * @return the methods' names
	 */
	String[] fallback() default {};

	/**
	 * Settings of the breaker, each {@code property=value}. The application's
	 * configuration overrides them.
	 * @return the settings
	 */
	String[] config() default {};

}
