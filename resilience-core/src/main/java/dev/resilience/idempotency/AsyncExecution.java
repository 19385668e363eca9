package dev.resilience.idempotency;

import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;

import dev.resilience.Policy;
import dev.resilience.async.CallResult;
import dev.resilience.idempotency.store.IdempotencyStore.Claim;
import org.jspecify.annotations.Nullable;

/**
 * One asynchronous call: its own result, so that cancelling the result reaches whatever
 * the call waits for at the moment.
 */
final class AsyncExecution<A, T extends @Nullable Object> extends CallResult<T> {

	// Cancelling races with the claim being granted. One step decides: whoever moves the
	// phase on from WAITING, the grant to RUNNING or the cancellation to CANCELLED. So a
	// cancelled call gives back a claim that its work has not begun under, and never one
	// that it has.

	private final IdempotentOperation operation;

	private final Executions executions;

	private final Execution call;

	private final boolean mayWait;

	private final A argument;

	private final Policy.Call<A, CompletionStage<T>> work;

	private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.WAITING);

	private volatile boolean replayed;

	AsyncExecution(IdempotentOperation operation, Executions executions, Execution call, boolean mayWait, A argument,
			Policy.Call<A, CompletionStage<T>> work) {
		this.operation = operation;
		this.executions = executions;
		this.call = call;
		this.mayWait = mayWait;
		this.argument = argument;
		this.work = work;
	}

	void start() {
		Execution first = this.executions.enter(this.call);
		if (first == null) {
			ClaimAttempt attempt = this.executions.claim(this.call, this.executions.ask(this.call), this.mayWait,
					false);
			onCancel(() -> withdraw(attempt));
			follow(elsewhere(attempt.answer()), (claim, failure) -> proceed(() -> decided(attempt, claim, failure)));
		}
		else {
			Waiter waiter = this.executions.join(first, this.call, this.mayWait, false);
			onCancel(() -> waiter.giveUp(Outcome.WITHDRAWN));
			follow(waiter.outcome(), (outcome, impossible) -> proceed(() -> joined(outcome)));
		}
	}

	/**
	 * A stage that is not there yet, completed on another thread than the one that will
	 * have the store's answer: what follows is code of the caller.
	 */
	private <V extends @Nullable Object> CompletionStage<V> elsewhere(CompletionStage<V> stage) {
		return stage.toCompletableFuture().isDone() ? stage : stage.whenCompleteAsync((value, failure) -> {
		}, this.executions.elsewhere());
	}

	/**
	 * A stage that somebody else completes swallows what its followers throw: nobody
	 * would ever hear of the call.
	 */
	private void proceed(Runnable step) {
		try {
			step.run();
		}
		catch (Throwable ex) {
			fail(ex);
		}
	}

	boolean isReplayed() {
		return this.replayed;
	}

	private void withdraw(ClaimAttempt attempt) {
		if (this.phase.compareAndSet(Phase.WAITING, Phase.CANCELLED)) {
			this.executions.withdraw(this.call, attempt);
		}
	}

	private void joined(Outcome outcome) {
		if (!outcome.withdrawn()) {
			deliver(this.operation.joined(outcome), outcome.rejection() == null);
		}
		else if (!isDone()) {
			start();
		}
	}

	private void decided(ClaimAttempt attempt, @Nullable Claim claim, @Nullable Throwable failure) {
		if (this.phase.compareAndSet(Phase.WAITING, Phase.RUNNING)) {
			Outcome outcome = this.executions.decide(this.call, attempt.hasWaited(), claim, failure);
			if (outcome == null && isDone()) {
				// Cancelled while it was found out what became of the one before.
				this.executions.giveUp(this.call);
			}
			else if (outcome == null) {
				run();
			}
			else {
				deliver(outcome, outcome.rejection() == null);
			}
		}
	}

	private void run() {
		CompletionStage<T> stage;
		IdempotencyContext outer = IdempotencyContext.enter(new IdempotencyContext(this.call));
		try {
			stage = Objects.requireNonNull(this.work.invoke(this.argument),
					"The asynchronous call returned null instead of a stage");
		}
		catch (Throwable ex) {
			ended(null, ex);
			return;
		}
		finally {
			IdempotencyContext.leave(outer);
		}
		onCancel(() -> {
			this.executions.settlement().cancelled(this.call);
			giveUp(stage);
		});
		stage.whenComplete(this::ended);
	}

	private void ended(@Nullable T value, @Nullable Throwable failure) {
		// From now on it is known how the call ended, whoever still wants to know.
		onCancel(() -> {
		});
		Throwable cause = failureOf(failure);
		CompletionStage<@Nullable Void> settled = (cause != null)
				? this.executions.settlement().failed(this.call, cause, false)
				: this.executions.settlement().succeeded(this.call, value);
		Outcome outcome = (cause != null) ? Outcome.failure(cause) : Outcome.value(value);
		elsewhere(settled).whenComplete((nothing, impossible) -> deliver(outcome, false));
	}

	// T may be nullable: so may be the value.
	@SuppressWarnings({ "unchecked", "NullAway" })
	private void deliver(Outcome outcome, boolean replayed) {
		Throwable failure = this.operation.failureOf(outcome);
		this.replayed = replayed;
		IdempotencyContext.finished(replayed, () -> {
			if (failure != null) {
				fail(failure);
			}
			else {
				succeed((T) outcome.value());
			}
		});
	}

	private enum Phase {

		WAITING, RUNNING, CANCELLED

	}

}
