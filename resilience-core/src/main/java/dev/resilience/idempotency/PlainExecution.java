package dev.resilience.idempotency;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

import dev.resilience.Policy;
import dev.resilience.idempotency.store.IdempotencyStore.Claim;
import org.jspecify.annotations.Nullable;

/**
 * Runs plain calls: the work stays on the caller's thread, and so does all waiting.
 * Thread-safe.
 */
final class PlainExecution {

	private final IdempotentOperation operation;

	private final Executions executions;

	PlainExecution(IdempotentOperation operation, Executions executions) {
		this.operation = operation;
		this.executions = executions;
	}

	// T may be nullable: so may be the value.
	@SuppressWarnings({ "unchecked", "NullAway" })
	<A, T extends @Nullable Object> T call(Execution call, boolean mayWait, A argument, Policy.Call<A, T> work)
			throws Throwable {
		Outcome outcome = enter(call, mayWait);
		if (outcome == null) {
			return run(call, argument, work);
		}
		Throwable failure = this.operation.failureOf(outcome);
		IdempotencyContext.finished(outcome.rejection() == null);
		if (failure != null) {
			throw failure;
		}
		return (T) outcome.value();
	}

	/**
	 * Joins a running call, or asks for the claim.
	 * @return the outcome, or {@code null} when the call is to run
	 */
	private @Nullable Outcome enter(Execution call, boolean mayWait) throws InterruptedException, ExecutionException {
		Execution first;
		while ((first = this.executions.enter(call)) != null) {
			Outcome outcome = this.executions.join(first, call, mayWait, true).await();
			if (!outcome.withdrawn()) {
				return this.operation.joined(outcome);
			}
		}
		CompletionStage<Claim> answer = this.executions.ask(call);
		Claim claim = this.executions.finalNow(answer);
		return (claim != null) ? this.executions.decide(call, false, claim, null)
				: decide(call, this.executions.claim(call, answer, mayWait, true));
	}

	private @Nullable Outcome decide(Execution call, ClaimAttempt attempt) throws InterruptedException {
		Claim claim = null;
		Throwable failure = null;
		try {
			claim = attempt.await();
		}
		catch (InterruptedException ex) {
			this.executions.withdraw(call, attempt);
			throw ex;
		}
		catch (ExecutionException ex) {
			failure = ex.getCause();
		}
		catch (CancellationException ex) {
			failure = ex;
		}
		return this.executions.decide(call, attempt.hasWaited(), claim, failure);
	}

	private <A, T extends @Nullable Object> T run(Execution call, A argument, Policy.Call<A, T> work) throws Throwable {
		T value;
		try {
			value = invoke(call, argument, work);
		}
		catch (Throwable ex) {
			settle(this.executions.settlement().failed(call, ex, Thread.currentThread().isInterrupted()));
			IdempotencyContext.finished(false);
			throw ex;
		}
		settle(this.executions.settlement().succeeded(call, value));
		IdempotencyContext.finished(false);
		return value;
	}

	private static <A, T extends @Nullable Object> T invoke(Execution call, A argument, Policy.Call<A, T> work)
			throws Throwable {
		IdempotencyContext outer = IdempotencyContext.enter(new IdempotencyContext(call));
		try {
			return work.invoke(argument);
		}
		finally {
			IdempotencyContext.leave(outer);
		}
	}

	/**
	 * Waits until a record is settled. An interrupted caller does not: the store goes on
	 * without it. Nothing that goes wrong here may take the caller's outcome away.
	 */
	private static void settle(CompletionStage<@Nullable Void> settled) {
		try {
			settled.toCompletableFuture().get();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (ExecutionException ex) {
			// The work has ended as it has ended; its claim, if it still holds, lapses.
		}
	}

}
