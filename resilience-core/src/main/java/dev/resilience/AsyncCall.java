package dev.resilience;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
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
final class AsyncCall<A, T extends @Nullable Object> extends CompletableFuture<T> {

	private final GateRow<A> gates;

	private final A argument;

	private final Policy.Call<A, CompletionStage<T>> work;

	private Permit permit = Permit.INERT;

	private volatile @Nullable Runnable canceller;

	AsyncCall(GateRow<A> gates, A argument, Policy.Call<A, CompletionStage<T>> work) {
		this.gates = gates;
		this.argument = argument;
		this.work = work;
	}

	/**
	 * A future that ends as a stage does, after somebody has seen the outcome. Cancelling
	 * it cancels the stage.
	 */
	static <T extends @Nullable Object> CompletionStage<T> relay(CompletionStage<T> stage,
			BiConsumer<@Nullable T, @Nullable Throwable> outcome) {
		AsyncCall<Boolean, T> relay = new AsyncCall<>(GateRow.empty(), Boolean.TRUE, (ignored) -> stage);
		relay.follow(stage, outcome);
		return relay;
	}

	AsyncCall<A, T> start() {
		advance(0);
		return this;
	}

	@Override
	public boolean cancel(boolean mayInterruptIfRunning) {
		boolean cancelled = super.cancel(mayInterruptIfRunning);
		Runnable current = this.canceller;
		if (cancelled && current != null) {
			current.run();
		}
		return cancelled;
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
			this.permit.abandoned();
			completeExceptionally(ex);
		}
	}

	private boolean enter(Admission admission, int index) {
		if (admission instanceof Permit granted) {
			this.permit = this.gates.join(index, this.permit, granted);
			return true;
		}
		this.permit.abandoned();
		completeExceptionally(this.gates.reject(index, (Admission.Rejection) admission));
		return false;
	}

	private void await(Admission.Wait wait, int index) {
		onCancel(wait::cancel);
		wait.decision().whenComplete((admission, impossible) -> {
			if (enter(admission, index)) {
				advance(index + 1);
			}
		});
	}

	private void begin() {
		if (isDone()) {
			this.permit.abandoned();
			return;
		}
		boolean timed = this.permit.isTimed();
		long start = timed ? this.gates.ticker().read() : 0;
		CompletionStage<T> stage;
		try {
			stage = this.work.invoke(this.argument);
		}
		catch (Throwable ex) {
			end(null, ex, start, timed);
			completeExceptionally(ex);
			return;
		}
		follow(stage, (value, cause) -> end(value, cause, start, timed));
	}

	private void follow(CompletionStage<T> stage, BiConsumer<@Nullable T, @Nullable Throwable> outcome) {
		onCancel(() -> cancelStage(stage));
		stage.whenComplete((value, cause) -> {
			Throwable actual = unwrap(cause);
			outcome.accept(value, actual);
			if (actual != null) {
				completeExceptionally(actual);
			}
			else {
				complete(value);
			}
		});
	}

	private void end(@Nullable T value, @Nullable Throwable cause, long start, boolean timed) {
		long nanos = timed ? this.gates.ticker().read() - start : 0;
		if (isCancelled() || CallRejectedException.isOwn(cause)) {
			this.permit.abandoned();
		}
		else if (cause != null) {
			this.permit.failed(cause, nanos);
		}
		else {
			this.permit.succeeded(value, nanos);
		}
	}

	private void onCancel(Runnable action) {
		this.canceller = action;
		if (isCancelled()) {
			action.run();
		}
	}

	private static void cancelStage(CompletionStage<?> stage) {
		try {
			stage.toCompletableFuture().cancel(true);
		}
		catch (UnsupportedOperationException ex) {
			// A stage that cannot be cancelled goes on; its permit stays taken until it
			// ends.
		}
	}

	static @Nullable Throwable unwrap(@Nullable Throwable cause) {
		Throwable inner = (cause instanceof CompletionException) ? cause.getCause() : null;
		return (inner != null) ? inner : cause;
	}

}
