package dev.resilience.idempotency;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import dev.resilience.CallRejectedException;
import dev.resilience.async.CallResult;
import dev.resilience.config.ExceptionTypes;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the claims of one operation's calls when these have ended. Thread-safe.
 */
final class Settlement {

	// Every way out decides about the claim exactly once:
	// - it was never granted: nothing to decide;
	// - a value, or a failure that is an answer: completed; if the store does not take
	// it, the outcome stands nevertheless, and the store is asked again with each
	// heartbeat for one lease;
	// - a failure that says "it did not happen": released, unless it has taken the place
	// of an execution that may have happened: then abandoned again, for a record that is
	// deleted would let the next call run as if there had been nothing before; if the
	// store does not hear of it, it is told again with the heartbeats of ten leases, for
	// a call that did nothing must not block its key for all of the ttl only because the
	// store was away for a moment;
	// - any other end: abandoned, and if the store does not hear of that, the lease runs
	// out. Until a person has decided, nobody runs the call again. Those who wait here
	// are told first, and until the record says the same, so are those who come.
	//
	// A call that ran without a claim, as the store could not be asked, tries to leave
	// its result all the same: if the store is back, later duplicates find it.

	// Heartbeats, of which a lease has three.

	private static final int MAX_FURTHER_RESULTS = 3;

	private static final int MAX_FURTHER_RETURNS = 30;

	private static final CompletionStage<@Nullable Void> SETTLED = CompletableFuture.completedFuture(null);

	private final Backlog unstored = new Backlog();

	private final Backlog returns = new Backlog();

	private final IdempotentOperation operation;

	private final Executions executions;

	private final IdempotencyConfig config;

	private final IdempotencyStore store;

	private final Results results;

	private final TimeSource time;

	private final Notices notices;

	Settlement(IdempotentOperation operation, Executions executions, IdempotencyConfig config, IdempotencyStore store,
			Results results, TimeSource time) {
		this.operation = operation;
		this.executions = executions;
		this.config = config;
		this.store = store;
		this.results = results;
		this.time = time;
		this.notices = new Notices(operation, time.ticker());
	}

	/**
	 * The outcome of calls whose key was called before without a known one.
	 */
	Outcome unknown(Execution call) {
		return Outcome.rejected(IdempotencyRejection.outcomeUnknown(this.operation, call.key()));
	}

	/**
	 * The work returned.
	 * @return completes when the record is settled, as far as it can be; never
	 * exceptionally
	 */
	CompletionStage<@Nullable Void> succeeded(Execution call, @Nullable Object value) {
		Object kept = this.results.keep(value);
		return complete(call, Outcome.value(value), kept,
				Results.isTombstone(kept) ? Tally.End.TOMBSTONE : Tally.End.FIRST);
	}

	/**
	 * The call was completed before.
	 * @return the outcome
	 */
	Outcome replayed(Execution call, Outcome outcome) {
		Throwable unreadable = (outcome.rejection() != null) ? outcome.rejection().cause() : null;
		if (unreadable != null) {
			this.notices.tell(Notices.Kind.UNREADABLE, call, Notices.root(unreadable).getClass().getName());
		}
		return outcome;
	}

	/**
	 * The store could not be asked for the claim.
	 */
	void unasked(Execution call, @Nullable Throwable failure) {
		this.notices.tell(call.isBypassing() ? Notices.Kind.BYPASSED : Notices.Kind.STORE_FAILED, call,
				(failure != null) ? Notices.reason(failure) : null);
	}

	/**
	 * It was found out that the call had taken effect before.
	 */
	void found(Execution call, @Nullable Object value) {
		complete(call, Outcome.value(value), this.results.keep(value), Tally.End.REPLAYED);
	}

	private CompletionStage<@Nullable Void> complete(Execution call, Outcome outcome, @Nullable Object kept,
			Tally.End end) {
		Completion completion = new Completion(this.store, this.config.ttl(), call, outcome, kept, end);
		CompletionStage<Boolean> answer = ask(completion);
		Boolean known = CallResult.valueNow(answer);
		if (known != null) {
			answered(completion, known, null);
			return SETTLED;
		}
		return answer.handle((accepted, failure) -> {
			answered(completion, Boolean.TRUE.equals(accepted), failure);
			return null;
		});
	}

	private void answered(Completion completion, boolean accepted, @Nullable Throwable failure) {
		Execution call = completion.call();
		boolean counts = !call.isFinished();
		if (failure == null || !counts) {
			this.executions.leave(call, completion.outcome());
		}
		else if (call.finish(completion.outcome()) && !this.unstored.keep(completion, completion.size(),
				MAX_FURTHER_RESULTS, () -> this.executions.drop(call))) {
			this.executions.drop(call);
		}
		if (counts) {
			stored(call, failure, accepted, completion.end());
		}
	}

	private void stored(Execution call, @Nullable Throwable failure, boolean accepted, Tally.End end) {
		if (call.isBypassing()) {
			count(Tally.End.BYPASS);
		}
		else if (failure != null) {
			note(call);
			count(Tally.End.UNSTORED);
			this.notices.tell(Notices.Kind.UNSTORED, call, CallResult.unwrap(failure).getClass().getName());
		}
		else if (!accepted) {
			count(Tally.End.LOST);
			this.notices.tell(Notices.Kind.LOST, call, null);
		}
		else if (end != Tally.End.FIRST) {
			count(end);
		}
		else {
			count((call.attempt() > 1) ? Tally.End.TAKEOVER
					: call.isLeased(this.time.ticker().read()) ? Tally.End.FIRST : Tally.End.LATE);
		}
	}

	/**
	 * The work failed.
	 * @param interrupted whether its thread is interrupted
	 * @return completes when the record is settled; never exceptionally
	 */
	CompletionStage<@Nullable Void> failed(Execution call, Throwable cause, boolean interrupted) {
		if (call.isFinished()) {
			return SETTLED;
		}
		boolean own = CallRejectedException.isOwn(cause);
		if (!own && ExceptionTypes.include(this.config.storedFailures(), cause)) {
			return complete(call, Outcome.failure(cause), this.results.keepFailure(cause), Tally.End.FAILURE);
		}
		boolean held = !own && (interrupted || ExceptionTypes.include(this.config.heldFailures(), cause));
		if (held || UncertainOutcome.isPossibleAfter(cause)) {
			return lapse(call, cause.getClass());
		}
		return giveBack(call).handle((accepted, failure) -> {
			boolean free = failure == null && !call.isInheriting();
			if (!free) {
				note(call);
			}
			if (this.executions.leave(call, Outcome.failure(cause))) {
				count(call.isBypassing() ? Tally.End.BYPASS : free ? Tally.End.RELEASED : Tally.End.UNKNOWN);
			}
			return null;
		});
	}

	/**
	 * Gives back the claim, if there is one, of a call that took no effect itself. What
	 * was not known before it is still not known.
	 */
	CompletionStage<Boolean> giveBack(Execution call) {
		boolean inheriting = call.isInheriting();
		Supplier<CompletionStage<Boolean>> command = () -> inheriting ? this.store.abandon(call.key(), call.owner())
				: this.store.release(call.key(), call.owner());
		return ask(command).whenComplete((accepted, failure) -> {
			if (failure != null && this.returns.keep(command, 0, MAX_FURTHER_RETURNS, () -> {
			})) {
				this.executions.keepBeating();
			}
		});
	}

	/**
	 * The caller cancelled the call while the work was running.
	 */
	void cancelled(Execution call) {
		lapse(call, CancellationException.class);
	}

	private CompletionStage<@Nullable Void> lapse(Execution call, Class<?> exception) {
		if (!call.finish(unknown(call))) {
			return SETTLED;
		}
		note(call);
		count(Tally.End.UNKNOWN);
		this.notices.tell(Notices.Kind.OUTCOME_UNKNOWN, call, exception.getName());
		return abandon(call);
	}

	/**
	 * The call took over, and it is still not known what became of the one before.
	 */
	void stillUnknown(Execution call) {
		note(call);
		call.finish(unknown(call));
		abandon(call);
	}

	private CompletionStage<@Nullable Void> abandon(Execution call) {
		return ask(() -> this.store.abandon(call.key(), call.owner())).handle((abandoned, failure) -> {
			this.executions.drop(call);
			return null;
		});
	}

	/**
	 * Gives a sign of life for a running call.
	 */
	void beat(Execution call) {
		if (call.isRunning() && !call.isBypassing()) {
			renew(call);
		}
	}

	/**
	 * Offers the store again what it has not taken.
	 */
	void offerAgain() {
		this.unstored.offerAgain();
		this.returns.offerAgain();
	}

	/**
	 * Whether there is nothing to offer again.
	 */
	boolean hasNothingToOffer() {
		return this.unstored.isEmpty() && this.returns.isEmpty();
	}

	private void renew(Execution call) {
		long leasedUntil = this.time.ticker().read() + this.config.lease().toNanos();
		ask(() -> this.store.renew(call.key(), call.owner(), this.config.lease()))
			.thenAccept((own) -> call.renewed(own, leasedUntil));
	}

	private void note(Execution call) {
		this.executions.unsettled().note(call.key());
	}

	private void count(Tally.End end) {
		this.executions.tally().count(end);
	}

	static <R> CompletionStage<R> ask(Supplier<CompletionStage<R>> command) {
		try {
			return Objects.requireNonNull(command.get());
		}
		catch (Throwable ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

}
