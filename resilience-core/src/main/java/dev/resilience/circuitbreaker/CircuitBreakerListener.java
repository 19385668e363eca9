package dev.resilience.circuitbreaker;

import dev.resilience.PolicyEvent;
import dev.resilience.PolicyListener;
import dev.resilience.PolicySnapshot;

/**
 * Hears the transitions of circuit breakers. Called as any {@link PolicyListener} is: in
 * order, on a thread of its own. Each snapshot shows the breaker right after the
 * transition.
 */
public interface CircuitBreakerListener extends PolicyListener {

	/**
	 * A breaker has changed its state; called before the method for that state.
	 * @param name the breaker's name
	 * @param snapshot the breaker right after the transition
	 */
	default void onTransition(String name, PolicySnapshot snapshot) {
	}

	/**
	 * A breaker rejects all calls now, by itself (OPEN) or by order (FORCED_OPEN).
	 * @param name the breaker's name
	 * @param snapshot the breaker right after the transition
	 */
	default void onOpen(String name, PolicySnapshot snapshot) {
	}

	/**
	 * A breaker lets a few calls pass as trials now.
	 * @param name the breaker's name
	 * @param snapshot the breaker right after the transition
	 */
	default void onHalfOpen(String name, PolicySnapshot snapshot) {
	}

	/**
	 * A breaker lets calls pass and watches them now.
	 * @param name the breaker's name
	 * @param snapshot the breaker right after the transition
	 */
	default void onClose(String name, PolicySnapshot snapshot) {
	}

	@Override
	default void onEvent(PolicyEvent event) {
		if (!event.type().equals(CircuitBreaker.TYPE) || !event.kind().equals(CircuitBreaker.TRANSITION)) {
			return;
		}
		PolicySnapshot snapshot = event.snapshot();
		onTransition(event.name(), snapshot);
		switch (CircuitState.valueOf(snapshot.state())) {
			case OPEN, FORCED_OPEN -> onOpen(event.name(), snapshot);
			case HALF_OPEN -> onHalfOpen(event.name(), snapshot);
			case CLOSED -> onClose(event.name(), snapshot);
			case DISABLED -> {
				// Neither opened nor closed: only a transition.
			}
		}
	}

}
