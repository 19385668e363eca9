package dev.resilience.spring.aop;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;
import dev.resilience.Gate;
import dev.resilience.Policy;
import org.jspecify.annotations.Nullable;

/**
 * The rejection of a call whose key cannot be taken: an expression failed, or gave what
 * cannot serve. It is the caller's fault, not the callee's. Immutable.
 */
final class UnusableKey extends Admission.Rejection {

	private final @Nullable RuntimeException cause;

	private UnusableKey(Policy policy, String reason, @Nullable RuntimeException cause) {
		super(policy, reason);
		this.cause = cause;
	}

	/**
	 * The expression gave nothing.
	 */
	static UnusableKey missing(Policy policy) {
		return new UnusableKey(policy, Gate.MISSING_KEY, null);
	}

	/**
	 * The expression failed, or gave what cannot serve.
	 */
	static UnusableKey invalid(Policy policy, RuntimeException cause) {
		return new UnusableKey(policy, Gate.INVALID_KEY, cause);
	}

	@Override
	public String explain() {
		return explainToCaller() + ": its key expression "
				+ ((this.cause != null) ? "failed with " + this.cause.getClass().getName() : "gave null");
	}

	@Override
	public String explainToCaller() {
		return policy() + " needs a key, and none can be taken from this call";
	}

	@Override
	public CallRejectedException toException() {
		return new UnusableKeyException(this);
	}

	private static final class UnusableKeyException extends CallRejectedException {

		private static final long serialVersionUID = 1L;

		UnusableKeyException(UnusableKey rejection) {
			super(rejection, rejection.cause);
		}

		@Override
		public Category category() {
			return Category.INVALID;
		}

	}

}
