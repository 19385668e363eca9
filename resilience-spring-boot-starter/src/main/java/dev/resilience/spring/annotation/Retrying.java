package dev.resilience.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Calls a method, or every public method of a class, again when it fails, after a while
 * that grows from try to try. The last failure is thrown as it is.
 */
@Documented
@Inherited
@Protection
@Retention(RetentionPolicy.RUNTIME)
@Target({ ElementType.TYPE, ElementType.METHOD })
public @interface Retrying {

	/**
	 * The retry's name under {@code resilience.retries}; {@code ${...}} placeholders are
	 * resolved. Methods that name the same retry share its budget.
	 * @return the name
	 */
	String value();

	/**
	 * Methods of the same class that answer when the last try has failed; see
	 * {@link CircuitProtected#fallback()}.
	 * @return the methods' names
	 */
	String[] fallback() default {};

	/**
	 * Settings of the retry, each {@code property=value}. The application's configuration
	 * overrides them.
	 * @return the settings
	 */
	String[] config() default {};

}
