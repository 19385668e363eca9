package dev.resilience.spring.web.idempotency;

import java.io.IOException;

/**
 * Tells the operation that nobody knows whether a request took effect. It is an
 * {@link IOException}, which says just that to the operation.
 */
final class IdempotencyUnknownException extends IOException {

	private static final long serialVersionUID = 1L;

	IdempotencyUnknownException(String message) {
		super(message);
	}

	@Override
	@SuppressWarnings("UnsynchronizedOverridesSynchronized") // nobody reads its trace
	public Throwable fillInStackTrace() {
		return this;
	}

}
