package dev.resilience.circuitbreaker;

/**
 * The states of a {@link CircuitBreaker}.
 */
public enum CircuitState {

	/** Calls pass, failures are watched. */
	CLOSED,

	/** Calls are rejected until the open duration has passed. */
	OPEN,

	/** A few calls pass as trials, the others are rejected. */
	HALF_OPEN,

	/** Calls are rejected until a person says otherwise. */
	FORCED_OPEN,

	/** Calls pass, whatever becomes of them, until a person says otherwise. */
	DISABLED

}
