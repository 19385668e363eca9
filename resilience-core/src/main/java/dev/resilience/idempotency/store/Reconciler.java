package dev.resilience.idempotency.store;

import org.jspecify.annotations.Nullable;

/**
 * Finds out whether a call took effect whose outcome nobody knows, by asking the callee
 * for its key say. Implementations are thread-safe.
 * <p>
 * It is asked when a call meets the abandoned record of an earlier one, by one caller at
 * a time, who holds the claim meanwhile; the earlier execution, should it still be there,
 * can no longer store its result.
 */
@FunctionalInterface
public interface Reconciler {

	/**
	 * Finds out whether a call took effect. What it throws counts as not known. Calls
	 * with the key wait for it, so it has to end by itself, after a time-out say.
	 * @param call the call's operation and key, with its principal and scope
	 * @return what it found
	 * @throws Exception when it cannot tell
	 */
	Finding reconcile(RecordKey call) throws Exception;

	/**
	 * What was found.
	 */
	sealed interface Finding {

		/**
		 * The call took effect.
		 * @param result what it would have returned, maybe {@code null}
		 * @return the finding: the result is stored and replayed
		 */
		static Finding tookEffect(@Nullable Object result) {
			return new TookEffect(result);
		}

		/**
		 * The call took no effect, and the earlier execution does not run any more.
		 * @return the finding: the call runs
		 */
		static Finding noEffect() {
			return Certain.NO_EFFECT;
		}

		/**
		 * It is still not known.
		 * @return the finding: what {@code on-abandoned} says is done
		 */
		static Finding unknown() {
			return Certain.UNKNOWN;
		}

	}

	/**
	 * The call took effect.
	 *
	 * @param result what it would have returned, maybe {@code null}
	 */
	record TookEffect(@Nullable Object result) implements Finding {

		/**
		 * Leaves the result out: it is the caller's data.
		 */
		@Override
		public String toString() {
			return "TookEffect";
		}

	}

	/**
	 * The findings without a result.
	 */
	enum Certain implements Finding {

		/** The call took no effect. */
		NO_EFFECT,

		/** It is not known. */
		UNKNOWN

	}

}
