package dev.resilience.async;

/**
 * A failure that does not mean the end of the work: somebody stopped waiting for it, and
 * it may go on. What the work occupies stays occupied until it ends. Implementations are
 * thread-safe.
 */
public interface Unfinished {

	/**
	 * Runs an action when the work has ended: at once if it has.
	 * @param action what to run, once; it must neither block nor throw
	 */
	void whenEnded(Runnable action);

}
