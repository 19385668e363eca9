package dev.resilience.retry;

/**
 * Why a call that did not succeed is not made again.
 */
enum End {

	/** A failure that is not retried. */
	FAILED("failed"),

	/** No retry is left, or the callee wants to be left alone for too long. */
	EXHAUSTED("exhausted"),

	/** No time is left. */
	OUT_OF_TIME("out-of-time"),

	/** No budget is left. */
	OUT_OF_BUDGET("out-of-budget"),

	/** An inner policy's rejection, an interruption or a cancellation. */
	IGNORED("ignored");

	private final String text;

	End(String text) {
		this.text = text;
	}

	String text() {
		return this.text;
	}

	/**
	 * Whether the call would have been made again, had there been more of something.
	 */
	boolean isGivenUp() {
		return this == EXHAUSTED || this == OUT_OF_TIME || this == OUT_OF_BUDGET;
	}

}
