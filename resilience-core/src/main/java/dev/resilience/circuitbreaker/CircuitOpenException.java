package dev.resilience.circuitbreaker;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;

/**
 * A {@link CircuitBreaker} did not let a call pass: it is open, forced open, or half-open
 * with all trials running. The callee was not called.
 */
public final class CircuitOpenException extends CallRejectedException {

	private static final long serialVersionUID = 1L;

	CircuitOpenException(Admission.Rejection rejection) {
		super(rejection);
	}

}
