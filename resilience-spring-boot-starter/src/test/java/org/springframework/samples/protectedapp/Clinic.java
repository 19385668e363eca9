package org.springframework.samples.protectedapp;

import dev.resilience.spring.annotation.CircuitProtected;

/**
 * A user's class in a package that begins like Spring's own.
 */
public class Clinic {

	/**
	 * Does nothing, under the breaker {@code payments}.
	 */
	@CircuitProtected("payments")
	public void visit() {
	}

}
