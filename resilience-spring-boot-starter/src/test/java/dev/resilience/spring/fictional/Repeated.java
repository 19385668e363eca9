package dev.resilience.spring.fictional;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import dev.resilience.spring.annotation.Protection;

/**
 * Repeats a call that failed, at once.
 */
@Protection
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Repeated {

	/**
	 * How often at most.
	 * @return the number of repetitions
	 */
	int value() default 2;

}
