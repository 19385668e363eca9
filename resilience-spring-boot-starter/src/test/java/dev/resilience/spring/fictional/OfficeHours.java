package dev.resilience.spring.fictional;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import dev.resilience.spring.annotation.Protection;

/**
 * Lets calls pass only while an office is open.
 */
@Protection
@Retention(RetentionPolicy.RUNTIME)
@Target({ ElementType.TYPE, ElementType.METHOD })
public @interface OfficeHours {

	/**
	 * The office's name under {@code resilience.office-hours}.
	 * @return the name
	 */
	String value();

	/**
	 * Methods that answer when the office is closed.
	 * @return the methods' names
	 */
	String[] fallback() default {};

	/**
	 * Settings of the office.
	 * @return the settings
	 */
	String[] config() default {};

}
