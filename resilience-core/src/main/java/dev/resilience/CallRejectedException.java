package dev.resilience;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * A policy did not let a call pass. The callee was not called, unless the policy's own
 * documentation says otherwise.
 * <p>
 * It costs little: no stack trace (see {@link #setStackTraces(boolean)}), and its message
 * is built when somebody reads it.
 */
public class CallRejectedException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private static volatile boolean stackTraces;

	// Gone when the exception comes from another JVM: then only its class is known.
	@SuppressWarnings("serial")
	private final transient Admission.Rejection rejection;

	private boolean fromCallee;

	/**
	 * Creates the exception for a rejection.
	 * @param rejection who rejects and why
	 */
	public CallRejectedException(Admission.Rejection rejection) {
		this(rejection, null);
	}

	/**
	 * Creates the exception for a rejection that something else caused.
	 * @param rejection who rejects and why
	 * @param cause what caused it
	 */
	public CallRejectedException(Admission.Rejection rejection, @Nullable Throwable cause) {
		super(null, cause, true, stackTraces);
		this.rejection = rejection;
	}

	/**
	 * Whether rejections carry a stack trace, for all of the JVM: a help in debugging
	 * that costs microseconds a rejection. Off by default.
	 * @param enabled whether to fill in stack traces
	 */
	public static void setStackTraces(boolean enabled) {
		stackTraces = enabled;
	}

	/**
	 * Whether a failure is a rejection by a policy of the pipeline that is just being
	 * run, rather than one that came out of the callee. An own rejection is no failure of
	 * the callee: it is neither counted against it nor stored. A call that
	 * {@linkplain Category#TIMED_OUT took too long} is the callee's failure, whoever
	 * stopped waiting for it.
	 * @param failure what a step of the pipeline threw
	 * @return whether it is the pipeline's own rejection
	 */
	public static boolean isOwn(@Nullable Throwable failure) {
		return failure instanceof CallRejectedException rejected && !rejected.fromCallee
				&& rejected.category() != Category.TIMED_OUT;
	}

	CallRejectedException leaveCallee() {
		this.fromCallee = true;
		return this;
	}

	/**
	 * Who rejected and why.
	 * @return the decision
	 */
	public final Admission.Rejection rejection() {
		return this.rejection;
	}

	/**
	 * The pattern that rejected.
	 * @return the policy's type
	 */
	public final String policyType() {
		return this.rejection.policy().type();
	}

	/**
	 * The policy that rejected.
	 * @return the policy's name
	 */
	public final String policyName() {
		return this.rejection.policy().name();
	}

	/**
	 * Why, in one word of a small fixed set.
	 * @return the reason
	 */
	public final String reason() {
		return this.rejection.reason();
	}

	/**
	 * How long to wait before another try can succeed.
	 * @return the time from now on, or {@code null} when nobody knows
	 */
	public final @Nullable Duration retryAfter() {
		return this.rejection.retryAfter();
	}

	/**
	 * Names the decision: policy and generation. The same for all calls that one state
	 * rejected; nothing is stored for it.
	 * @return {@code type:name:generation}
	 */
	public final String decisionId() {
		return policyType() + ":" + policyName() + ":" + this.rejection.generation();
	}

	/**
	 * What kind of refusal this is, for whoever has to tell a remote caller.
	 * @return the category
	 */
	public Category category() {
		return Category.UNAVAILABLE;
	}

	/**
	 * Whether a fallback may only answer for it when the fallback names exactly this
	 * exception: true for stops that nobody may paper over.
	 * @return whether general fallbacks are passed over
	 */
	public boolean isFinal() {
		return false;
	}

	@Override
	public final String getMessage() {
		return (this.rejection != null) ? this.rejection.explain() : "A call was rejected in another JVM";
	}

	/**
	 * Kinds of refusal. Each protocol maps them to its own codes.
	 */
	public enum Category {

		/** Not now: the callee, or the way to it, is out of order. */
		UNAVAILABLE,

		/** The caller asks too often. */
		LIMITED,

		/** The call took too long. */
		TIMED_OUT,

		/** Another call for the same thing stands in the way. */
		CONFLICT,

		/** The call contradicts an earlier one. */
		MISMATCH,

		/** The call lacks something, or is malformed. */
		INVALID

	}

}
