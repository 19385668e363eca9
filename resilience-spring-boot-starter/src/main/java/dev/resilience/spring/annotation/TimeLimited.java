package dev.resilience.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Bounds how long a method, or every public method of a class, may take. A call that
 * takes longer is interrupted or cancelled, and fails with a
 * {@code CallTimeoutException}.
 */
@Documented
@Inherited
@Protection
@Retention(RetentionPolicy.RUNTIME)
@Target({ ElementType.TYPE, ElementType.METHOD })
public @interface TimeLimited {

	/**
	 * The timeout's name under {@code resilience.timeouts}; {@code ${...}} placeholders
	 * are resolved. Methods that name the same timeout share its settings.
	 * @return the name
	 */
	String value();

	/**
	 * Methods of the same class that answer when the call fails or takes too long; see
	 * {@link CircuitProtected#fallback()}.
	 * @return the methods' names
	 */
	String[] fallback() default {};

	/**
	 * Settings of the timeout, each {@code property=value}. The application's
	 * configuration overrides them.
	 * @return the settings
	 */
	String[] config() default {};

}
