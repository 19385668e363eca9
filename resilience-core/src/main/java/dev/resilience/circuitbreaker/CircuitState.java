package dev.resilience.circuitbreaker;

import java.util.Arrays;
import java.util.List;

import dev.resilience.PolicySnapshot;

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
	DISABLED;

	static final List<String> NAMES = Arrays.stream(values()).map(Enum::name).toList();

	PolicySnapshot.Health health() {
		return switch (this) {
			case CLOSED, DISABLED -> PolicySnapshot.Health.UP;
			case OPEN, HALF_OPEN, FORCED_OPEN -> PolicySnapshot.Health.DEGRADED;
		};
	}

}
