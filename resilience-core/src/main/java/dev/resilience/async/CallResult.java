package dev.resilience.async;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

import org.jspecify.annotations.Nullable;

/**
 * The result of an asynchronous call. Cancelling it reaches whatever the call waits for
 * at the moment, and so does anybody else who ends it before the call does, with
 * {@link #orTimeout} say. For policies that follow a call through several stages.
 * Thread-safe.
 *
 * @param <T> what the call returns
 */
public abstract class CallResult<T extends @Nullable Object> extends CompletableFuture<T> {

	private volatile @Nullable Runnable canceller;

	/**
	 * Creates a result that is not there yet.
	 */
	protected CallResult() {
	}

	@Override
	public boolean cancel(boolean mayInterruptIfRunning) {
		return endedFromOutside(super.cancel(mayInterruptIfRunning));
	}

	@Override
	public boolean complete(T value) {
		return endedFromOutside(super.complete(value));
	}

	@Override
	public boolean completeExceptionally(Throwable failure) {
		return endedFromOutside(super.completeExceptionally(failure));
	}

	/**
	 * What somebody ended the result with who would wait no longer. To be asked when the
	 * result is done and the call is not.
	 * @return the failure, or {@code null} if it was cancelled or given a value
	 */
	protected final @Nullable Throwable impatience() {
		return isCancelled() ? null : failureOf(handle((value, failure) -> failure).getNow(null));
	}

	private boolean endedFromOutside(boolean ended) {
		Runnable current = this.canceller;
		if (ended && current != null) {
			current.run();
		}
		return ended;
	}

	/**
	 * Ends the result as the call ended.
	 * @param value what the call returned
	 * @return whether nobody was faster
	 */
	protected final boolean succeed(T value) {
		return super.complete(value);
	}

	/**
	 * Ends the result as the call ended.
	 * @param failure what the call threw
	 * @return whether nobody was faster
	 */
	protected final boolean fail(Throwable failure) {
		return super.completeExceptionally(failure);
	}

	/**
	 * Ends the result as the call ended.
	 * @param value what the call returned
	 * @param failure what the call threw, or {@code null} if it returned
	 */
	@SuppressWarnings("NullAway") // T may be nullable: so may be the value
	protected final void end(@Nullable T value, @Nullable Throwable failure) {
		if (failure != null) {
			fail(failure);
		}
		else {
			succeed(value);
		}
	}

	/**
	 * Says what has to be given up from now on when somebody ends the result before the
	 * call does. If that has happened already, it is given up at once.
	 * @param action gives up what the call waits for; it may run twice
	 */
	protected final void onCancel(Runnable action) {
		this.canceller = action;
		if (isDone()) {
			action.run();
		}
	}

	/**
	 * Goes on with the call when a stage has ended, wherever that is, with what the
	 * current thread carries for it.
	 * @param <V> what the stage holds
	 * @param stage the stage
	 * @param step what is done then
	 */
	protected static <V extends @Nullable Object> void follow(CompletionStage<V> stage,
			BiConsumer<? super @Nullable V, ? super @Nullable Throwable> step) {
		ContextCarrier.Carried carried = hasEnded(stage) ? ContextCarrier.Carried.NOTHING : ContextCarrier.captureAll();
		if (carried == ContextCarrier.Carried.NOTHING) {
			stage.whenComplete(step);
		}
		else {
			stage.whenComplete((value, failure) -> carried.run(() -> step.accept(value, failure)));
		}
	}

	/**
	 * What a stage holds, if it is there already.
	 * @param <V> what the stage holds
	 * @param stage the stage
	 * @return the value, or {@code null} if there is none, or not yet, or none that can
	 * be asked for
	 */
	public static <V> @Nullable V valueNow(CompletionStage<V> stage) {
		return (stage instanceof CompletableFuture<V> future && hasEnded(stage) && !future.isCompletedExceptionally())
				? future.getNow(null) : null;
	}

	/**
	 * Whether a stage is known to have ended. A minimal stage is a future that refuses to
	 * be asked.
	 */
	private static boolean hasEnded(CompletionStage<?> stage) {
		try {
			return stage instanceof CompletableFuture<?> future && future.isDone();
		}
		catch (UnsupportedOperationException ex) {
			return false;
		}
	}

	/**
	 * Gives up a stage as this result was given up.
	 * @param stage the stage
	 */
	protected final void giveUp(CompletionStage<?> stage) {
		giveUp(stage, impatience());
	}

	/**
	 * Gives up a stage: a policy further in is to hear of the failure, a callee is
	 * cancelled.
	 * @param stage the stage
	 * @param failure why it is given up, or {@code null} if it is cancelled
	 */
	protected static void giveUp(CompletionStage<?> stage, @Nullable Throwable failure) {
		if (stage instanceof CallResult<?> inner && failure != null) {
			inner.giveUpWith(failure);
		}
		else {
			cancel(stage);
		}
	}

	/**
	 * Ends this result from outside.
	 * @param failure why nobody waits for it any more
	 */
	protected void giveUpWith(Throwable failure) {
		completeExceptionally(failure);
	}

	/**
	 * Cancels a stage. One that cannot be cancelled goes on.
	 * @param stage the stage
	 */
	protected static void cancel(CompletionStage<?> stage) {
		try {
			stage.toCompletableFuture().cancel(true);
		}
		catch (Throwable ex) {
			// Nothing reaches it; whoever follows it hears when it ends.
		}
	}

	/**
	 * What a stage failed with, without the wrapping that dependent stages add.
	 * @param failure as the stage told it, or {@code null} if it did not fail
	 * @return the failure itself
	 */
	protected static @Nullable Throwable failureOf(@Nullable Throwable failure) {
		return (failure != null) ? unwrap(failure) : null;
	}

	/**
	 * A failure without the wrapping that dependent stages add.
	 * @param failure as a stage told it
	 * @return the failure itself
	 */
	public static Throwable unwrap(Throwable failure) {
		Throwable inner = (failure instanceof CompletionException) ? failure.getCause() : null;
		return (inner != null) ? inner : failure;
	}

}
