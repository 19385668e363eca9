package dev.resilience.config;

import java.util.List;

/**
 * Exceptions that a setting lists by their types. For policies.
 */
public final class ExceptionTypes {

	private ExceptionTypes() {
	}

	/**
	 * Whether a failure is of one of the types, or of a subtype.
	 * @param types the types
	 * @param failure the failure itself; its causes do not count
	 * @return whether one matches
	 */
	public static boolean include(List<Class<? extends Throwable>> types, Throwable failure) {
		for (Class<? extends Throwable> type : types) {
			if (type.isInstance(failure)) {
				return true;
			}
		}
		return false;
	}

}
