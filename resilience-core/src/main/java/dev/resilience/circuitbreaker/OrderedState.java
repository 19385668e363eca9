package dev.resilience.circuitbreaker;

import java.time.Duration;

import dev.resilience.PolicySnapshot;
import org.jspecify.annotations.Nullable;

/**
 * A person's order, which no outcome moves. It may end by itself; no timer ends it, but
 * the first call or look after its time. Then the breaker is closed.
 */
abstract class OrderedState extends State {

	private final long begin = now();

	private final @Nullable Duration length;

	OrderedState(State from, String reason, @Nullable Duration length) {
		super(from, reason);
		this.length = length;
	}

	@Override
	final boolean isOrder() {
		return true;
	}

	@Override
	final State settle() {
		return isOver() ? circuit().moveOn(this, new ClosedState(this, "the order's time is over")) : this;
	}

	final boolean isOver() {
		Duration left = left();
		return left != null && left.isZero();
	}

	final @Nullable Duration left() {
		return (this.length == null) ? null
				: Duration.ofNanos(Math.max(0, this.length.toNanos() - (now() - this.begin)));
	}

	@Override
	void describe(PolicySnapshot.Builder snapshot) {
		super.describe(snapshot);
		snapshot.detail("timeLeft", left());
	}

}
