package dev.resilience.circuitbreaker;

import java.util.LinkedHashSet;
import java.util.Set;

import dev.resilience.Admission;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import org.jspecify.annotations.Nullable;

/**
 * A few calls pass as trials, each with a lease; the others are rejected.
 */
final class HalfOpenState extends State {

	// A trial holds a place from its admission to its end. It may never end, and then its
	// lease runs out: it is a failed trial, and the next call re-opens the breaker. Until
	// that call nothing else may happen, so a trial that ends late keeps its place, and
	// other trials' successes no longer count.
	//
	// All leases are equally long and the set is in order of admission: the first one
	// runs out first. Places are taken and given back under a lock, a few times in a
	// half-open phase. The calls that are rejected meanwhile may be many, and take none.

	private final StateRejection full = new StateRejection(this, CircuitBreaker.REASON_HALF_OPEN_FULL);

	private final int maxTrials = config().halfOpenMaxCalls();

	private final long lease = config().trialTimeout().toNanos();

	private final Set<Trial> trials = new LinkedHashSet<>();

	private volatile long oldestBegin;

	private volatile int running;

	private volatile int successes;

	HalfOpenState(State from, String reason) {
		super(from, reason);
	}

	@Override
	CircuitState status() {
		return CircuitState.HALF_OPEN;
	}

	@Override
	Admission admit() {
		long now = now();
		if (this.running == this.maxTrials && now - this.oldestBegin < this.lease) {
			return this.full;
		}
		synchronized (this.trials) {
			if (!isOverdue(now)) {
				return enter(now);
			}
		}
		String reason = "a trial did not end within " + text(config().trialTimeout());
		return breaker().moveOn(this, new OpenState(this, reason)).admit();
	}

	private Admission enter(long now) {
		if (this.trials.size() >= this.maxTrials) {
			return this.full;
		}
		Trial trial = new Trial(now);
		this.trials.add(trial);
		trialsChanged();
		return trial;
	}

	private boolean leave(Trial trial) {
		synchronized (this.trials) {
			boolean late = now() - trial.begin >= this.lease;
			if (late || !this.trials.remove(trial)) {
				return false;
			}
			trialsChanged();
			return true;
		}
	}

	private void trialsChanged() {
		if (!this.trials.isEmpty()) {
			this.oldestBegin = this.trials.iterator().next().begin;
		}
		this.running = this.trials.size();
	}

	private boolean isOverdue(long now) {
		return this.running > 0 && now - this.oldestBegin >= this.lease;
	}

	/**
	 * An outcome without a trial: one that was reported by hand.
	 */
	@Override
	public void succeeded(@Nullable Object value, long nanos) {
		super.succeeded(value, nanos);
		onSuccess();
	}

	private void onSuccess() {
		int threshold = config().successThreshold();
		synchronized (this.trials) {
			if (isOverdue(now()) || ++this.successes < threshold) {
				return;
			}
		}
		breaker().transition(this, new ClosedState(this, threshold + " successful trials"));
	}

	@Override
	void onFailure(Throwable cause) {
		if (breaker().isIn(this)) {
			breaker().transition(this, new OpenState(this, "a trial failed with " + cause.getClass().getName()));
		}
	}

	@Override
	int trialsRunning() {
		return this.running;
	}

	@Override
	String explanation() {
		return "all " + this.maxTrials + " trial places are taken";
	}

	@Override
	void describe(PolicySnapshot.Builder snapshot) {
		super.describe(snapshot);
		snapshot.detail("trialsRunning", this.running).detail("trialsSucceeded", this.successes);
	}

	/**
	 * The permit of one trial. Only its first end, if in time, counts for the state.
	 */
	private final class Trial extends Permit {

		private final long begin;

		Trial(long begin) {
			this.begin = begin;
		}

		@Override
		public void succeeded(@Nullable Object value, long nanos) {
			breaker().counts().succeeded();
			if (leave(this)) {
				onSuccess();
			}
		}

		@Override
		public void failed(Throwable cause, long nanos) {
			boolean failure = breaker().countsAsFailure(cause);
			if (leave(this) && failure) {
				onFailure(cause);
			}
		}

		@Override
		public void abandoned() {
			leave(this);
		}

	}

}
