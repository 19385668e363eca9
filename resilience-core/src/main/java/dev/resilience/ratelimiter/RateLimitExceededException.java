package dev.resilience.ratelimiter;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;

/**
 * A rate limiter did not let a call pass. {@link #retryAfter()} says, from the moment of
 * the rejection, after how long the same call would pass if nobody else came.
 */
public final class RateLimitExceededException extends CallRejectedException {

	private static final long serialVersionUID = 1L;

	RateLimitExceededException(Admission.Rejection rejection) {
		super(rejection);
	}

	@Override
	public Category category() {
		return Category.LIMITED;
	}

}
