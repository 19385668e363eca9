package dev.resilience.spring.web.idempotency;

import java.util.Set;

import dev.resilience.CallRejectedException;
import dev.resilience.spring.web.RejectionAdvice;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a key when its request has been answered.
 */
enum IdempotencyVerdict {

	// A handler that answers 5xx, or throws, may have charged before it failed: nobody
	// knows. What is sure is a rejection by one of our own policies, and an answer that
	// by its meaning says "not done, come again": those free the key, for a replay of
	// "too many requests" or "log in first" would lock out who did as told.

	/** The response is stored. */
	KEEP,

	/** The key is set free. */
	RELEASE,

	/** Nobody knows whether the request took effect. */
	UNKNOWN;

	private static final Set<Integer> COME_AGAIN = Set.of(401, 403, 407, 408, 421, 425, 429);

	private static final Set<String> TURNED_AWAY = Set.of("org.springframework.security.access.AccessDeniedException",
			"org.springframework.security.core.AuthenticationException");

	/**
	 * Judges a response.
	 * @param status its status
	 * @param handled the exception that it answers, if there was one
	 */
	static IdempotencyVerdict of(int status, @Nullable Throwable handled) {
		CallRejectedException rejected = rejection(handled);
		if (rejected != null && status >= 400) {
			return of(rejected);
		}
		if (status >= 500) {
			return UNKNOWN;
		}
		return COME_AGAIN.contains(status) ? RELEASE : KEEP;
	}

	/**
	 * Judges an exception that nothing has answered yet.
	 */
	static IdempotencyVerdict of(Throwable thrown) {
		CallRejectedException rejected = rejection(thrown);
		if (rejected != null) {
			return of(rejected);
		}
		for (Class<?> type = thrown.getClass(); type != null; type = type.getSuperclass()) {
			if (TURNED_AWAY.contains(type.getName())) {
				return RELEASE;
			}
		}
		return UNKNOWN;
	}

	private static IdempotencyVerdict of(CallRejectedException rejected) {
		return switch (rejected.category()) {
			case UNAVAILABLE, LIMITED, INVALID, MISMATCH -> RELEASE;
			case TIMED_OUT, CONFLICT -> UNKNOWN;
		};
	}

	private static @Nullable CallRejectedException rejection(@Nullable Throwable thrown) {
		return (thrown != null && RejectionAdvice.bare(thrown) instanceof CallRejectedException rejected) ? rejected
				: null;
	}

}
