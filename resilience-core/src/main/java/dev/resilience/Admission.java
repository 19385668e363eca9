package dev.resilience;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

/**
 * A gate's answer to a call: a {@link Permit}, a {@link Wait} or a {@link Rejection}.
 */
public abstract sealed class Admission permits Permit, Admission.Wait, Admission.Rejection {

	Admission() {
	}

	/**
	 * The call may pass later: a place in a gate's queue. It ends once, by its answer or
	 * by {@link #cancel()}. Thread-safe.
	 */
	public abstract static non-sealed class Wait extends Admission {

		/**
		 * Blocks until the gate has decided. An interrupted waiter gives its place back.
		 * @return a permit or a rejection
		 * @throws InterruptedException when the thread is interrupted
		 */
		protected abstract Admission await() throws InterruptedException;

		/**
		 * The decision, for callers that must not block. To be asked for once.
		 * @return completes with a permit or a rejection, never exceptionally
		 */
		protected abstract CompletionStage<Admission> decision();

		/**
		 * Gives the place back, and completes the decision with {@link Permit#INERT}.
		 * Does nothing once the gate has decided.
		 */
		protected abstract void cancel();

	}

	/**
	 * The call may not pass, and why. Its explanation is built when somebody reads it, so
	 * one object may serve many calls. Thread-safe.
	 */
	public abstract static non-sealed class Rejection extends Admission {

		private final Policy policy;

		private final String reason;

		/**
		 * Creates a rejection.
		 * @param policy who rejects
		 * @param reason a word of a small fixed set, fit for a metric's tag
		 */
		protected Rejection(Policy policy, String reason) {
			this.policy = policy;
			this.reason = reason;
		}

		/**
		 * Who rejects.
		 * @return the policy
		 */
		public final Policy policy() {
			return this.policy;
		}

		/**
		 * Why, in one word of a small fixed set.
		 * @return the reason
		 */
		public final String reason() {
			return this.reason;
		}

		/**
		 * Why, in a sentence for people. It holds no data of the call.
		 * @return the explanation
		 */
		public abstract String explain();

		/**
		 * Why, in a sentence for remote callers: without what only operators should read.
		 * @return the explanation
		 */
		public String explainToCaller() {
			return explain();
		}

		/**
		 * How long to wait before another try can succeed.
		 * @return the time from now on, or {@code null} when nobody knows
		 */
		public @Nullable Duration retryAfter() {
			return null;
		}

		/**
		 * Which of the policy's generations decided, for
		 * {@link CallRejectedException#decisionId()}.
		 * @return a number that grows with each change of the policy's state
		 */
		public long generation() {
			return 0;
		}

		/**
		 * The exception that tells a caller.
		 * @return a new exception
		 */
		public abstract CallRejectedException toException();

	}

}
