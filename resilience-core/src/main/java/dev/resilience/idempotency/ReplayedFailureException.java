package dev.resilience.idempotency;

/**
 * Says that an earlier call with the same key failed with an exception that is stored as
 * its answer. What is kept of that exception is its type and its message.
 */
public class ReplayedFailureException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final String failureType;

	private final String failureMessage;

	ReplayedFailureException(String failureType, String failureMessage) {
		super(failureType + ": " + failureMessage);
		this.failureType = failureType;
		this.failureMessage = failureMessage;
	}

	/**
	 * What the earlier call failed with.
	 * @return the name of the exception's class
	 */
	public String failureType() {
		return this.failureType;
	}

	/**
	 * What that exception said.
	 * @return its message, empty if it had none
	 */
	public String failureMessage() {
		return this.failureMessage;
	}

}
