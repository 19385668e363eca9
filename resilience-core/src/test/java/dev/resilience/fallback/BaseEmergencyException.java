package dev.resilience.fallback;

import dev.resilience.CallRejectedException;

/**
 * A stop that no general fallback may answer for.
 */
class BaseEmergencyException extends CallRejectedException {

	private static final long serialVersionUID = 1L;

	BaseEmergencyException() {
		super(new Closed.No(new Closed("closed", false)));
	}

	@Override
	public boolean isFinal() {
		return true;
	}

}
