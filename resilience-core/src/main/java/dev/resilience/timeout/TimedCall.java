package dev.resilience.timeout;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.resilience.CallRejectedException;
import dev.resilience.Pipeline;
import dev.resilience.Policy.Call;
import dev.resilience.time.Sleeper;
import org.jspecify.annotations.Nullable;

/**
 * One asynchronous call under a timeout: its own result. It is decided once, by the end
 * of the work or by the end of its time.
 */
final class TimedCall<A, T extends @Nullable Object> extends Pipeline.Result<T> {

	// Cancelling the result cancels the work, and the result ends with the work: what
	// holds a place for it must not free the place while the work goes on. The time goes
	// on too, so a caller who cancels does not wait for ever.
	//
	// When the time is over, the work is cancelled first and the caller told afterwards,
	// so that another attempt does not begin beside this one.

	private final Timeout timeout;

	private final AtomicBoolean decided = new AtomicBoolean();

	private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();

	private volatile Sleeper.@Nullable Timer timer;

	private volatile @Nullable CompletionStage<T> stage;

	private volatile boolean stopping;

	TimedCall(Timeout timeout) {
		this.timeout = timeout;
	}

	TimedCall<A, T> start(A argument, Call<A, CompletionStage<T>> work) {
		try {
			this.timer = this.timeout.timeSource().sleeper().schedule(this::expire, this.timeout.nanos());
			CompletionStage<T> started = Objects.requireNonNull(work.invoke(argument),
					"The call returned null instead of a stage");
			this.stage = started;
			started.whenComplete((value, failure) -> end(value, unwrap(failure)));
		}
		catch (Throwable ex) {
			end(null, ex);
			return this;
		}
		if (this.stopping) {
			cancelWork();
		}
		return this;
	}

	@Override
	public boolean cancel(boolean mayInterruptIfRunning) {
		this.stopping = true;
		cancelWork();
		return isCancelled();
	}

	private void expire() {
		if (!this.decided.compareAndSet(false, true)) {
			return;
		}
		this.timeout.countTimeout();
		this.stopping = true;
		try {
			cancelWork();
		}
		finally {
			completeExceptionally(this.timeout.ranOut().toException(null, this.ended));
		}
	}

	private void end(@Nullable T value, @Nullable Throwable failure) {
		if (this.decided.compareAndSet(false, true)) {
			Sleeper.Timer started = this.timer;
			if (started != null) {
				started.cancel();
			}
			decide(value, failure);
		}
		this.ended.complete(null);
	}

	@SuppressWarnings("NullAway") // T may be nullable: so may be the value
	private void decide(@Nullable T value, @Nullable Throwable failure) {
		if (failure == null) {
			this.timeout.countSucceeded();
			complete(value);
			return;
		}
		if (this.stopping || CallRejectedException.isOwn(failure)) {
			this.timeout.countIgnored();
		}
		else {
			this.timeout.countFailed();
		}
		completeExceptionally(failure);
	}

	private void cancelWork() {
		CompletionStage<T> started = this.stage;
		if (started != null) {
			cancel(started);
		}
	}

}
