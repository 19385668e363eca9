package dev.resilience.spring.aop;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;
import dev.resilience.Policy;

/**
 * The rejection of a call whose key expression gave nothing. It is the caller's fault,
 * not the callee's. Immutable.
 */
final class MissingKey extends Admission.Rejection {

	MissingKey(Policy policy) {
		super(policy, "missing-key");
	}

	@Override
	public String explain() {
		return policy() + " needs a key, and this call has none: its key expression gave null";
	}

	@Override
	public CallRejectedException toException() {
		return new MissingKeyException(this);
	}

	private static final class MissingKeyException extends CallRejectedException {

		private static final long serialVersionUID = 1L;

		MissingKeyException(MissingKey rejection) {
			super(rejection);
		}

		@Override
		public Category category() {
			return Category.INVALID;
		}

	}

}
