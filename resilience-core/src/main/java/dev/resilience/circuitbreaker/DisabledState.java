package dev.resilience.circuitbreaker;

import java.time.Duration;

import dev.resilience.Admission;
import org.jspecify.annotations.Nullable;

/**
 * Calls pass by a person's order. They are counted, and move nothing.
 */
final class DisabledState extends OrderedState {

	DisabledState(State from, String reason, @Nullable Duration length) {
		super(from, reason, length);
	}

	@Override
	CircuitState status() {
		return CircuitState.DISABLED;
	}

	@Override
	Admission admit() {
		State present = settle();
		return (present == this) ? this : present.admit();
	}

}
