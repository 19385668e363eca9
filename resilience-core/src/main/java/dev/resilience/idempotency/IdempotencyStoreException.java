package dev.resilience.idempotency;

import org.jspecify.annotations.Nullable;

/**
 * The idempotency store failed before the call ({@code store-failed}), or has no room for
 * another record ({@code store-full}). The callee was not called.
 */
public final class IdempotencyStoreException extends IdempotencyException {

	private static final long serialVersionUID = 1L;

	IdempotencyStoreException(IdempotencyRejection rejection, @Nullable Throwable cause) {
		super(rejection, Category.UNAVAILABLE, cause);
	}

}
