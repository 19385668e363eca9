package dev.resilience.spring.aop;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
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
	 * Calls a plain method. Who waits for a permit may be interrupted: where the method
	 * does not say so, its caller gets an unchecked exception, and the flag stays set.
	 */
	record Plain(Compiled<MethodInvocation, @Nullable Object> chain) implements MethodPlan {

		@Override
		public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
			try {
				return this.chain.call(invocation);
			}
			catch (InterruptedException ex) {
				throw isDeclared(invocation.getMethod()) ? ex : cancelled(ex);
			}
		}

		private static boolean isDeclared(Method method) {
			return Arrays.stream(method.getExceptionTypes())
				.anyMatch((declared) -> declared.isAssignableFrom(InterruptedException.class));
		}

		private static CancellationException cancelled(InterruptedException cause) {
			Thread.currentThread().interrupt();
			CancellationException cancelled = new CancellationException("The call was interrupted");
			cancelled.initCause(cause);
			return cancelled;
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
