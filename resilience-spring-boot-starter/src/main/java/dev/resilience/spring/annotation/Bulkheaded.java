package dev.resilience.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Bounds how many calls of a method, or of all public methods of a class together, may
 * run at the same time. Calls beyond that are rejected with a
 * {@code BulkheadFullException}.
 */
@Documented
@Inherited
@Protection
@Retention(RetentionPolicy.RUNTIME)
@Target({ ElementType.TYPE, ElementType.METHOD })
public @interface Bulkheaded {

	/**
	 * The bulkhead's name under {@code resilience.bulkheads}; {@code ${...}} placeholders
	 * are resolved. Methods that name the same bulkhead share its places.
	 * @return the name
	 */
	String value();

	/**
	 * An expression over the parameters, such as {@code #customerId} or
	 * {@code #order.customerId}: each of its values has places of its own. Empty for one
	 * set of places for all calls.
	 * @return a SpEL expression
	 */
	String key() default "";

	/**
	 * Methods of the same class that answer when the call fails or is rejected; see
	 * {@link CircuitProtected#fallback()}.
	 * @return the methods' names
	 */
	String[] fallback() default {};

	/**
	 * Settings of the bulkhead, each {@code property=value}. The application's
	 * configuration overrides them.
	 * @return the settings
	 */
	String[] config() default {};

}
