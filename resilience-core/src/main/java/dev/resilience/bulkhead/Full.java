package dev.resilience.bulkhead;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;

/**
 * A bulkhead's no. Nobody knows when a place will be free, so it tells no time.
 */
final class Full extends Admission.Rejection {

	static final String FULL = "full";

	static final String MAX_WAITING = "max-waiting";

	static final String MAX_WAIT = "max-wait";

	private final Bulkhead bulkhead;

	private final int inUse;

	private final BulkheadConfig config;

	/**
	 * Creates a rejection.
	 * @param bulkhead who rejects
	 * @param reason why
	 * @param inUse how many places were taken
	 */
	Full(Bulkhead bulkhead, String reason, int inUse) {
		super(bulkhead, reason);
		this.bulkhead = bulkhead;
		this.inUse = inUse;
		this.config = bulkhead.config();
	}

	@Override
	public long generation() {
		return this.bulkhead.generation();
	}

	@Override
	public String explain() {
		String why = switch (reason()) {
			case MAX_WAITING -> ", and no room for another waiting call (max-waiting " + this.config.maxWaiting() + ")";
			case MAX_WAIT -> ", and no place became free within " + this.config.maxWait().toMillis() + " ms";
			default -> "";
		};
		return "bulkhead '" + this.bulkhead.name() + "' is full: " + this.inUse + " of "
				+ this.config.maxConcurrentCalls() + " places are taken" + why;
	}

	@Override
	public CallRejectedException toException() {
		return new BulkheadFullException(this);
	}

}
