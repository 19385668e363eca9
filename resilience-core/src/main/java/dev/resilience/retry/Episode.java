package dev.resilience.retry;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;

import dev.resilience.CallRejectedException;
import dev.resilience.config.ExceptionTypes;
import org.jspecify.annotations.Nullable;

/**
 * One call from its first failure on: how often it was retried, what was thrown, and
 * whether to try again. Used by one attempt after the other, never by two at once.
 */
final class Episode {

	private static final int MAX_SUPPRESSED = 8;

	static final long STOP = -1;

	private final Retry retry;

	private final RetryConfig config;

	private final long start;

	private final Deque<Throwable> earlier = new ArrayDeque<>(2);

	private @Nullable Throwable last;

	private int retries;

	private End end = End.FAILED;

	/**
	 * Begins with the first failure.
	 * @param retry who decides
	 * @param start when the call began; only known where there is a {@code max-duration}
	 */
	Episode(Retry retry, long start) {
		this.retry = retry;
		this.config = retry.config();
		this.start = start;
		retry.countFirst(false);
	}

	/**
	 * An attempt threw.
	 * @return nanoseconds to wait for the next one, or {@link #STOP}
	 */
	long failed(Throwable failure) {
		remember(failure);
		End verdict = judge(failure);
		if (verdict != null) {
			return stop(verdict);
		}
		long asked = asked(failure);
		if (asked > this.config.maxDelay().toNanos()) {
			return stop(End.EXHAUSTED);
		}
		long delay = this.retry.backoff().nanos(this.retries);
		return next(failure.getClass().getName(), (asked > delay) ? this.retry.backoff().nanosAfter(asked) : delay);
	}

	/**
	 * An attempt returned a value that is to be retried.
	 * @return nanoseconds to wait for the next one, or {@link #STOP}
	 */
	long unsatisfied() {
		return next("an unwanted result", this.retry.backoff().nanos(this.retries));
	}

	private long next(String why, long delay) {
		if (this.retries >= this.config.maxRetries()) {
			return stop(End.EXHAUSTED);
		}
		Duration most = this.config.maxDuration();
		if (most != null && this.retry.now() - this.start + delay >= most.toNanos()) {
			return stop(End.OUT_OF_TIME);
		}
		if (!this.retry.budget().take()) {
			return stop(End.OUT_OF_BUDGET);
		}
		this.retries++;
		this.retry.retrying(this.retries, why, delay);
		return delay;
	}

	private long stop(End verdict) {
		this.end = verdict;
		return STOP;
	}

	private void remember(Throwable failure) {
		Throwable before = this.last;
		if (before != null && before != failure) {
			if (this.earlier.size() >= MAX_SUPPRESSED) {
				this.earlier.removeFirst();
			}
			this.earlier.addLast(before);
		}
		this.last = failure;
	}

	/**
	 * The last failure as it was thrown, with those before it suppressed on it.
	 */
	Throwable withEarlier(Throwable failure) {
		// It may be an instance that its owner throws again and again.
		int room = MAX_SUPPRESSED - (this.earlier.isEmpty() ? 0 : failure.getSuppressed().length);
		for (Throwable each : this.earlier) {
			if (each != failure && room > 0) {
				failure.addSuppressed(each);
				room--;
			}
		}
		return failure;
	}

	/**
	 * Somebody wants no further attempt.
	 * @param failure what the last one threw, if it was not judged before
	 */
	void abandon(@Nullable Throwable failure) {
		if (failure != null) {
			remember(failure);
		}
		this.end = End.IGNORED;
	}

	/**
	 * There cannot be a further attempt.
	 */
	void fail() {
		this.end = End.FAILED;
		count();
	}

	/**
	 * The call has failed for good, or what it returned is all there is.
	 */
	void count() {
		this.retry.ended(this.end, this.retries);
	}

	/**
	 * Why a failure is not retried, or {@code null} if it may be.
	 */
	private @Nullable End judge(Throwable failure) {
		if (failure instanceof InterruptedException || failure instanceof CancellationException) {
			return End.IGNORED;
		}
		boolean excluded = ExceptionTypes.include(this.config.excludeExceptions(), failure);
		if (failure instanceof CallRejectedException rejection) {
			if (CallRejectedException.isOwn(failure)) {
				boolean limited = rejection.category() == CallRejectedException.Category.LIMITED;
				return (limited && this.config.retryRejected() && !excluded) ? null : End.IGNORED;
			}
			excluded |= rejection.isFinal();
		}
		return (!excluded && ExceptionTypes.include(this.config.retryExceptions(), failure)) ? null : End.FAILED;
	}

	/**
	 * How long the callee wants to be left alone. A reader that fails knows nothing: the
	 * call's own failure is what counts.
	 */
	private long asked(Throwable failure) {
		Duration asked = null;
		try {
			asked = (failure instanceof CallRejectedException rejection) ? rejection.retryAfter() : null;
			asked = (asked != null) ? asked : this.config.retryAfter().read(failure);
			return (asked != null) ? asked.toNanos() : 0;
		}
		catch (ArithmeticException ex) {
			return (asked != null && asked.isNegative()) ? 0 : Long.MAX_VALUE;
		}
		catch (Throwable ex) {
			return 0;
		}
	}

}
