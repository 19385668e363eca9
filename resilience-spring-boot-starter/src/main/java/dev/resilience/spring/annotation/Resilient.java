package dev.resilience.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Puts a pipeline around a method, or around every public method of a class: the policies
 * that the configuration lists for it, in the order of the list.
 */
@Documented
@Inherited
@Protection
@Retention(RetentionPolicy.RUNTIME)
@Target({ ElementType.TYPE, ElementType.METHOD })
public @interface Resilient {

	/**
	 * The pipeline's name under {@code resilience.pipelines}; {@code ${...}} placeholders
	 * are resolved.
	 * @return the name
	 */
	String value();

	/**
	 * An expression over the parameters, such as {@code #customerId} or
	 * {@code #order.customerId}, for those policies of the pipeline that take keys. Empty
	 * for none.
	 * @return a SpEL expression
	 */
	String key() default "";

	/**
	 * Methods of the same class that answer when the call fails or is rejected; see
	 * {@link CircuitProtected#fallback()}.
	 * @return the methods' names
	 */
	String[] fallback() default {};

}
