package dev.resilience.spring.web;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;

import org.springframework.http.HttpStatus;

/**
 * A request was refused before anything ran, with a status of its own.
 */
public final class RequestRejectedException extends CallRejectedException {

	private static final long serialVersionUID = 1L;

	private final HttpStatus status;

	/**
	 * Creates the exception for a rejection.
	 * @param rejection who rejects and why
	 * @param status what the caller is answered
	 */
	public RequestRejectedException(Admission.Rejection rejection, HttpStatus status) {
		super(rejection);
		this.status = status;
	}

	/**
	 * What the caller is answered.
	 * @return the status
	 */
	public HttpStatus status() {
		return this.status;
	}

	@Override
	public Category category() {
		return (this.status == HttpStatus.CONFLICT) ? Category.CONFLICT : Category.INVALID;
	}

	@Override
	public boolean isFinal() {
		return true;
	}

}
