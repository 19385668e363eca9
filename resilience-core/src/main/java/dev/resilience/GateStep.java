package dev.resilience;

import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

/**
 * Takes a call through a row of gates.
 */
final class GateStep<A, T extends @Nullable Object> extends Step<A, T> {

	private final GateRow<A> row;

	private final Step<A, T> next;

	GateStep(GateRow<A> row, Step<A, T> next) {
		this.row = row;
		this.next = next;
	}

	@Override
	public T invoke(A argument) throws Throwable {
		return this.row.call(argument, this.next);
	}

	@Override
	CompletionStage<T> invokeAsync(A argument) {
		return this.row.callAsync(argument, this.next.asynchronous());
	}

}
