package dev.resilience.idempotency;

import java.time.Duration;
import java.util.Collection;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import dev.resilience.CallRejectedException;
import dev.resilience.async.CallResult;
import dev.resilience.idempotency.IdempotencyStore.Claim;
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
	//
	// Every way out decides about the claim exactly once:
	// - it was never granted: nothing to decide;
	// - a value: completed; if the store does not take it, the value stands nevertheless,
	// and the store is asked again with each heartbeat for one lease;
	// - a failure that says "it did not happen": released;
	// - any other end: abandoned, and if the store does not hear of that, the lease runs
	// out. Until a person has decided, nobody runs the call again. Those who wait here
	// are told first, and until the record says the same, so are those who come.

	private static final int MAX_UNSETTLED = 1_000;

	private static final CompletionStage<@Nullable Void> SETTLED = CompletableFuture.completedFuture(null);

	private final ConcurrentHashMap<RecordKey, Execution> entered = new ConcurrentHashMap<>();

	private final AtomicInteger unsettled = new AtomicInteger();

	private final IdempotentOperation operation;

	private final IdempotencyConfig config;

	private final IdempotencyStore store;

	private final TimeSource time;

	private final Tally tally = new Tally();

	private final Notices notices;

	private final Heartbeat heartbeat;

	private final Outcome mismatch;

	private final Outcome unknown;

	private final Outcome busyHere;

	private final Outcome crowded;

	Executions(IdempotentOperation operation, IdempotencyConfig config, IdempotencyStore store, TimeSource time) {
		this.operation = operation;
		this.config = config;
		this.store = store;
		this.time = time;
		this.notices = new Notices(operation, time.ticker());
		this.heartbeat = new Heartbeat(this, time.sleeper(), config.lease().toNanos() / 3);
		this.mismatch = rejected(IdempotencyRejection.Reason.MISMATCH);
		this.unknown = rejected(IdempotencyRejection.Reason.OUTCOME_UNKNOWN);
		Duration retryAfter = config.inFlightWait().isZero() ? config.lease() : config.inFlightWait();
		this.busyHere = Outcome.rejected(IdempotencyRejection.inFlight(operation, retryAfter));
		this.crowded = Outcome.rejected(IdempotencyRejection.crowded(operation, retryAfter));
	}

	Tally tally() {
		return this.tally;
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

	ClaimAttempt claim(Execution call, boolean mayWait, boolean blocking) {
		ClaimAttempt attempt = new ClaimAttempt(this.store, this.config, this.time, call, mayWait ? patience() : 0,
				blocking);
		attempt.ask();
		return attempt;
	}

	private long patience() {
		return this.config.inFlightWait().toNanos();
	}

	/**
	 * Acts on the store's answer.
	 * @return the outcome, or {@code null} when the call is to run
	 */
	@Nullable Outcome decide(Execution call, ClaimAttempt attempt, @Nullable Claim claim, @Nullable Throwable failure) {
		if (claim instanceof Claim.Granted granted) {
			call.grant(granted.fence(), this.mismatch);
			this.heartbeat.arm();
			return null;
		}
		Outcome outcome = answer(claim, failure);
		leave(call, (claim instanceof Claim.InProgress) ? Outcome.WITHDRAWN : outcome);
		if (outcome.rejection() == null) {
			this.tally.count(attempt.hasWaited() ? Tally.End.WAITED : Tally.End.REPLAYED);
		}
		return outcome;
	}

	private Outcome answer(@Nullable Claim claim, @Nullable Throwable failure) {
		if (claim instanceof Claim.Completed completed) {
			return Outcome.value(completed.value());
		}
		if (claim instanceof Claim.InProgress busy) {
			return Outcome.rejected(IdempotencyRejection.inFlight(this.operation, busy.leaseLeft()));
		}
		if (claim instanceof Claim.Abandoned) {
			return this.unknown;
		}
		if (claim instanceof Claim.Mismatch) {
			return this.mismatch;
		}
		if (claim instanceof Claim.Full) {
			return rejected(IdempotencyRejection.Reason.STORE_FULL);
		}
		return Outcome.rejected(IdempotencyRejection.storeFailed(this.operation,
				(failure != null) ? failure : new IllegalStateException("The store gave no answer")));
	}

	/**
	 * The call gave up before it was granted. A claim that may be granted nevertheless is
	 * given back first; only then those who joined the call ask themselves, as they would
	 * meet that claim otherwise.
	 */
	void withdraw(Execution call, ClaimAttempt attempt) {
		attempt.stop();
		attempt.answer().whenComplete((late, failure) -> {
			if (late instanceof Claim.Granted || failure != null) {
				ask(() -> this.store.release(call.key(), call.owner()))
					.whenComplete((released, impossible) -> leave(call, Outcome.WITHDRAWN));
			}
			else {
				leave(call, Outcome.WITHDRAWN);
			}
		});
	}

	/**
	 * The work returned.
	 * @return completes when the record is settled, as far as it can be; never
	 * exceptionally
	 */
	CompletionStage<@Nullable Void> succeeded(Execution call, @Nullable Object value) {
		Supplier<CompletionStage<Boolean>> command = () -> this.store.complete(call.key(), call.owner(),
				call.fingerprint(), value, this.config.ttl());
		return ask(command).handle((accepted, failure) -> {
			boolean counts = !call.isFinished();
			if (failure != null && counts && this.unsettled.get() < MAX_UNSETTLED) {
				this.unsettled.incrementAndGet();
				call.keep(command, 3);
				call.finish(Outcome.value(value));
			}
			else {
				leave(call, Outcome.value(value));
			}
			if (counts) {
				stored(call, failure, Boolean.TRUE.equals(accepted));
			}
			return null;
		});
	}

	private void stored(Execution call, @Nullable Throwable failure, boolean accepted) {
		if (failure != null) {
			this.tally.count(Tally.End.UNSTORED);
			this.notices.tell(Notices.Kind.UNSTORED, call.fence(), CallResult.unwrap(failure).getClass());
		}
		else if (!accepted) {
			this.tally.count(Tally.End.LOST);
			this.notices.tell(Notices.Kind.LOST, call.fence(), null);
		}
		else {
			this.tally.count(Tally.End.FIRST);
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
		if ((interrupted && !own) || UncertainOutcome.isPossibleAfter(cause)) {
			return lapse(call, cause.getClass());
		}
		return ask(() -> this.store.release(call.key(), call.owner())).handle((accepted, failure) -> {
			if (leave(call, Outcome.failure(cause))) {
				this.tally.count((failure == null) ? Tally.End.RELEASED : Tally.End.UNKNOWN);
			}
			return null;
		});
	}

	/**
	 * The caller cancelled the call while the work was running.
	 */
	void cancelled(Execution call) {
		lapse(call, CancellationException.class);
	}

	private CompletionStage<@Nullable Void> lapse(Execution call, Class<?> exception) {
		if (!call.finish(this.unknown)) {
			return SETTLED;
		}
		this.tally.count(Tally.End.UNKNOWN);
		this.notices.tell(Notices.Kind.OUTCOME_UNKNOWN, call.fence(), exception);
		return ask(() -> this.store.abandon(call.key(), call.owner())).handle((abandoned, failure) -> {
			this.entered.remove(call.key(), call);
			return null;
		});
	}

	private boolean leave(Execution call, Outcome outcome) {
		this.entered.remove(call.key(), call);
		return call.finish(outcome);
	}

	/**
	 * Gives a sign of life for a running call, or tries again to store its result.
	 */
	void beat(Execution call) {
		if (call.isRunning()) {
			ask(() -> this.store.renew(call.key(), call.owner(), this.config.lease()));
		}
		else if (call.isUnsettled()) {
			Supplier<CompletionStage<Boolean>> command = call.nextAttempt();
			if (command == null) {
				settle(call);
			}
			else {
				ask(command).thenRun(() -> settle(call));
			}
		}
	}

	private void settle(Execution call) {
		if (this.entered.remove(call.key(), call)) {
			this.unsettled.decrementAndGet();
		}
	}

	private Outcome rejected(IdempotencyRejection.Reason reason) {
		return Outcome.rejected(IdempotencyRejection.of(this.operation, reason));
	}

	private static CompletionStage<Boolean> ask(Supplier<CompletionStage<Boolean>> command) {
		try {
			return Objects.requireNonNull(command.get());
		}
		catch (Throwable ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

}
