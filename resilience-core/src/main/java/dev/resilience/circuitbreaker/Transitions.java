package dev.resilience.circuitbreaker;

import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Counts a breaker's changes of state, those of all keys included, and tells of them.
 * Called under the breaker's lock.
 */
final class Transitions {

	private Transitions() {
	}

	/**
	 * A circuit has changed its state. One that was forgotten, or swept away by an order,
	 * changes for nobody any more.
	 */
	static void changed(Circuit circuit, State from, State to, @Nullable Keys present) {
		CircuitBreaker breaker = circuit.breaker();
		Keys keys = circuit.keys();
		if (keys != null && (keys != present || circuit.isRetired())) {
			return;
		}
		String left = from.status().name();
		String entered = to.status().name();
		if (left.equals(entered)) {
			breaker.tell(CircuitBreaker.ORDER, " stays " + entered + ": " + to.reason(),
					Map.of("state", entered, "reason", to.reason()));
			return;
		}
		breaker.counts().transition(left + "->" + entered);
		String went = " went from " + left + " to " + entered;
		Map<String, Object> details = Map.of("from", left, "to", entered, "reason", to.reason());
		if (keys == null) {
			breaker.tell(CircuitBreaker.TRANSITION, went + ": " + to.reason(), details);
		}
		else {
			tellOfKey(breaker, went + " for a key: " + to.reason(), details, keys.changed(circuit, to));
		}
	}

	private static void tellOfKey(CircuitBreaker breaker, String message, Map<String, Object> details, long count) {
		if (count > 0) {
			Map<String, Object> counted = new LinkedHashMap<>(details);
			counted.put("count", count);
			breaker.tell("key-transition", message, counted);
		}
	}

}
