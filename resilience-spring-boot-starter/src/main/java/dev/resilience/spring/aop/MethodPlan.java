package dev.resilience.spring.aop;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.resilience.Pipeline.Compiled;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

/**
 * All that stands around one method, compiled. Immutable.
 */
interface MethodPlan {

	/**
	 * Runs a call.
	 */
	@Nullable Object invoke(MethodInvocation invocation) throws Throwable;

	/**
	 * Calls a plain method.
	 */
	record Plain(Compiled<MethodInvocation, @Nullable Object> chain) implements MethodPlan {

		@Override
		public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
			return this.chain.call(invocation);
		}

	}

	/**
	 * Calls a method that returns a stage. Nothing is thrown: also a rejection completes
	 * the stage.
	 */
	record Staged(Compiled<MethodInvocation, @Nullable Object> chain) implements MethodPlan {

		@Override
		public CompletableFuture<@Nullable Object> invoke(MethodInvocation invocation) {
			CompletionStage<@Nullable Object> stage = this.chain.callAsync(invocation);
			return stage.toCompletableFuture();
		}

	}

}
