package dev.resilience.idempotency;

/**
 * The call carries no usable idempotency key. Its message never shows the key.
 */
public final class IdempotencyKeyException extends IdempotencyException {

	private static final long serialVersionUID = 1L;

	IdempotencyKeyException(IdempotencyRejection rejection) {
		super(rejection, Category.INVALID, null);
	}

}
