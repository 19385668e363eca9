package dev.resilience.ratelimiter;

/**
 * What one key may still take, or all calls without a key together, worked out from all
 * that they took. Where a policy may round, an answer is all that it may say.
 */
abstract class RoomModel {

	/**
	 * Somebody looks at it. What is over then may be forgotten.
	 */
	void touch() {
	}

	/**
	 * How long a call has to wait, behind all others.
	 */
	abstract Range waitFor(int weight);

	/**
	 * Permits are taken.
	 * @param wait when they may be used
	 */
	abstract Taken take(int weight, Range wait);

	/**
	 * How many permits may be taken at once.
	 */
	abstract Range available();

	/**
	 * How much is used up, as far as it matters whether anything is.
	 */
	abstract Range used();

	/**
	 * All that something may be.
	 */
	record Range(long least, long most) {

		boolean contains(long value) {
			return this.least <= value && value <= this.most;
		}

		boolean isExact() {
			return this.least == this.most;
		}

	}

	/**
	 * Permits that were taken.
	 */
	interface Taken {

		/**
		 * They are used at once.
		 */
		void usedNow();

		/**
		 * They are used at last.
		 * @param at when
		 */
		void usedAt(long at);

		/**
		 * The call gave up before it might use them.
		 */
		void giveBack();

		/**
		 * They were not taken at all.
		 */
		void undo();

	}

}
