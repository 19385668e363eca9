package dev.resilience.idempotency;

/**
 * Another call with the same key is still running (reason {@code in-flight}, or
 * {@code too-many-waiting} when no further one may wait for it), or ended without anybody
 * knowing whether it took effect ({@code outcome-unknown}).
 */
public final class IdempotencyConflictException extends IdempotencyException {

	private static final long serialVersionUID = 1L;

	IdempotencyConflictException(IdempotencyRejection rejection) {
		super(rejection, Category.CONFLICT, null);
	}

}
