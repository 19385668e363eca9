package dev.resilience.circuitbreaker;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

import dev.resilience.Admission;
import org.jspecify.annotations.Nullable;

/**
 * Calls pass. Failures in a row, or too many failed or slow calls in the window, open the
 * breaker.
 */
final class ClosedState extends State {

	// This object is the permit of every call, so that a healthy breaker allocates
	// nothing. A success writes the shared count only if it is not zero already, so that
	// healthy calls on many cores do not fight over its cache line. The write does not
	// order itself among failures that end at the same moment: "in a row" has no other
	// meaning for calls that overlap.
	//
	// The window is this state's own. An outcome reaches the state that admitted its
	// call, so one from before an outage never gets into a later window.

	private static final AtomicIntegerFieldUpdater<ClosedState> FAILURES = AtomicIntegerFieldUpdater
		.newUpdater(ClosedState.class, "failures");

	private volatile int failures;

	/** Whether an outcome is no more than a success or a failure in a row. */
	private volatile boolean plain;

	private volatile boolean timed;

	private volatile @Nullable Window window;

	ClosedState(Circuit circuit) {
		super(circuit);
	}

	ClosedState(State from, String reason) {
		super(from, reason);
	}

	@Override
	CircuitState status() {
		return CircuitState.CLOSED;
	}

	/**
	 * A window of the same shape keeps what it holds.
	 */
	@Override
	void adapt(CircuitBreakerConfig config) {
		Window present = this.window;
		if (present == null || !present.hasShapeOf(config.window())) {
			this.window = Window.of(config.window(), breaker().timeSource().ticker());
		}
		this.timed = config.window().slowCallDuration() != null;
		this.plain = this.window == null && config.recordResult() == null && !circuit().isKeyed();
	}

	@Override
	Admission admit() {
		return this;
	}

	@Override
	protected boolean isTimed() {
		return this.timed;
	}

	@Override
	public void succeeded(@Nullable Object value, long nanos) {
		if (!this.plain) {
			super.succeeded(value, nanos);
			return;
		}
		breaker().counts().succeeded();
		if (this.failures != 0) {
			this.failures = 0;
		}
	}

	@Override
	public void abandoned() {
		circuit().left();
	}

	@Override
	void ended(int outcome, @Nullable Object what) {
		try {
			String reason = (outcome != IGNORED) ? note(outcome, what) : null;
			if (reason != null && circuit().isIn(this)) {
				circuit().transition(this, new OpenState(this, reason));
			}
		}
		finally {
			circuit().left();
		}
	}

	/**
	 * Notes an outcome.
	 * @return why the breaker must open, or {@code null} if it need not
	 */
	private @Nullable String note(int outcome, @Nullable Object what) {
		int inRow = 0;
		int threshold = config().failureThreshold();
		if ((outcome & Window.FAILED) == 0) {
			if (this.failures != 0) {
				this.failures = 0;
			}
		}
		else if (threshold > 0) {
			inRow = FAILURES.incrementAndGet(this);
		}
		Window latest = this.window;
		if (latest != null) {
			latest.record(outcome);
		}
		if (inRow > 0 && inRow >= threshold) {
			return inRow + " consecutive failures, last " + CallCounts.nameOf(what);
		}
		return (latest != null) ? latest.verdict(config().window()) : null;
	}

	/**
	 * Whether nothing bad is known of the callee: forgetting successes alone excuses no
	 * failure.
	 */
	boolean isHealthy() {
		Window latest = this.window;
		return this.failures == 0 && (latest == null || latest.isHealthy());
	}

	@Override
	int consecutiveFailures() {
		return this.failures;
	}

	@Override
	Window.Tally tally() {
		Window latest = this.window;
		return (latest != null) ? latest.tally() : Window.Tally.EMPTY;
	}

}
