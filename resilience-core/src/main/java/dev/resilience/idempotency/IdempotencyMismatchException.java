package dev.resilience.idempotency;

/**
 * The key was used before, with another fingerprint. It tells nothing of that call.
 */
public final class IdempotencyMismatchException extends IdempotencyException {

	private static final long serialVersionUID = 1L;

	IdempotencyMismatchException(IdempotencyRejection rejection) {
		super(rejection, Category.MISMATCH, null);
	}

}
