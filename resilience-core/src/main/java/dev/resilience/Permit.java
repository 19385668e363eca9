package dev.resilience;

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

	}

}
