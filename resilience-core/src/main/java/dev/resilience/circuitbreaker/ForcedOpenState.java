package dev.resilience.circuitbreaker;

import java.time.Duration;

import dev.resilience.Admission;
import org.jspecify.annotations.Nullable;

/**
 * Calls are rejected by a person's order.
 */
final class ForcedOpenState extends OrderedState {

	private final StateRejection rejection = new StateRejection(this, StateRejection.FORCED_OPEN);

	ForcedOpenState(State from, String reason, @Nullable Duration length) {
		super(from, reason, length);
	}

	@Override
	CircuitState status() {
		return CircuitState.FORCED_OPEN;
	}

	@Override
	@Nullable StateRejection stops() {
		return isOver() ? null : this.rejection;
	}

	@Override
	Admission admit() {
		State present = settle();
		return (present == this) ? this.rejection : present.admit();
	}

	@Override
	@Nullable Duration retryAfter() {
		return left();
	}

	@Override
	String outlook() {
		return "; ends in ";
	}

}
