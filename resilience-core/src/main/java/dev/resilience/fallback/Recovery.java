package dev.resilience.fallback;

import org.jspecify.annotations.Nullable;

/**
 * Answers for a call that failed.
 *
 * @param <X> the failures it can answer for
 */
@FunctionalInterface
public interface Recovery<X extends Throwable> {

	/**
	 * Answers for a failed call.
	 * @param argument what the call was given: of the type that the pipeline's work takes
	 * @param failure what is to be answered for
	 * @return the value; its type must be the call's, which nobody checks. For an
	 * asynchronous call it may also be a {@link java.util.concurrent.CompletionStage} of
	 * the value.
	 * @throws Throwable when it has no answer; to pass the failure on to the next
	 * handler, it throws the failure itself
	 */
	@Nullable Object recover(Object argument, X failure) throws Throwable;

}
