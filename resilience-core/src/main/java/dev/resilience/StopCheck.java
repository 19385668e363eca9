package dev.resilience;

import java.util.ArrayList;
import java.util.List;

/**
 * Asks the gates that a call has passed once more, when it waited behind them: an order
 * to stop may have come meanwhile, and holds for whoever has not begun. Immutable.
 */
final class StopCheck {

	static final StopCheck NONE = new StopCheck(List.of());

	private final Gate[] gates;

	private StopCheck(List<Gate> gates) {
		this.gates = gates.toArray(Gate[]::new);
	}

	/**
	 * The gates before one of a chain's policies.
	 */
	static StopCheck before(List<? extends Policy> policies, int index) {
		return NONE
			.and(policies.subList(0, index).stream().filter(Gate.class::isInstance).map(Gate.class::cast).toList());
	}

	StopCheck and(List<Gate> more) {
		List<Gate> all = new ArrayList<>(List.of(this.gates));
		all.addAll(more);
		return new StopCheck(all);
	}

	/**
	 * Throws the rejection of the first that stops calls.
	 */
	void run() {
		for (Gate gate : this.gates) {
			Admission.Rejection stopped = gate.stopsNow();
			if (stopped != null) {
				throw gate.reject(stopped);
			}
		}
	}

}
