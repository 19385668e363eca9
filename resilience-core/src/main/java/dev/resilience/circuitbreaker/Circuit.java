package dev.resilience.circuitbreaker;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

import dev.resilience.Admission;
import dev.resilience.keyed.Family;
import org.jspecify.annotations.Nullable;

/**
 * Where one state follows another: the breaker's own calls have a circuit, and so has
 * each key. Thread-safe.
 */
final class Circuit extends Family.Member {

	// The state is one object, and a call's permit refers to the state that admitted it.
	// An outcome can only ask to leave that state, which is refused once the circuit has
	// left it. So neither a call from before an outage nor one that was in flight when a
	// person gave an order can undo what came after.
	//
	// transition() is the only place where the state changes: a comparison under a lock
	// that no call takes unless it is about to change the state. The lock is the
	// breaker's counters, so that events follow each other as the transitions did, each
	// with the
	// snapshot of its own state.
	//
	// A key's circuit knows how many calls it has let pass that have not ended. While
	// there are any it is not forgotten, so that their failures are not lost. A new
	// configuration reaches it with its next call, as there may be many circuits.

	private static final AtomicIntegerFieldUpdater<Circuit> IN_FLIGHT = AtomicIntegerFieldUpdater
		.newUpdater(Circuit.class, "inFlight");

	private final CircuitBreaker breaker;

	private final @Nullable Keys keys;

	private volatile State state;

	private volatile int revision;

	private volatile int inFlight;

	Circuit(CircuitBreaker breaker, @Nullable Keys keys) {
		this.breaker = breaker;
		this.keys = keys;
		this.revision = breaker.revision();
		this.state = new ClosedState(this);
		this.state.adapt(breaker.config());
	}

	CircuitBreaker breaker() {
		return this.breaker;
	}

	@Nullable Keys keys() {
		return this.keys;
	}

	boolean isKeyed() {
		return this.keys != null;
	}

	State state() {
		return this.state;
	}

	boolean isIn(State candidate) {
		return this.state == candidate;
	}

	/**
	 * Asks in a key's name. The count is raised before the state is asked, and taken back
	 * if the answer is not the closed state's.
	 */
	Admission enter() {
		if (this.revision != this.breaker.revision()) {
			adapt();
		}
		IN_FLIGHT.getAndIncrement(this);
		Admission admission = this.state.admit();
		if (!(admission instanceof ClosedState)) {
			left();
		}
		return admission;
	}

	/**
	 * A call that a closed state let pass has ended.
	 */
	void left() {
		if (isKeyed()) {
			IN_FLIGHT.getAndDecrement(this);
		}
	}

	void adapt() {
		synchronized (this.breaker.counts()) {
			this.revision = this.breaker.revision();
			this.state.adapt(this.breaker.config());
		}
	}

	/**
	 * Leaves a state, unless the circuit has left it already.
	 * @return whether it was this call that left it
	 */
	boolean transition(State from, State to) {
		synchronized (this.breaker.counts()) {
			if (this.state != from) {
				return false;
			}
			to.adapt(this.breaker.config());
			this.state = to;
			this.breaker.changed(this, from, to);
			return true;
		}
	}

	/**
	 * Leaves a state, and tells where the circuit is then, whoever was faster.
	 */
	State moveOn(State from, State to) {
		return transition(from, to) ? to : this.state;
	}

	@Override
	protected boolean isFresh() {
		return this.inFlight == 0 && this.state instanceof ClosedState closed && closed.isHealthy();
	}

}
