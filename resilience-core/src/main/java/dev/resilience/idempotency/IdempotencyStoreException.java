package dev.resilience.idempotency;

import org.jspecify.annotations.Nullable;

/**
 * The idempotency store failed before the call ({@code store-failed}), has no room for
 * another record ({@code store-full}), or has a result of an earlier call that cannot be
 * read ({@code result-unreadable}). The callee was not called.
 */
public final class IdempotencyStoreException extends IdempotencyException {

	private static final long serialVersionUID = 1L;

	IdempotencyStoreException(IdempotencyRejection rejection, @Nullable Throwable cause) {
		super(rejection, Category.UNAVAILABLE, cause);
	}

}
