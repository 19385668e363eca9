package dev.resilience.circuitbreaker;

import java.time.Duration;
import java.util.List;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;
import dev.resilience.Gate;
import org.jspecify.annotations.Nullable;

/**
 * A state's answer to all calls that it rejects for one reason: one object for all of
 * them, whose text is built from the state when somebody reads it.
 */
final class StateRejection extends Admission.Rejection {

	static final String OPEN = "open";

	static final String HALF_OPEN_FULL = "half-open-full";

	static final String FORCED_OPEN = "forced-open";

	static final List<String> REASONS = List.of(OPEN, HALF_OPEN_FULL, FORCED_OPEN, Gate.MISSING_KEY, Gate.INVALID_KEY);

	private final State state;

	StateRejection(State state, String reason) {
		super(state.breaker(), reason);
		this.state = state;
	}

	@Override
	public String explain() {
		return this.state.explain();
	}

	/**
	 * What an operator wrote, and what the callee threw, is for operators.
	 */
	@Override
	public String explainToCaller() {
		return this.state.explainToCaller();
	}

	@Override
	public @Nullable Duration retryAfter() {
		return this.state.retryAfter();
	}

	@Override
	public long generation() {
		return this.state.generation();
	}

	@Override
	public CallRejectedException toException() {
		return new CircuitOpenException(this);
	}

}
