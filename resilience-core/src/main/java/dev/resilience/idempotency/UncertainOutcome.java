package dev.resilience.idempotency;

import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;

import dev.resilience.CallRejectedException;

/**
 * Tells failures that say "it did not happen" from those that only say "I stopped
 * waiting".
 */
final class UncertainOutcome {

	// A timeout, an interruption, a cancellation or an Error may strike after the effect.
	// They are looked for among the causes, and among the suppressed ones too: a retry
	// inside rethrows its last failure and suppresses the earlier ones, and an attempt
	// that timed out may have taken effect whatever became of the attempts after it.
	//
	// Timeouts of drivers and clients share no type (SQLTimeoutException,
	// HttpTimeoutException, RedisCommandTimeoutException), so they go by their name. One
	// that names the connecting sent nothing, and is certain.

	private static final int MAX_EXAMINED = 64;

	private UncertainOutcome() {
	}

	/**
	 * Whether the call may have taken effect nevertheless. A failure with more causes
	 * than can be examined may.
	 */
	static boolean isPossibleAfter(Throwable failure) {
		Set<Throwable> examined = Collections.newSetFromMap(new IdentityHashMap<>());
		Deque<Throwable> open = new ArrayDeque<>();
		open.push(failure);
		while (!open.isEmpty()) {
			Throwable next = open.pop();
			if (!examined.add(next)) {
				continue;
			}
			if (isUncertain(next) || examined.size() > MAX_EXAMINED) {
				return true;
			}
			if (next.getCause() != null) {
				open.push(next.getCause());
			}
			for (Throwable suppressed : next.getSuppressed()) {
				open.push(suppressed);
			}
		}
		return false;
	}

	private static boolean isUncertain(Throwable failure) {
		return failure instanceof Error || failure instanceof InterruptedException
				|| failure instanceof ClosedByInterruptException || failure instanceof CancellationException
				|| (failure instanceof CallRejectedException rejected
						&& rejected.category() == CallRejectedException.Category.TIMED_OUT)
				|| isTimeout(failure);
	}

	private static boolean isTimeout(Throwable failure) {
		Class<?> type = failure.getClass();
		while (type != Exception.class && type != Throwable.class && type != null) {
			String name = type.getSimpleName();
			if (name.endsWith("ConnectTimeoutException")) {
				return false;
			}
			if (type == TimeoutException.class || type == InterruptedIOException.class
					|| name.endsWith("TimeoutException")) {
				return true;
			}
			type = type.getSuperclass();
		}
		return false;
	}

}
