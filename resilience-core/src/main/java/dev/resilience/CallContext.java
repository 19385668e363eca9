package dev.resilience;

import dev.resilience.config.Setting;
import org.jspecify.annotations.Nullable;

/**
 * What a policy may know of a call. Immutable.
 *
 * @param key which member of a keyed policy the call belongs to, or {@code null} for the
 * policy itself; it must have a stable {@code equals} and {@code hashCode}
 * @param weight how many permits the call costs, at least 1
 * @param mayWait whether the caller is ready to wait as long as the policy's
 * configuration allows
 */
public record CallContext(@Nullable Object key, int weight, boolean mayWait) {

	/**
	 * A call without a key, of weight 1, that may wait.
	 */
	public static final CallContext NONE = new CallContext(null, 1, true);

	private static final CallContext NONE_AT_ONCE = new CallContext(null, 1, false);

	/**
	 * Creates a context.
	 * @throws IllegalArgumentException when the weight is below 1
	 */
	public CallContext {
		Setting.of("weight", weight).require(weight >= 1, "must be at least 1", "ask for one permit or more");
	}

	/**
	 * A call that belongs to a key.
	 * @param key the key
	 * @return the context
	 */
	public static CallContext ofKey(Object key) {
		return new CallContext(key, 1, true);
	}

	/**
	 * The same call, of a caller that takes no for an answer at once.
	 * @return the context
	 */
	public CallContext withoutWaiting() {
		if (!this.mayWait) {
			return this;
		}
		return (this.key == null && this.weight == 1) ? NONE_AT_ONCE : new CallContext(this.key, this.weight, false);
	}

}
