package dev.resilience.circuitbreaker;

/**
 * Whether a {@link CircuitBreaker} turns calls away.
 */
public enum CircuitBreakerMode {

	/** It does. */
	ENFORCE,

	/**
	 * It decides, counts and tells, but lets every call pass: to try settings out.
	 */
	SHADOW

}
