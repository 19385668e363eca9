package dev.resilience.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Limits how often a method, or all public methods of a class together, may be called.
 * Calls above the limit are rejected with a {@code RateLimitExceededException} that says
 * when to come back.
 */
@Documented
@Inherited
@Protection
@Retention(RetentionPolicy.RUNTIME)
@Target({ ElementType.TYPE, ElementType.METHOD })
public @interface RateLimited {

	/**
	 * The limiter's name under {@code resilience.rate-limiters}; {@code ${...}}
	 * placeholders are resolved. Methods that name the same limiter share it.
	 * @return the name
	 */
	String value();

	/**
	 * An expression over the parameters, such as {@code #customerId} or
	 * {@code #order.customerId}: each of its values has a limit of its own. Empty for one
	 * limit over all calls.
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
	 * Settings of the limiter, each {@code property=value}. The application's
	 * configuration overrides them.
	 * @return the settings
	 */
	String[] config() default {};

}
