package dev.resilience.ratelimiter;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

import dev.resilience.keyed.Family;

/**
 * A token bucket in one long. Lock-free; what it says is exact at the moment that the
 * caller read the ticker.
 */
final class TokenBucket extends Family.Member {

	// The generic cell rate algorithm (ITU-T I.371), with units of permits on the axis
	// instead of time. `used` is how far the earned units are spoken for. Behind the
	// earned ones it stands for a full bucket, however long it idled; ahead of them by
	// the burst for an empty one; still further ahead for calls that wait their turn.
	//
	// A ticker that stands still earns nothing. One that steps back earns nothing a
	// second time, and a caller who was held up between the ticker and the bucket looks
	// just the same, so neither may ever lower `used`.

	private static final VarHandle USED;

	static {
		try {
			USED = MethodHandles.lookup().findVarHandle(TokenBucket.class, "used", long.class);
		}
		catch (ReflectiveOperationException ex) {
			throw new ExceptionInInitializerError(ex);
		}
	}

	private final Refill refill;

	private volatile long used = Long.MIN_VALUE;

	TokenBucket(Refill refill) {
		this.refill = refill;
	}

	/**
	 * Takes units if they are there, or will be soon enough.
	 * @param cost how many
	 * @param elapsed the time of asking
	 * @param patience how many may be missing; they are then taken ahead of time
	 * @return how many are missing: zero or less if the call may pass at once, more than
	 * the patience if nothing was taken
	 */
	long take(long cost, long elapsed, long patience) {
		long earned = this.refill.earned(elapsed);
		while (true) {
			long current = this.used;
			long next = Math.max(current, earned) + cost;
			long missing = next - earned - this.refill.burst();
			if (missing > Math.max(0, patience) || USED.compareAndSet(this, current, next)) {
				return missing;
			}
		}
	}

	/**
	 * How many units a call would miss.
	 */
	long missing(long cost, long elapsed) {
		return cost - room(elapsed);
	}

	/**
	 * Takes back what a call took and did not use. A bucket that is full again meanwhile
	 * stays as it is.
	 */
	void giveBack(long cost) {
		long current;
		do {
			current = this.used;
		}
		while (current > this.refill.earned(this.refill.elapsed())
				&& !USED.compareAndSet(this, current, current - cost));
	}

	/**
	 * How many permits may be taken at once.
	 */
	long available(long elapsed) {
		return this.refill.permits(Math.max(0, room(elapsed)));
	}

	@Override
	protected boolean isFresh() {
		return this.used <= this.refill.earned(this.refill.elapsed());
	}

	private long room(long elapsed) {
		long earned = this.refill.earned(elapsed);
		return this.refill.burst() + earned - Math.max(this.used, earned);
	}

}
