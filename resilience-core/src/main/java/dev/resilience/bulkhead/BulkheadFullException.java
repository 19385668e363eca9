package dev.resilience.bulkhead;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;

/**
 * A bulkhead did not let a call pass, because too many calls are running.
 */
public final class BulkheadFullException extends CallRejectedException {

	private static final long serialVersionUID = 1L;

	BulkheadFullException(Admission.Rejection rejection) {
		super(rejection);
	}

}
