package dev.resilience;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks the test of a fault that was seen in a released library of the field. The test
 * fails when the fault is put in.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Trap {

	/**
	 * The fault's numbers.
	 * @return the numbers
	 */
	int[] value();

}
