package dev.resilience;

import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

/**
 * One link of a compiled chain: it runs its part of the pipeline around the next link.
 */
abstract class Step<A, T extends @Nullable Object> implements Policy.Call<A, T> {

	private final Policy.Call<A, CompletionStage<T>> asynchronous = this::invokeAsync;

	abstract CompletionStage<T> invokeAsync(A argument) throws Throwable;

	final Policy.Call<A, CompletionStage<T>> asynchronous() {
		return this.asynchronous;
	}

}
