package dev.resilience.redis;

/**
 * Where a process is killed, in the order of a call.
 */
enum CrashPoint {

	/** At any time: nothing halts. */
	ANY,

	/** The store has granted the claim, and the call has not heard of it. */
	CLAIMED,

	/** The work has begun, and nothing has taken effect. */
	GRANTED,

	/** The work has taken effect, and not returned. */
	EFFECT,

	/** The work has returned, and nothing is stored. */
	RETURNED,

	/** The result is stored, and the call has not heard of it. */
	STORED,

	/** The caller has the result: nothing halts. */
	ANSWERED;

	/**
	 * Whether a call waits there.
	 */
	boolean isHalt() {
		return this != ANY && this != ANSWERED;
	}

	/**
	 * Whether a call that got there has taken effect.
	 */
	boolean isAfterEffect() {
		return compareTo(EFFECT) >= 0;
	}

	/**
	 * Whether the result of a call that got there is stored.
	 */
	boolean isAfterStoring() {
		return compareTo(STORED) >= 0;
	}

}
