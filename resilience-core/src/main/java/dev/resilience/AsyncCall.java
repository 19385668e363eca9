package dev.resilience;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import dev.resilience.async.CallResult;
import dev.resilience.time.Sleeper;
import org.jspecify.annotations.Nullable;

/**
 * One asynchronous call through a row of gates: its own result, so that cancelling the
 * result reaches whatever the call waits for at the moment.
 * <p>
 * The permit ends when the work has ended, not when the caller stopped waiting: a place
 * in a bulkhead stays taken while the callee may still be busy.
 */
final class AsyncCall<A, T extends @Nullable Object> extends CallResult<T> {

	private final GateRow<A> gates;

	private final A argument;

	private final Policy.Call<A, CompletionStage<T>> work;

	private Permit permit = Permit.INERT;

	private boolean waited;

	private volatile @Nullable Countdown countdown;

	AsyncCall(GateRow<A> gates, A argument, Policy.Call<A, CompletionStage<T>> work) {
		this.gates = gates;
		this.argument = argument;
		this.work = work;
	}

	/**
	 * A future that ends as a stage does, after somebody has seen what it failed with.
	 * Cancelling it cancels the stage, and ends it only with the stage.
	 */
	static <T extends @Nullable Object> CompletionStage<T> relay(CompletionStage<T> stage,
			Consumer<Throwable> observer) {
		return new Relay<>(stage).start(observer);
	}

	AsyncCall<A, T> start() {
		advance(0);
		return this;
	}

	private void advance(int from) {
		try {
			for (int index = from; index < this.gates.size() && !isDone(); index++) {
				Admission admission = this.gates.ask(index, this.argument);
				if (admission instanceof Admission.Wait wait) {
					await(wait, index);
					return;
				}
				if (!enter(admission, index)) {
					return;
				}
			}
			begin();
		}
		catch (Throwable ex) {
			abort(ex);
		}
	}

	private void resume(Admission admission, int index) {
		this.waited = true;
		try {
			if (enter(admission, index)) {
				advance(index + 1);
			}
		}
		catch (Throwable ex) {
			abort(ex);
		}
	}

	private void abort(Throwable cause) {
		this.permit.abandoned();
		fail(cause);
	}

	private boolean enter(Admission admission, int index) {
		if (admission instanceof Permit granted) {
			this.permit = this.gates.join(index, this.permit, granted);
			return true;
		}
		abort(this.gates.reject(index, (Admission.Rejection) admission));
		return false;
	}

	private void await(Admission.Wait wait, int index) {
		onCancel(wait::cancel);
		CompletionStage<Admission> decision = null;
		try {
			decision = wait.decision();
			follow(decision, (admission, impossible) -> resume(admission, index));
		}
		catch (Throwable ex) {
			wait.cancel();
			if (decision != null) {
				giveBack(decision);
			}
			throw ex;
		}
	}

	private static void giveBack(CompletionStage<Admission> decision) {
		decision.whenComplete((admission, impossible) -> {
			if (admission instanceof Permit granted) {
				granted.abandoned();
			}
		});
	}

	private void begin() {
		if (isDone()) {
			this.permit.abandoned();
			return;
		}
		if (this.waited) {
			this.gates.lookAgain();
		}
		boolean timed = this.permit.isTimed();
		long start = timed ? this.gates.ticker().read() : 0;
		Countdown limited = Countdown.of(this, start, timed);
		this.countdown = limited;
		try {
			CompletionStage<T> stage = Objects.requireNonNull(this.work.invoke(this.argument),
					"The asynchronous call returned null instead of a stage");
			if (limited != null) {
				limited.stage = stage;
			}
			onCancel(() -> giveUp(stage));
			stage.whenComplete((value, cause) -> ended(value, failureOf(cause), start, timed));
		}
		catch (Throwable ex) {
			ended(null, ex, start, timed);
		}
	}

	private void ended(@Nullable T value, @Nullable Throwable cause, long start, boolean timed) {
		Countdown limited = this.countdown;
		if (limited != null && !limited.stop()) {
			return;
		}
		try {
			endPermit(value, cause, nanosSince(start, timed));
		}
		catch (Throwable ex) {
			// The call's outcome stands, whatever became of its permit.
		}
		end(value, cause);
	}

	private void endPermit(@Nullable T value, @Nullable Throwable cause, long nanos) {
		// Whoever lost patience says how the call went, not what became of it then.
		Throwable failure = isDone() ? impatience() : cause;
		if (CallRejectedException.isOwn(failure) || (isDone() && failure == null)) {
			this.permit.abandoned();
		}
		else if (failure != null) {
			this.permit.failed(failure, nanos);
		}
		else {
			this.permit.succeeded(value, nanos);
		}
	}

	private long nanosSince(long start, boolean timed) {
		return timed ? this.gates.ticker().read() - start : 0;
	}

	/**
	 * The time of a call under a limit. It is over once: by the end of the work, or by
	 * the end of the time.
	 */
	private static final class Countdown {

		// The work is given up first and the caller told afterwards, so that another
		// attempt does not begin beside this one. The gates hear at once, even if the
		// callee is never heard of again; what it occupies is free when it has ended.

		private final AsyncCall<?, ?> call;

		private final Permit.TimeLimit limit;

		private final long start;

		private final boolean timed;

		private final AtomicBoolean over = new AtomicBoolean();

		private final CompletableFuture<@Nullable Void> workEnded = new CompletableFuture<>();

		private volatile Sleeper.@Nullable Timer timer;

		private volatile @Nullable CompletionStage<?> stage;

		private Countdown(AsyncCall<?, ?> call, Permit.TimeLimit limit, long start, boolean timed) {
			this.call = call;
			this.limit = limit;
			this.start = start;
			this.timed = timed;
		}

		static @Nullable Countdown of(AsyncCall<?, ?> call, long start, boolean timed) {
			Permit.TimeLimit limit = call.permit.limit(false);
			if (limit == null) {
				return null;
			}
			Countdown countdown = new Countdown(call, limit, start, timed);
			countdown.timer = limit.schedule(countdown::expire);
			return countdown;
		}

		/**
		 * The work has ended.
		 * @return whether it did so in time
		 */
		boolean stop() {
			boolean inTime = this.over.compareAndSet(false, true);
			if (inTime) {
				Sleeper.Timer.cancelIfPossible(this.timer);
			}
			this.workEnded.complete(null);
			return inTime;
		}

		private void expire() {
			if (this.over.compareAndSet(false, true)) {
				CallTimeoutException failure = this.limit.exceeded(this.workEnded);
				try {
					giveUpWork(failure);
					this.call.permit.failed(failure, this.call.nanosSince(this.start, this.timed));
				}
				finally {
					this.call.fail(failure);
					// The work may have begun only now.
					giveUpWork(failure);
				}
			}
		}

		private void giveUpWork(Throwable failure) {
			CompletionStage<?> running = this.stage;
			if (running != null) {
				giveUp(running, failure);
			}
		}

	}

	/**
	 * Stands for the callee's stage. If it ended when it is cancelled, the permits around
	 * it would end while a callee that cannot be cancelled is still busy.
	 */
	private static final class Relay<T extends @Nullable Object> extends CallResult<T> {

		private final CompletionStage<T> stage;

		Relay(CompletionStage<T> stage) {
			this.stage = stage;
			onCancel(() -> cancel(stage));
		}

		Relay<T> start(Consumer<Throwable> observer) {
			this.stage.whenComplete((value, cause) -> {
				Throwable failure = failureOf(cause);
				if (failure != null) {
					observer.accept(failure);
				}
				end(value, failure);
			});
			return this;
		}

		@Override
		public boolean cancel(boolean mayInterruptIfRunning) {
			cancel(this.stage);
			return isCancelled();
		}

		@Override
		protected void giveUpWith(Throwable failure) {
			cancel(this.stage);
		}

	}

}
