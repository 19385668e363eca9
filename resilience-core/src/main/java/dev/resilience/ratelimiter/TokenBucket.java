package dev.resilience.ratelimiter;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.LongSupplier;

/**
 * A token bucket in one long. Lock-free; what it says is exact at the moment that the
 * caller read the ticker.
 */
final class TokenBucket extends Allowance {

	// The generic cell rate algorithm (ITU-T I.371), with units of permits on the axis
	// instead of time. `used` is how far the earned units are spoken for. Behind the
	// earned ones it stands for a full bucket, however long it idled; ahead of them by
	// the burst for an empty one; still further ahead for calls that wait their turn.
	//
	// A ticker that stands still earns nothing. One that steps back earns nothing a
	// second time, and a caller who was held up between the ticker and the bucket looks
	// just the same, so neither may ever lower `used`.
	//
	// When other settings bring another axis, the first to come by carries `used` over to
	// a new level, and marks the old one, so that nobody takes from it any more.

	private static final VarHandle USED;

	private static final long MOVED = Long.MAX_VALUE;

	static {
		try {
			USED = MethodHandles.lookup().findVarHandle(Level.class, "used", long.class);
		}
		catch (ReflectiveOperationException ex) {
			throw new ExceptionInInitializerError(ex);
		}
	}

	private final TokenSupply supply;

	private volatile Level level;

	TokenBucket(TokenSupply supply) {
		this.supply = supply;
		this.level = new Level(supply.refill().axis(), Long.MIN_VALUE);
	}

	@Override
	long take(int weight, long elapsed, long maxWait) {
		while (true) {
			Refill refill = this.supply.refill();
			Level current = this.level;
			long used = current.used;
			if (current.axis != refill.axis() || used == MOVED) {
				carryOver();
				continue;
			}
			long earned = refill.earned(elapsed);
			long next = Math.max(used, earned) + refill.units(weight);
			long missing = next - earned - refill.burst();
			long wait = (missing <= 0) ? 0 : (maxWait <= 0) ? Long.MAX_VALUE : refill.nanosUntil(elapsed, missing);
			if (wait > 0 && wait > maxWait) {
				return REFUSED;
			}
			if (USED.compareAndSet(current, used, next)) {
				return wait;
			}
		}
	}

	@Override
	void giveBack(int weight, long due) {
		while (true) {
			Refill refill = this.supply.refill();
			Level current = this.level;
			long used = current.used;
			if (current.axis != refill.axis() || used == MOVED) {
				carryOver();
			}
			// A bucket that is full again meanwhile stays as it is.
			else if (used <= refill.earned(this.supply.elapsed())
					|| USED.compareAndSet(current, used, used - refill.units(weight))) {
				return;
			}
		}
	}

	@Override
	LongSupplier nanosUntilGranted(int weight, long elapsed) {
		return read((refill, used) -> {
			long missing = refill.units(weight) - room(refill, used, elapsed);
			return () -> refill.nanosUntil(elapsed, missing);
		});
	}

	@Override
	long available(long elapsed) {
		return read((refill, used) -> refill.permits(Math.max(0, room(refill, used, elapsed))));
	}

	@Override
	protected boolean isFresh() {
		return read((refill, used) -> used <= refill.earned(this.supply.elapsed()));
	}

	private static long room(Refill refill, long used, long elapsed) {
		long earned = refill.earned(elapsed);
		return refill.burst() + earned - Math.max(used, earned);
	}

	private <T> T read(Reading<T> reading) {
		while (true) {
			Refill refill = this.supply.refill();
			Level current = this.level;
			long used = current.used;
			if (current.axis == refill.axis() && used != MOVED) {
				return reading.of(refill, used);
			}
			carryOver();
		}
	}

	private synchronized void carryOver() {
		Axis axis = this.supply.refill().axis();
		Level old = this.level;
		if (old.axis != axis) {
			this.level = new Level(axis, axis.carry(old.axis, (long) USED.getAndSet(old, MOVED)));
		}
	}

	@FunctionalInterface
	private interface Reading<T> {

		T of(Refill refill, long used);

	}

	/**
	 * How far a bucket is used, on one axis.
	 */
	private static final class Level {

		private final Axis axis;

		private volatile long used;

		Level(Axis axis, long used) {
			this.axis = axis;
			this.used = used;
		}

	}

}
