package dev.resilience.idempotency;

import org.jspecify.annotations.Nullable;

/**
 * The call carries no usable idempotency key. Its message never shows the key.
 */
public final class IdempotencyKeyException extends IdempotencyException {

	private static final long serialVersionUID = 1L;

	IdempotencyKeyException(IdempotencyRejection rejection, @Nullable Throwable cause) {
		super(rejection, Category.INVALID, cause);
	}

}
