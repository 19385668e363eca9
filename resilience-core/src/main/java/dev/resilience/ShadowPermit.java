package dev.resilience;

import org.jspecify.annotations.Nullable;

/**
 * The permit of a gate in shadow mode that would bound the time of its calls. Nobody is
 * stopped: the time is only measured, and only this gate hears that a call took too long.
 */
final class ShadowPermit extends Permit {

	private final Permit permit;

	private final TimeLimit limit;

	private ShadowPermit(Permit permit, TimeLimit limit) {
		this.permit = permit;
		this.limit = limit;
	}

	static Admission of(Admission admission) {
		TimeLimit limit = (admission instanceof Permit permit) ? permit.timeLimit() : null;
		return (limit != null) ? new ShadowPermit((Permit) admission, limit) : admission;
	}

	@Override
	protected boolean isTimed() {
		return true;
	}

	@Override
	public void succeeded(@Nullable Object value, long nanos) {
		if (this.limit.isOver(nanos)) {
			this.permit.failed(this.limit.late(null), nanos);
		}
		else {
			this.permit.succeeded(value, nanos);
		}
	}

	@Override
	public void failed(Throwable cause, long nanos) {
		this.permit.failed(this.limit.isOver(nanos) ? this.limit.late(cause) : cause, nanos);
	}

	@Override
	public void abandoned() {
		this.permit.abandoned();
	}

}
