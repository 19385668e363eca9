package dev.resilience;

import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

/**
 * Stands behind a policy that may have held the call back.
 */
final class LookStep<A, T extends @Nullable Object> extends Step<A, T> {

	private final StopCheck passed;

	private final Step<A, T> next;

	LookStep(StopCheck passed, Step<A, T> next) {
		this.passed = passed;
		this.next = next;
	}

	@Override
	public T invoke(A argument) throws Throwable {
		this.passed.run();
		return this.next.invoke(argument);
	}

	@Override
	CompletionStage<T> invokeAsync(A argument) throws Throwable {
		this.passed.run();
		return this.next.invokeAsync(argument);
	}

}
