package dev.resilience.idempotency;

import java.time.Duration;
import java.util.Collection;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

import dev.resilience.async.CallResult;
import dev.resilience.idempotency.IdempotencyConfig.OnAbandoned;
import dev.resilience.idempotency.IdempotencyConfig.OnStoreFailure;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.IdempotencyStore.Claim;
import dev.resilience.idempotency.store.Reconciler;
import dev.resilience.idempotency.store.RecordKey;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one operation that are on their way in this JVM, and what becomes of their
 * claims. Thread-safe.
 */
final class Executions {

	// A call enters here before it asks the store, so duplicates in this JVM join it
	// without a round trip, and it leaves only after its record is settled, so whoever
	// comes later finds the record. In between there is no moment in which a second call
	// could get the claim.

	private final ConcurrentHashMap<RecordKey, Execution> entered = new ConcurrentHashMap<>();

	private final IdempotentOperation operation;

	private final IdempotencyConfig config;

	private final IdempotencyStore store;

	private final TimeSource time;

	private final Tally tally = new Tally();

	private final Results results;

	private final Unsettled unsettled = new Unsettled();

	private final Settlement settlement;

	private final Heartbeat heartbeat;

	private final Executor elsewhere;

	private final Outcome mismatch;

	private final @Nullable Reconciler reconciler;

	private final Outcome busyHere;

	private final Outcome crowded;

	Executions(IdempotentOperation operation, IdempotencyConfig config, IdempotencyStore store, Results results,
			@Nullable Reconciler reconciler, TimeSource time) {
		this.operation = operation;
		this.config = config;
		this.store = store;
		this.time = time;
		this.results = results;
		this.reconciler = reconciler;
		this.elsewhere = new Elsewhere(time);
		this.settlement = new Settlement(operation, this, config, store, results, time);
		this.heartbeat = new Heartbeat(this, time.sleeper(), config.lease().toNanos() / 3);
		this.mismatch = Outcome.rejected(IdempotencyRejection.of(operation, IdempotencyRejection.Reason.MISMATCH));
		Duration retryAfter = config.inFlightWait().isZero() ? config.lease() : config.inFlightWait();
		this.busyHere = Outcome.rejected(IdempotencyRejection.inFlight(operation, retryAfter));
		this.crowded = Outcome.rejected(IdempotencyRejection.crowded(operation, retryAfter));
	}

	Tally tally() {
		return this.tally;
	}

	Settlement settlement() {
		return this.settlement;
	}

	Unsettled unsettled() {
		return this.unsettled;
	}

	Executor elsewhere() {
		return this.elsewhere;
	}

	/**
	 * Has the heartbeat beat, at least once more.
	 */
	void keepBeating() {
		this.heartbeat.arm();
	}

	Collection<Execution> all() {
		return this.entered.values();
	}

	/**
	 * Enters a call, unless one with its key is on its way already.
	 * @return the one that is on its way, or {@code null} when the call has entered
	 */
	@Nullable Execution enter(Execution call) {
		return this.entered.putIfAbsent(call.key(), call);
	}

	Waiter join(Execution first, Execution call, boolean mayWait, boolean blocking) {
		long left = mayWait ? patience() - (this.time.ticker().read() - call.startedAt()) : 0;
		return new Waiter(call.fingerprint(), this.time, blocking, this.busyHere).waitFor(first, left, this.mismatch,
				this.crowded);
	}

	CompletionStage<Claim> ask(Execution call) {
		return ClaimAttempt.ask(this.store, this.config, call);
	}

	/**
	 * What a store has said already, if the call need not ask again.
	 */
	@Nullable Claim finalNow(CompletionStage<Claim> answer) {
		Claim claim = CallResult.valueNow(answer);
		return (claim instanceof Claim.InProgress || (claim instanceof Claim.Abandoned && mayTakeOver())) ? null
				: claim;
	}

	ClaimAttempt claim(Execution call, CompletionStage<Claim> first, boolean mayWait, boolean blocking) {
		ClaimAttempt attempt = new ClaimAttempt(this.store, this.config, this.time, call, mayWait ? patience() : 0,
				blocking, mayTakeOver());
		attempt.follow(first);
		return attempt;
	}

	private long patience() {
		return this.config.inFlightWait().toNanos();
	}

	/**
	 * Acts on the store's answer.
	 * @param waited whether it was waited for an owner elsewhere
	 * @return the outcome, or {@code null} when the call is to run
	 */
	@Nullable Outcome decide(Execution call, boolean waited, @Nullable Claim claim, @Nullable Throwable failure) {
		if (claim instanceof Claim.Granted granted) {
			call.grant(granted, this.time.ticker().read() + this.config.lease().toNanos(), this.mismatch);
			this.heartbeat.arm();
			return (granted.attempt() > 1) ? reconcile(call) : null;
		}
		if (claim == null && this.config.onStoreFailure() == OnStoreFailure.OPEN) {
			call.bypass(this.mismatch);
			this.settlement.unasked(call, failure);
			this.heartbeat.arm();
			return null;
		}
		if (claim == null) {
			this.settlement.unasked(call, failure);
			this.settlement.giveBack(call);
		}
		Outcome outcome = answer(call, claim, failure);
		leave(call, (claim instanceof Claim.InProgress) ? Outcome.WITHDRAWN : outcome);
		if (outcome.rejection() == null) {
			this.tally.count(waited ? Tally.End.WAITED : Tally.End.REPLAYED);
		}
		return outcome;
	}

	private Outcome answer(Execution call, @Nullable Claim claim, @Nullable Throwable failure) {
		if (claim instanceof Claim.Completed completed) {
			return this.settlement.replayed(call, replay(completed.value()));
		}
		if (claim instanceof Claim.InProgress busy) {
			return Outcome.rejected(IdempotencyRejection.inFlight(this.operation, busy.leaseLeft()));
		}
		if (claim instanceof Claim.Abandoned) {
			this.unsettled.note(call.key());
			return this.settlement.unknown(call);
		}
		if (claim instanceof Claim.Mismatch) {
			return this.mismatch;
		}
		if (claim instanceof Claim.Full) {
			return Outcome.rejected(IdempotencyRejection.of(this.operation, IdempotencyRejection.Reason.STORE_FULL));
		}
		return Outcome.rejected(IdempotencyRejection.storeFailed(this.operation, (failure != null)
				? CallResult.unwrap(failure) : new IllegalStateException("The store gave no answer")));
	}

	/**
	 * The outcome that a completed record holds.
	 */
	Outcome replay(@Nullable Object kept) {
		Object value;
		try {
			value = this.results.read(kept);
		}
		catch (Throwable ex) {
			return Outcome.rejected(IdempotencyRejection.unreadable(this.operation, ex));
		}
		if (value instanceof Results.Failure failed) {
			return Outcome.failure(new ReplayedFailureException(failed.type(), failed.message()));
		}
		return (value instanceof Results.Tombstone tombstone)
				? Outcome.rejected(IdempotencyRejection.notKept(this.operation, tombstone)) : Outcome.value(value);
	}

	/**
	 * Whether an abandoned record may be taken over.
	 */
	private boolean mayTakeOver() {
		return this.reconciler != null || this.config.onAbandoned() == OnAbandoned.RERUN;
	}

	/**
	 * Finds out what became of the execution that a call has taken over from.
	 * @return the outcome, or {@code null} when the call is to run
	 */
	private @Nullable Outcome reconcile(Execution call) {
		Reconciler.Finding finding = find(call.key());
		if (finding instanceof Reconciler.TookEffect found) {
			this.settlement.found(call, found.result());
			return Outcome.value(found.result());
		}
		if (finding == Reconciler.Certain.NO_EFFECT) {
			call.inherit(false);
			return null;
		}
		if (this.config.onAbandoned() == OnAbandoned.RERUN) {
			return null;
		}
		this.settlement.stillUnknown(call);
		return this.settlement.unknown(call);
	}

	private Reconciler.Finding find(RecordKey key) {
		try {
			return (this.reconciler == null) ? Reconciler.Finding.unknown()
					: Objects.requireNonNull(this.reconciler.reconcile(key));
		}
		catch (Throwable ex) {
			if (ex instanceof InterruptedException) {
				Thread.currentThread().interrupt();
			}
			return Reconciler.Finding.unknown();
		}
	}

	/**
	 * The call gave up before it was granted. A claim that may be granted nevertheless is
	 * given back first; only then those who joined the call ask themselves, as they would
	 * meet that claim otherwise.
	 */
	void withdraw(Execution call, ClaimAttempt attempt) {
		attempt.stop();
		attempt.answer().whenComplete((late, failure) -> {
			if (late instanceof Claim.Granted granted) {
				call.inherit(granted.attempt() > 1);
			}
			if (late instanceof Claim.Granted || failure != null) {
				giveUp(call);
			}
			else {
				leave(call, Outcome.WITHDRAWN);
			}
		});
	}

	/**
	 * The call is not to begin any more, and may have been granted.
	 */
	void giveUp(Execution call) {
		this.settlement.giveBack(call).whenComplete((done, failure) -> {
			if (failure != null || call.isInheriting()) {
				this.unsettled.note(call.key());
			}
			leave(call, Outcome.WITHDRAWN);
		});
	}

	boolean leave(Execution call, Outcome outcome) {
		this.entered.remove(call.key(), call);
		return call.finish(outcome);
	}

	/**
	 * Takes a call out whose outcome is known already.
	 * @return whether it was still there
	 */
	boolean drop(Execution call) {
		return this.entered.remove(call.key(), call);
	}

}
