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

}
