package dev.resilience;

import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

import org.jspecify.annotations.Nullable;

/**
 * One asynchronous call through a row of gates: its own result, so that cancelling the
 * result reaches whatever the call waits for at the moment.
 * <p>
 * The permit ends when the work has ended, not when the caller stopped waiting: a place
 * in a bulkhead stays taken while the callee may still be busy.
 */
final class AsyncCall<A, T extends @Nullable Object> extends Pipeline.Result<T> {

	private final GateRow<A> gates;

	private final A argument;

	private final Policy.Call<A, CompletionStage<T>> work;

	private Permit permit = Permit.INERT;

	private boolean waited;

	AsyncCall(GateRow<A> gates, A argument, Policy.Call<A, CompletionStage<T>> work) {
		this.gates = gates;
		this.argument = argument;
		this.work = work;
	}

	/**
	 * A future that ends as a stage does, after somebody has seen the outcome. Cancelling
	 * it cancels the stage, and ends it only with the stage.
	 */
	static <T extends @Nullable Object> CompletionStage<T> relay(CompletionStage<T> stage,
			BiConsumer<@Nullable T, @Nullable Throwable> outcome) {
		Relay<T> relay = new Relay<>(stage);
		follow(stage, relay, outcome);
		return relay;
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
		CompletionStage<Admission> decision;
		try {
			decision = wait.decision();
		}
		catch (RuntimeException | Error ex) {
			wait.cancel();
			throw ex;
		}
		decision.whenComplete((admission, impossible) -> resume(admission, index));
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
		CompletionStage<T> stage;
		try {
			stage = this.work.invoke(this.argument);
		}
		catch (Throwable ex) {
			end(null, ex, start, timed);
			fail(ex);
			return;
		}
		onCancel(() -> giveUp(stage));
		follow(stage, this, (value, cause) -> end(value, cause, start, timed));
	}

	private static <T extends @Nullable Object> void follow(CompletionStage<T> stage, Pipeline.Result<T> follower,
			BiConsumer<@Nullable T, @Nullable Throwable> outcome) {
		stage.whenComplete((value, cause) -> {
			Throwable actual = unwrap(cause);
			try {
				outcome.accept(value, actual);
			}
			catch (RuntimeException | Error ex) {
				// The call's outcome stands, whatever became of its permit.
			}
			if (actual != null) {
				follower.fail(actual);
			}
			else {
				follower.succeed(value);
			}
		});
	}

	private void end(@Nullable T value, @Nullable Throwable cause, long start, boolean timed) {
		long nanos = timed ? this.gates.ticker().read() - start : 0;
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

	/**
	 * Stands for the callee's stage. If it ended when it is cancelled, the permits around
	 * it would end while a callee that cannot be cancelled is still busy.
	 */
	private static final class Relay<T extends @Nullable Object> extends Pipeline.Result<T> {

		private final CompletionStage<T> stage;

		Relay(CompletionStage<T> stage) {
			this.stage = stage;
			onCancel(() -> cancel(stage));
		}

		@Override
		public boolean cancel(boolean mayInterruptIfRunning) {
			cancel(this.stage);
			return isCancelled();
		}

		@Override
		void giveUpWith(Throwable failure) {
			cancel(this.stage);
		}

	}

}
