package dev.resilience.spring.aop;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;
import dev.resilience.Policy;

/**
 * The rejection of a call whose key or fingerprint cannot be taken: an expression failed,
 * or gave what cannot serve. It is the caller's fault, not the callee's. Immutable.
 */
final class UnusableKey extends Admission.Rejection {

	private final RuntimeException cause;

	UnusableKey(Policy policy, RuntimeException cause) {
		super(policy, "invalid-key");
		this.cause = cause;
	}

	@Override
	public String explain() {
		return explainToCaller() + ": its expression failed with " + this.cause.getClass().getName();
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
