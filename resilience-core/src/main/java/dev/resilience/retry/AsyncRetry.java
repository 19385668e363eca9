package dev.resilience.retry;

import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.resilience.Policy.Call;
import dev.resilience.async.CallResult;
import dev.resilience.async.ContextCarrier;
import dev.resilience.time.Sleeper;
import org.jspecify.annotations.Nullable;

/**
 * One asynchronous call and its attempts: its own result, so that cancelling the result
 * reaches the attempt that is running, or the wait for the next one.
 */
final class AsyncRetry<A, T extends @Nullable Object> extends CallResult<T> {

	// Attempts follow each other, so nothing here is used by two threads at once, except
	// by whoever gives up. That ends a wait at once; an attempt that is running is given
	// up, and the result ends with it: what holds a place for the work must not free the
	// place while the work goes on.

	private final Retry retry;

	private final A argument;

	private final Call<A, CompletionStage<T>> work;

	private final long start;

	private final AtomicBoolean waiting = new AtomicBoolean();

	private volatile @Nullable Episode episode;

	private volatile @Nullable CompletionStage<T> running;

	private volatile Sleeper.@Nullable Timer timer;

	private volatile boolean stopping;

	private volatile @Nullable Throwable reason;

	AsyncRetry(Retry retry, A argument, Call<A, CompletionStage<T>> work, long start) {
		this.retry = retry;
		this.argument = argument;
		this.work = work;
		this.start = start;
	}

	AsyncRetry<A, T> begin() {
		onCancel(() -> giveUpCall(impatience()));
		attempt();
		return this;
	}

	private void attempt() {
		try {
			CompletionStage<T> stage = Objects.requireNonNull(this.work.invoke(this.argument),
					"The call returned null instead of a stage");
			this.running = stage;
			follow(stage, (value, failure) -> ended(value, failureOf(failure)));
		}
		catch (Throwable ex) {
			ended(null, ex);
		}
		if (this.stopping) {
			giveUpAttempt();
		}
	}

	@Override
	public boolean cancel(boolean mayInterruptIfRunning) {
		giveUpCall(null);
		return isCancelled();
	}

	@Override
	protected void giveUpWith(Throwable failure) {
		giveUpCall(failure);
	}

	private void giveUpCall(@Nullable Throwable failure) {
		this.reason = failure;
		this.stopping = true;
		if (!stopWaiting()) {
			giveUpAttempt();
		}
	}

	private void ended(@Nullable T value, @Nullable Throwable failure) {
		this.running = null;
		try {
			if (failure == null && !this.retry.isUnwanted(value)) {
				succeeded(value);
				return;
			}
			Episode current = episode();
			long delay = Episode.STOP;
			if (!this.stopping) {
				delay = (failure != null) ? current.failed(failure) : current.unsatisfied();
			}
			if (this.stopping) {
				current.abandon(failure);
			}
			if (delay == Episode.STOP || this.stopping) {
				stop(current, value, failure);
			}
			else {
				waitFor(current, delay);
			}
		}
		catch (Throwable ex) {
			fail((failure != null) ? failure : ex);
		}
	}

	@SuppressWarnings("NullAway") // T may be nullable: so may be the value
	private void succeeded(@Nullable T value) {
		if (this.episode == null) {
			this.retry.countFirst(true);
		}
		else {
			this.retry.countRetried();
		}
		succeed(value);
	}

	@SuppressWarnings("NullAway") // T may be nullable: so may be the value
	private void stop(Episode current, @Nullable T value, @Nullable Throwable failure) {
		current.count();
		if (failure != null) {
			fail(current.withEarlier(failure));
		}
		else {
			succeed(value);
		}
	}

	private void waitFor(Episode current, long delay) {
		this.waiting.set(true);
		try {
			ContextCarrier.Carried carried = ContextCarrier.captureAll();
			this.timer = this.retry.sleeper().schedule(() -> carried.run(this::resume), delay);
		}
		catch (Throwable ex) {
			if (this.waiting.compareAndSet(true, false)) {
				current.fail();
				throw ex;
			}
		}
		if (this.stopping) {
			stopWaiting();
		}
	}

	private void resume() {
		if (!this.stopping && this.waiting.compareAndSet(true, false)) {
			attempt();
		}
	}

	private boolean stopWaiting() {
		if (!this.waiting.compareAndSet(true, false)) {
			return false;
		}
		Sleeper.Timer.cancelIfPossible(this.timer);
		Episode current = episode();
		current.abandon(null);
		current.count();
		Throwable why = this.reason;
		fail((why != null) ? why : new CancellationException());
		return true;
	}

	private void giveUpAttempt() {
		CompletionStage<T> stage = this.running;
		if (stage != null) {
			giveUp(stage, this.reason);
		}
	}

	private Episode episode() {
		Episode current = this.episode;
		if (current == null) {
			current = new Episode(this.retry, this.start);
			this.episode = current;
		}
		return current;
	}

}
