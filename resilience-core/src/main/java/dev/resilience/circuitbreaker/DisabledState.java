package dev.resilience.circuitbreaker;

import dev.resilience.Admission;

/**
 * Calls pass by a person's order. They are counted, and move nothing.
 */
final class DisabledState extends State {

	DisabledState(State from, String reason) {
		super(from, reason);
	}

	@Override
	CircuitState status() {
		return CircuitState.DISABLED;
	}

	@Override
	Admission admit() {
		return this;
	}

}
