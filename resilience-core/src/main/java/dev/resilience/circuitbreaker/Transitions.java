package dev.resilience.circuitbreaker;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Counts a breaker's changes of state, those of all keys included, and tells of them.
 * Changed under the breaker's lock.
 */
final class Transitions {

	private final CircuitBreaker breaker;

	private volatile Map<String, Long> counts = Map.of();

	Transitions(CircuitBreaker breaker) {
		this.breaker = breaker;
	}

	Map<String, Long> counts() {
		return this.counts;
	}

	/**
	 * A circuit has changed its state. One that was forgotten, or swept away by an order,
	 * changes for nobody any more.
	 */
	void changed(Circuit circuit, State from, State to, @Nullable Keys present) {
		Keys keys = circuit.keys();
		if (keys != null && (keys != present || circuit.isRetired())) {
			return;
		}
		String left = from.status().name();
		String entered = to.status().name();
		if (left.equals(entered)) {
			this.breaker.tell(CircuitBreaker.ORDER, " stays " + entered + ": " + to.reason(),
					Map.of("state", entered, "reason", to.reason()));
			return;
		}
		Map<String, Long> counted = new LinkedHashMap<>(this.counts);
		counted.merge(left + "->" + entered, 1L, Long::sum);
		this.counts = Collections.unmodifiableMap(counted);
		String went = " went from " + left + " to " + entered;
		Map<String, Object> details = Map.of("from", left, "to", entered, "reason", to.reason());
		if (keys == null) {
			this.breaker.tell(CircuitBreaker.TRANSITION, went + ": " + to.reason(), details);
		}
		else {
			tellOfKey(went + " for a key: " + to.reason(), details, keys.changed(circuit, to));
		}
	}

	private void tellOfKey(String message, Map<String, Object> details, long count) {
		if (count > 0) {
			Map<String, Object> counted = new LinkedHashMap<>(details);
			counted.put("count", count);
			this.breaker.tell("key-transition", message, counted);
		}
	}

}
