package dev.resilience.spring.fictional;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;

/**
 * The office is closed.
 */
public class OfficeClosedException extends CallRejectedException {

	private static final long serialVersionUID = 1L;

	OfficeClosedException(Admission.Rejection rejection) {
		super(rejection);
	}

	@Override
	public Category category() {
		return Category.LIMITED;
	}

}
