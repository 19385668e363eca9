package dev.resilience;

/**
 * Hears what changes about policies.
 */
@FunctionalInterface
public interface PolicyListener {

	/**
	 * Something changed. Called in order, on a thread of the listener's own.
	 * @param event what changed
	 */
	void onEvent(PolicyEvent event);

	/**
	 * Events were lost, since too many waited for this listener. Called between events.
	 * @param count how many, since it was last told
	 */
	default void onDropped(long count) {
	}

}
