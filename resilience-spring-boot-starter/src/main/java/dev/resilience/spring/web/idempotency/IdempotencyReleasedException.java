package dev.resilience.spring.web.idempotency;

/**
 * Tells the operation to set a key free, and those who wait for it what was answered.
 */
final class IdempotencyReleasedException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	@SuppressWarnings("serial") // it never leaves this JVM
	private final transient StoredResponse response;

	IdempotencyReleasedException(StoredResponse response) {
		super("answered with status " + response.status(), null, false, false);
		this.response = response;
	}

	StoredResponse response() {
		return this.response;
	}

}
