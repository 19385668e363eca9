package dev.resilience.idempotency;

import dev.resilience.CallRejectedException;
import org.jspecify.annotations.Nullable;

/**
 * What all rejections by idempotent operations share: no general fallback may put a value
 * in the place of "this may have happened already".
 */
abstract class IdempotencyException extends CallRejectedException {

	private static final long serialVersionUID = 1L;

	private final Category category;

	IdempotencyException(IdempotencyRejection rejection, Category category, @Nullable Throwable cause) {
		super(rejection, cause);
		this.category = category;
	}

	@Override
	public final Category category() {
		return this.category;
	}

	@Override
	public final boolean isFinal() {
		return true;
	}

}
