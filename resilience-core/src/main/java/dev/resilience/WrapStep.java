package dev.resilience;

import java.util.concurrent.CompletionStage;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

/**
 * Runs the rest of the chain under a policy that wraps it.
 */
final class WrapStep<A, T extends @Nullable Object> extends Step<A, T> {

	private final Policy policy;

	private final Function<? super A, CallContext> context;

	private final Step<A, T> next;

	WrapStep(Policy policy, Function<? super A, CallContext> context, Step<A, T> next) {
		this.policy = policy;
		this.context = context;
		this.next = next;
	}

	@Override
	public T invoke(A argument) throws Throwable {
		return this.policy.call(this.context.apply(argument), argument, this.next);
	}

	@Override
	CompletionStage<T> invokeAsync(A argument) {
		return this.policy.callAsync(this.context.apply(argument), argument, this.next.asynchronous());
	}

}
