package dev.resilience.circuitbreaker;

import dev.resilience.Admission;

/**
 * Calls are rejected by a person's order.
 */
final class ForcedOpenState extends State {

	private final StateRejection rejection = new StateRejection(this, CircuitBreaker.REASON_FORCED_OPEN);

	ForcedOpenState(State from, String reason) {
		super(from, reason);
	}

	@Override
	CircuitState status() {
		return CircuitState.FORCED_OPEN;
	}

	@Override
	StateRejection stops() {
		return this.rejection;
	}

	@Override
	Admission admit() {
		return this.rejection;
	}

}
