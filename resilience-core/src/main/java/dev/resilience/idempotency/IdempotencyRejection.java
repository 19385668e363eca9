package dev.resilience.idempotency;

import java.time.Duration;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;
import dev.resilience.Policy;
import dev.resilience.idempotency.store.RecordKey;
import org.jspecify.annotations.Nullable;

/**
 * Why an idempotent operation turns a call away. Immutable; one object serves all callers
 * that one decision concerns, each with an exception of its own.
 */
final class IdempotencyRejection extends Admission.Rejection {

	private final Reason why;

	private final @Nullable Duration retryAfter;

	private final @Nullable String detail;

	private final @Nullable Throwable cause;

	private IdempotencyRejection(Policy policy, Reason why, @Nullable Duration retryAfter, @Nullable String detail,
			@Nullable Throwable cause) {
		super(policy, why.word);
		this.why = why;
		this.retryAfter = retryAfter;
		this.detail = detail;
		this.cause = cause;
	}

	static IdempotencyRejection of(Policy policy, Reason why) {
		return new IdempotencyRejection(policy, why, null, null, null);
	}

	static IdempotencyRejection inFlight(Policy policy, Duration retryAfter) {
		return new IdempotencyRejection(policy, Reason.IN_FLIGHT, retryAfter, null, null);
	}

	static IdempotencyRejection crowded(Policy policy, Duration retryAfter) {
		return new IdempotencyRejection(policy, Reason.TOO_MANY_WAITING, retryAfter, null, null);
	}

	static IdempotencyRejection invalidKey(Policy policy, String fault) {
		return new IdempotencyRejection(policy, Reason.INVALID_KEY, null, fault, null);
	}

	static IdempotencyRejection unreadableKey(Policy policy, Throwable cause) {
		return new IdempotencyRejection(policy, Reason.INVALID_KEY, null, "it cannot be read from this call", cause);
	}

	static IdempotencyRejection outcomeUnknown(Policy policy, RecordKey key) {
		return new IdempotencyRejection(policy, Reason.OUTCOME_UNKNOWN, null, "record " + key.digest(), null);
	}

	static IdempotencyRejection notKept(Policy policy, Results.Tombstone tombstone) {
		return new IdempotencyRejection(policy, Reason.RESULT_NOT_KEPT, null, tombstone.reason(), null);
	}

	static IdempotencyRejection unreadable(Policy policy, Throwable cause) {
		return new IdempotencyRejection(policy, Reason.RESULT_UNREADABLE, null, null, cause);
	}

	static IdempotencyRejection storeFailed(Policy policy, Throwable cause) {
		return new IdempotencyRejection(policy, Reason.STORE_FAILED, null, null, cause);
	}

	Reason why() {
		return this.why;
	}

	@Nullable Throwable cause() {
		return this.cause;
	}

	@Override
	public String explain() {
		return explainToCaller() + this.why.advice;
	}

	@Override
	public String explainToCaller() {
		return "idempotent operation '" + policy().name() + "' " + this.why.explanation
				+ ((this.detail != null) ? ": " + this.detail : "");
	}

	@Override
	public @Nullable Duration retryAfter() {
		return this.retryAfter;
	}

	@Override
	public CallRejectedException toException() {
		return switch (this.why) {
			case IN_FLIGHT, TOO_MANY_WAITING, OUTCOME_UNKNOWN, RESULT_NOT_KEPT ->
				new IdempotencyConflictException(this);
			case MISMATCH -> new IdempotencyMismatchException(this);
			case INVALID_KEY -> new IdempotencyKeyException(this, this.cause);
			case STORE_FULL, STORE_FAILED, RESULT_UNREADABLE -> new IdempotencyStoreException(this, this.cause);
		};
	}

	/**
	 * Every reason to turn a call away.
	 */
	enum Reason {

		IN_FLIGHT("in-flight", "is still running for this key: try again later"),

		TOO_MANY_WAITING("too-many-waiting",
				"is still running for this key, and as many calls wait for it as may (" + Execution.MAX_WAITERS
						+ "): try again later"),

		OUTCOME_UNKNOWN("outcome-unknown",
				"was called with this key before, and nobody knows whether that call took effect",
				"; find out, then complete its record, or forget the key if it did not"),

		RESULT_NOT_KEPT("result-not-kept",
				"was called with this key before and took effect, but its result was not kept",
				"; forget the key if its call may run again"),

		RESULT_UNREADABLE("result-unreadable", "was called with this key before, but its result cannot be read",
				"; see the cause, then mend the type, or forget the key if its call may run again"),

		MISMATCH("mismatch", "was called with this key for another request: use a new key"),

		INVALID_KEY("invalid-key", "needs another key"),

		STORE_FULL("store-full", "has no room for another key", "; raise 'max-entries' or shorten 'ttl'"),

		STORE_FAILED("store-failed", "was not called, because its store failed");

		private final String word;

		private final String explanation;

		private final String advice;

		Reason(String word, String explanation) {
			this(word, explanation, "");
		}

		/**
		 * A reason with what operators can do about it.
		 */
		Reason(String word, String explanation, String advice) {
			this.word = word;
			this.explanation = explanation;
			this.advice = advice;
		}

		String word() {
			return this.word;
		}

	}

}
