package dev.resilience;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

import dev.resilience.time.Deadline;
import dev.resilience.time.Deadlines;
import dev.resilience.time.Sleeper;
import org.jspecify.annotations.Nullable;

/**
 * A gate's leave for one call, bound to the state that granted it. It ends exactly once:
 * succeeded, failed or abandoned. Inside the engine one permit may be shared by many
 * calls; one that {@link Gate#tryAcquire(CallContext)} handed out is the caller's own,
 * and its second end does nothing. Thread-safe. Ending a permit never throws.
 */
public abstract non-sealed class Permit extends Admission {

	/**
	 * A permit whose end nobody waits for.
	 */
	public static final Permit INERT = new Inert();

	/**
	 * The call returned.
	 * @param value what it returned
	 * @param nanos how long it took, or 0 where nobody measured
	 */
	public abstract void succeeded(@Nullable Object value, long nanos);

	/**
	 * The call failed.
	 * @param cause what it threw
	 * @param nanos how long it took, or 0 where nobody measured
	 */
	public abstract void failed(Throwable cause, long nanos);

	/**
	 * The call was never made, or was cancelled: its outcome says nothing.
	 */
	public abstract void abandoned();

	/**
	 * Whether the gate needs to know how long the call took.
	 * @return {@code true} to have the call measured
	 */
	protected boolean isTimed() {
		return false;
	}

	/**
	 * How long the gate allows the call to take. Of several limits for one call, the
	 * shortest holds that is enforced; a gate in shadow mode only hears when its own is
	 * over. Whoever asks for a permit by hand bounds the call by himself.
	 * @return the limit, or {@code null} for none
	 */
	protected @Nullable TimeLimit timeLimit() {
		return null;
	}

	/**
	 * The limit that holds for a call.
	 * @param interrupting whether to look only at those that interrupt a plain call
	 */
	@Nullable TimeLimit limit(boolean interrupting) {
		TimeLimit limit = timeLimit();
		return (limit != null && limit.gate.enforces() && (limit.interrupts || !interrupting)) ? limit : null;
	}

	/**
	 * Both permits as one.
	 * @param next the permit of the next gate
	 * @param known an earlier result, to be used again if it fits: shared permits come in
	 * the same pairs call after call
	 */
	final Permit and(Permit next, @Nullable Permit known) {
		if (this == INERT) {
			return next;
		}
		if (next == INERT) {
			return this;
		}
		return (known instanceof Joined joined && joined.outer == this && joined.inner == next) ? joined
				: new Joined(this, next);
	}

	private static final class Inert extends Permit {

		@Override
		public void succeeded(@Nullable Object value, long nanos) {
		}

		@Override
		public void failed(Throwable cause, long nanos) {
		}

		@Override
		public void abandoned() {
		}

	}

	private static final class Joined extends Permit {

		private final Permit outer;

		private final Permit inner;

		Joined(Permit outer, Permit inner) {
			this.outer = outer;
			this.inner = inner;
		}

		@Override
		public void succeeded(@Nullable Object value, long nanos) {
			try {
				this.inner.succeeded(value, nanos);
			}
			finally {
				this.outer.succeeded(value, nanos);
			}
		}

		@Override
		public void failed(Throwable cause, long nanos) {
			try {
				this.inner.failed(cause, nanos);
			}
			finally {
				this.outer.failed(cause, nanos);
			}
		}

		@Override
		public void abandoned() {
			try {
				this.inner.abandoned();
			}
			finally {
				this.outer.abandoned();
			}
		}

		@Override
		protected boolean isTimed() {
			return this.outer.isTimed() || this.inner.isTimed();
		}

		@Override
		@Nullable TimeLimit limit(boolean interrupting) {
			TimeLimit first = this.outer.limit(interrupting);
			TimeLimit second = this.inner.limit(interrupting);
			return (second == null || (first != null && first.nanos < second.nanos)) ? first : second;
		}

	}

	/**
	 * How long a gate allows a call to take. When the time is over, a plain call's thread
	 * is interrupted and an asynchronous call's stage is cancelled, and the call fails
	 * with a {@link CallTimeoutException}. Immutable and thread-safe.
	 */
	public static final class TimeLimit {

		private final Gate gate;

		private final RanOut ranOut;

		private final Sleeper sleeper;

		private final Deadlines deadlines;

		private final long nanos;

		private final boolean interrupts;

		/**
		 * Creates a limit.
		 * @param gate whose it is
		 * @param duration how long a call may take, positive
		 * @param interrupts whether a plain call's thread is interrupted; if not, the
		 * call can only end by itself, and counts as failed if it does so too late
		 */
		public TimeLimit(Gate gate, Duration duration, boolean interrupts) {
			this.gate = gate;
			this.ranOut = new RanOut(gate, duration);
			this.sleeper = gate.time().sleeper();
			this.deadlines = Deadlines.of(gate.time());
			this.nanos = duration.toNanos();
			this.interrupts = interrupts;
		}

		Deadline begin() {
			return this.deadlines.begin(this.nanos, this.interrupts);
		}

		boolean interrupts() {
			return this.interrupts;
		}

		boolean isOver(long spent) {
			return spent >= this.nanos;
		}

		Sleeper.Timer schedule(Runnable expiry) {
			return this.sleeper.schedule(expiry, this.nanos);
		}

		/**
		 * What a plain call fails with, for its caller.
		 */
		Throwable failure(Deadline.End end, Throwable thrown) {
			boolean stopped = end == Deadline.End.STOPPED && !(thrown instanceof Error)
					&& !CallRejectedException.isOwn(thrown);
			return stopped ? new CallTimeoutException(this.ranOut, thrown, null, false) : thrown;
		}

		/**
		 * What a plain call failed with, for the gates: one that took too long has failed
		 * by that, whatever else it came to.
		 * @param longer the limit that interrupts the call where this one does not
		 */
		Throwable verdict(Deadline.End end, Throwable failure, @Nullable TimeLimit longer) {
			boolean told = stopped(failure) || (longer != null && longer.stopped(failure));
			boolean late = end != Deadline.End.IN_TIME && !told && !CallRejectedException.isOwn(failure);
			return late ? late(failure) : failure;
		}

		private boolean stopped(Throwable failure) {
			return failure instanceof CallTimeoutException timeout && timeout.rejection() == this.ranOut;
		}

		CallTimeoutException late(@Nullable Throwable thrown) {
			return new CallTimeoutException(this.ranOut, thrown, null, true);
		}

		/**
		 * What an asynchronous call fails with.
		 */
		CallTimeoutException exceeded(CompletionStage<?> workEnded) {
			return new CallTimeoutException(this.ranOut, null, workEnded, false);
		}

	}

	/**
	 * That the time of a call is over. It says the same for every call.
	 */
	private static final class RanOut extends Rejection {

		private final Duration duration;

		RanOut(Gate gate, Duration duration) {
			super(gate, "out-of-time");
			this.duration = duration;
		}

		@Override
		public String explain() {
			return "the call took longer than the " + text() + " that " + policy() + " allows";
		}

		@Override
		public CallRejectedException toException() {
			return new CallTimeoutException(this, null, null, false);
		}

		private String text() {
			long nanos = this.duration.toNanos();
			if (nanos % 1_000_000_000 == 0) {
				return this.duration.toSeconds() + " s";
			}
			return (nanos % 1_000_000 == 0) ? this.duration.toMillis() + " ms" : nanos + " ns";
		}

	}

}
