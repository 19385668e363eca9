package dev.resilience.spring.benchmark;

import io.github.resilience4j.circuitbreaker.annotation.CircuitBreaker;

/**
 * A class under Resilience4j's annotation.
 */
@CircuitBreaker(name = "class")
class PeerClass {

	private final Integer result = Integer.valueOf(42);

	public Integer breaker(String order) {
		return this.result;
	}

}
