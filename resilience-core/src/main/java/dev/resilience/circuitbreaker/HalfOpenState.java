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

	private final StateRejection full = new StateRejection(this, StateRejection.HALF_OPEN_FULL);

	private final int reopened;

	private final Set<Trial> trials = new LinkedHashSet<>();

	private volatile int maxTrials;

	private volatile long lease;

	private volatile long oldestBegin;

	private volatile int running;

	private volatile int successes;

	HalfOpenState(State from, String reason) {
		super(from, reason);
		this.reopened = from.reopened();
		adapt(config());
	}

	/**
	 * Places and leases change at once, for the trials that run as well. No trial is
	 * called back: with fewer places, the next one waits until enough have ended.
	 */
	@Override
	void adapt(CircuitBreakerConfig config) {
		this.maxTrials = config.halfOpenMaxCalls();
		this.lease = config.trialTimeout().toNanos();
	}

	@Override
	CircuitState status() {
		return CircuitState.HALF_OPEN;
	}

	@Override
	Admission admit() {
		long now = now();
		if (this.running >= this.maxTrials && now - this.oldestBegin < this.lease) {
			return this.full;
		}
		synchronized (this.trials) {
			if (!isOverdue(now)) {
				return enter(now);
			}
		}
		String reason = "a trial did not end within " + text(config().trialTimeout());
		return circuit().moveOn(this, new OpenState(this, reason)).admit();
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
	 * Also hears of outcomes without a trial: those that were reported by hand. A callee
	 * that answers slowly is not well again where the breaker looks at slow calls.
	 */
	@Override
	void ended(int outcome, @Nullable Object what) {
		if (outcome == 0) {
			onSuccess();
		}
		else if (outcome != IGNORED && circuit().isIn(this)) {
			boolean failed = (outcome & Window.FAILED) != 0;
			String reason = failed ? "a trial failed with " + CallCounts.nameOf(what) : "a trial was slow";
			circuit().transition(this, new OpenState(this, reason));
		}
	}

	private void onSuccess() {
		int threshold = config().successThreshold();
		synchronized (this.trials) {
			if (isOverdue(now()) || ++this.successes < threshold) {
				return;
			}
		}
		circuit().transition(this, new ClosedState(this, threshold + " successful trials"));
	}

	@Override
	int trialsRunning() {
		return this.running;
	}

	@Override
	int reopened() {
		return this.reopened;
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
		protected boolean isTimed() {
			return HalfOpenState.this.isTimed();
		}

		@Override
		protected @Nullable TimeLimit timeLimit() {
			return HalfOpenState.this.timeLimit();
		}

		@Override
		public void succeeded(@Nullable Object value, long nanos) {
			end(returned(value, nanos), value);
		}

		@Override
		public void failed(Throwable cause, long nanos) {
			end(threw(cause, nanos), cause);
		}

		private void end(int outcome, @Nullable Object what) {
			if (leave(this)) {
				ended(outcome, what);
			}
		}

		@Override
		public void abandoned() {
			leave(this);
		}

	}

}
