package dev.resilience.idempotency;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;
import org.jspecify.annotations.Nullable;

/**
 * How an execution ended, for those who joined it: with a value, with a failure, with a
 * rejection that each of them gets an exception of its own for, or withdrawn, before it
 * had learned anything of use to others.
 *
 * @param withdrawn whether the others have to ask themselves
 * @param value the value, maybe {@code null}
 * @param failure the failure, if it failed
 * @param rejection the rejection, if it was turned away
 * @param inner what an inner policy of the same pipeline decided, if that is the failure
 */
record Outcome(boolean withdrawn, @Nullable Object value, @Nullable Throwable failure,
		@Nullable IdempotencyRejection rejection, Admission.@Nullable Rejection inner) {

	static final Outcome WITHDRAWN = new Outcome(true, null, null, null, null);

	static Outcome value(@Nullable Object value) {
		return new Outcome(false, value, null, null, null);
	}

	static Outcome failure(Throwable failure) {
		return new Outcome(false, null, failure, null,
				(failure instanceof CallRejectedException rejected && CallRejectedException.isOwn(failure))
						? rejected.rejection() : null);
	}

	static Outcome rejected(IdempotencyRejection rejection) {
		return new Outcome(false, null, null, rejection, null);
	}

	/**
	 * The outcome for one who joined. A rejection is marked when it leaves the callee of
	 * some pipeline, and each caller may stand in another one.
	 */
	Outcome forAnother() {
		return (this.inner != null) ? failure(this.inner.toException()) : this;
	}

}
