package dev.resilience.spring.web.idempotency;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;
import dev.resilience.Policy;
import dev.resilience.spring.web.RequestRejectedException;

import org.springframework.http.HttpStatus;

/**
 * Why a request is refused before it comes to the operation, or its stored response
 * cannot be given.
 */
final class IdempotencyRefusal extends Admission.Rejection {

	private final HttpStatus status;

	private final String explanation;

	private IdempotencyRefusal(Policy policy, String reason, HttpStatus status, String explanation) {
		super(policy, reason);
		this.status = status;
		this.explanation = explanation;
	}

	static CallRejectedException missingKey(Policy policy, String header) {
		return new IdempotencyRefusal(policy, "missing-key", HttpStatus.BAD_REQUEST, "needs the header " + header
				+ ": send a new UUID with each new request, and the same when you repeat it")
			.toException();
	}

	static CallRejectedException invalidKey(Policy policy, String header, String fault) {
		return new IdempotencyRefusal(policy, "invalid-key", HttpStatus.BAD_REQUEST,
				"cannot read the header " + header + ": " + fault)
			.toException();
	}

	static CallRejectedException multipart(Policy policy, String header) {
		return new IdempotencyRefusal(policy, "multipart", HttpStatus.UNSUPPORTED_MEDIA_TYPE,
				"takes no multipart request: send its parts one by one, or send it without the header " + header)
			.toException();
	}

	static CallRejectedException bodyTooLarge(Policy policy, long bytes) {
		return new IdempotencyRefusal(policy, "body-too-large", HttpStatus.CONTENT_TOO_LARGE,
				"takes bodies of at most " + bytes + " bytes")
			.toException();
	}

	static CallRejectedException resultNotKept(Policy policy) {
		return new IdempotencyRefusal(policy, "result-not-kept", HttpStatus.CONFLICT,
				"was called with this key before and answered, but its answer was too large to keep, or a stream:"
						+ " it is not called again")
			.toException();
	}

	@Override
	public String explain() {
		return "idempotent operation '" + policy().name() + "' " + this.explanation;
	}

	@Override
	public CallRejectedException toException() {
		return new RequestRejectedException(this, this.status);
	}

}
