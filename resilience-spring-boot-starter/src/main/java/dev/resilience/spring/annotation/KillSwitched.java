package dev.resilience.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Puts a method, or every public method of a class, under a kill switch: while the switch
 * or one above it is active, calls are rejected with a {@code KillSwitchActiveException}.
 * Every protected method obeys the switch {@code global}, with or without this
 * annotation.
 */
@Documented
@Inherited
@Protection
@Retention(RetentionPolicy.RUNTIME)
@Target({ ElementType.TYPE, ElementType.METHOD })
public @interface KillSwitched {

	/**
	 * The switch's name, hierarchical by dots, declared under
	 * {@code resilience.kill-switches.declared}; {@code ${...}} placeholders are
	 * resolved.
	 * @return the name
	 */
	String value();

	/**
	 * Methods of the same class that answer when the call fails; see
	 * {@link CircuitProtected#fallback()}. An active switch is only answered by a
	 * fallback whose last parameter is exactly {@code KillSwitchActiveException}.
	 * @return the methods' names
	 */
	String[] fallback() default {};

}
