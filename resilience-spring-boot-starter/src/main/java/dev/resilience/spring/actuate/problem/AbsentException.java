package dev.resilience.spring.actuate.problem;

/**
 * What an order is for is not there: the caller is told so, with HTTP 404.
 */
public final class AbsentException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates an exception.
	 * @param reason what is not there, for the caller
	 */
	public AbsentException(String reason) {
		super(reason);
	}

}
