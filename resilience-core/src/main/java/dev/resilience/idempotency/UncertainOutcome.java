package dev.resilience.idempotency;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

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
	// So may a conversation that broke: the request may have arrived, only the answer did
	// not. That is every IOException, and what drivers and clients throw; those share no
	// type (SQLTimeoutException, SQLRecoverableException, RedisCommandTimeoutException,
	// GatewayTimeout, PrematureCloseException), so they go by their name. What failed in
	// connecting sent nothing, and is certain.
	//
	// A conflict about an inner key, one that came out of the callee, says that the inner
	// call is running or may have taken effect, so the outer one may have too. So does an
	// inner result that cannot be read.

	private static final Pattern NEVER_SENT = Pattern
		.compile(".*Connect(ion)?TimeoutException|ConnectException|UnknownHostException|NoRouteToHostException"
				+ "|SSLHandshakeException|FileNotFoundException|NoSuchFileException");

	private static final Pattern MAYBE_DONE = Pattern
		.compile(".*TimeoutException|GatewayTimeout|.*PrematureClose.*|.*NoHttpResponse.*|.*ConnectionClosed.*"
				+ "|SQLRecoverableException|SQLNonTransientConnectionException");

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
			if (!examined.add(next) || isNamed(next.getClass(), NEVER_SENT)) {
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
		if (failure instanceof CallRejectedException rejected) {
			return rejected.category() == CallRejectedException.Category.TIMED_OUT
					|| (isOfAnEffect(rejected) && !CallRejectedException.isOwn(rejected));
		}
		return failure instanceof Error || failure instanceof InterruptedException
				|| failure instanceof CancellationException || isBrokenConversation(failure);
	}

	private static boolean isOfAnEffect(CallRejectedException rejected) {
		return rejected instanceof IdempotencyConflictException
				|| IdempotencyRejection.Reason.RESULT_UNREADABLE.word().equals(rejected.reason());
	}

	/**
	 * An IOException that only wraps another failure says no more than that one.
	 */
	private static boolean isBrokenConversation(Throwable failure) {
		Class<?> type = failure.getClass();
		return (failure instanceof IOException && (type != IOException.class || failure.getCause() == null))
				|| type == TimeoutException.class || isNamed(type, MAYBE_DONE);
	}

	private static boolean isNamed(Class<?> type, Pattern names) {
		for (Class<?> each = type; each != null && each != Exception.class; each = each.getSuperclass()) {
			if (names.matcher(each.getSimpleName()).matches()) {
				return true;
			}
		}
		return false;
	}

}
