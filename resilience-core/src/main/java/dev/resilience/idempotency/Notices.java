package dev.resilience.idempotency;

import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

import dev.resilience.time.Digest;
import dev.resilience.time.Ticker;
import org.jspecify.annotations.Nullable;

/**
 * Tells the listeners of one operation of calls that a person may have to look after: of
 * each kind at most once a second, with the number since the last time. Thread-safe.
 */
final class Notices {

	// A callee that is down makes every call end this way. One event names one call; how
	// many there were in between is in the next one, and always in the counters.
	//
	// No event tells a key, or the message of a call's exception, which may hold one:
	// whoever looks for the call finds it by its record's digest, and by the fence, which
	// the callee was given too. What a store says when it fails is told, cut and in one
	// line: without it nobody would know what to mend.

	private static final int MAX_DEPTH = 10;

	private static final int MAX_REASON = 300;

	private static final Duration INTERVAL = Duration.ofSeconds(1);

	private final Map<Kind, Digest> digests = new EnumMap<>(Kind.class);

	private final IdempotentOperation operation;

	Notices(IdempotentOperation operation, Ticker ticker) {
		this.operation = operation;
		for (Kind kind : Kind.values()) {
			this.digests.put(kind, new Digest(ticker, INTERVAL));
		}
	}

	/**
	 * Tells of a call.
	 * @param reason the exception that made it such a call, if there is one
	 */
	@SuppressWarnings("NullAway") // every kind has its digest
	void tell(Kind kind, Execution call, @Nullable String reason) {
		long count = this.digests.get(kind).occurred();
		if (count > 0) {
			publish(kind, call, reason, count);
		}
	}

	/**
	 * What made a store fail: the last cause and what it says.
	 */
	static String reason(Throwable failure) {
		Throwable root = root(failure);
		String text = root.getClass().getName() + ": " + root.getMessage();
		return text.substring(0, Math.min(text.length(), MAX_REASON)).replaceAll("\\p{Cntrl}", " ");
	}

	static Throwable root(Throwable failure) {
		Throwable root = failure;
		for (int depth = 0; depth < MAX_DEPTH && root.getCause() != null; depth++) {
			root = root.getCause();
		}
		return root;
	}

	private void publish(Kind kind, Execution call, @Nullable String reason, long count) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("operation", this.operation.name());
		String record = call.key().digest();
		details.put("record", record);
		details.put("fence", call.fence());
		if (reason != null) {
			details.put("exception", reason);
		}
		details.put("count", count);
		this.operation.tell(
				kind.word, "idempotent operation '" + this.operation.name() + "' " + kind.event + " (record " + record
						+ ", fence " + call.fence() + ((reason != null) ? ", " + reason : "") + "): " + kind.sequel,
				details);
	}

	/**
	 * What there is to tell.
	 */
	enum Kind {

		OUTCOME_UNKNOWN("outcome-unknown", "does not know whether a call took effect",
				"its key is rejected until the ttl ends or the record is forgotten"),

		UNSTORED("unstored", "returned a result that the store did not take",
				"unless it takes it within the lease, its key is rejected until the ttl ends "
						+ "or the record is forgotten"),

		STORE_FAILED("store-failed", "turned a call away, because its store could not be asked",
				"all of its calls that need the store are turned away until it answers"),

		BYPASSED("open-bypass", "ran a call without its store, which could not be asked",
				"it may be a duplicate, and has no fence"),

		UNREADABLE("result-unreadable", "cannot read the result of a call that took effect",
				"repetitions are rejected until its type fits, the ttl ends or the record is forgotten"),

		LOST("lost", "returned a result that is not stored",
				"the record has another owner by now, whose call may be a second one");

		private final String word;

		private final String event;

		private final String sequel;

		Kind(String word, String event, String sequel) {
			this.word = word;
			this.event = event;
			this.sequel = sequel;
		}

	}

}
