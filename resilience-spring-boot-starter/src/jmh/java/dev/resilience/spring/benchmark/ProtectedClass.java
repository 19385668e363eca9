package dev.resilience.spring.benchmark;

import dev.resilience.spring.annotation.CircuitProtected;

/**
 * A class under our annotation.
 */
@CircuitProtected("class")
class ProtectedClass {

	private final Integer result = Integer.valueOf(42);

	public Integer breaker(String order) {
		return this.result;
	}

}
