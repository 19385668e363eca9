package dev.resilience.retry;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * Reads from a failure when its callee wants to be called again: a {@code Retry-After}
 * header that a client's exception holds, say. Rejections by policies are read without
 * it. Implementations are thread-safe.
 */
@FunctionalInterface
public interface RetryAfter {

	/**
	 * Nobody says anything.
	 */
	RetryAfter UNKNOWN = (failure) -> null;

	/**
	 * Reads a failure.
	 * @param failure what the call threw
	 * @return how long to wait from now on, or {@code null} if it does not say
	 */
	@Nullable Duration read(Throwable failure);

}
