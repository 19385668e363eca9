package dev.resilience.ratelimiter;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * How far a bucket is used, on one axis. Thread-safe.
 */
abstract sealed class Level {

	/**
	 * The answer when it was carried over to another axis.
	 */
	static final long MOVED = Long.MAX_VALUE;

	private final Axis axis;

	private Level(Axis axis) {
		this.axis = axis;
	}

	final Axis axis() {
		return this.axis;
	}

	/**
	 * How far the bucket is used.
	 * @param refill what the caller reckons with
	 * @return units, or {@link #MOVED} also if the refill has another axis
	 */
	final long used(Refill refill) {
		return (this.axis == refill.axis()) ? read() : MOVED;
	}

	/**
	 * Changes it, if it is still what the caller has read.
	 */
	abstract boolean move(long used, long next);

	/**
	 * Ends its use, and goes on from there on another axis.
	 */
	final Level carryOver(Axis next) {
		return at(next, next.carry(this.axis, leave()));
	}

	abstract long leave();

	abstract long read();

	/**
	 * Another level of this kind.
	 */
	abstract Level at(Axis next, long used);

	private static VarHandle handle(MethodHandles.Lookup lookup, Class<? extends Level> type) {
		try {
			return lookup.findVarHandle(type, "used", long.class);
		}
		catch (ReflectiveOperationException ex) {
			throw new ExceptionInInitializerError(ex);
		}
	}

	/**
	 * A level of few bytes, as there is one for every key.
	 */
	static final class Slim extends Level {

		private static final VarHandle USED = handle(MethodHandles.lookup(), Slim.class);

		private volatile long used;

		Slim(Axis axis, long used) {
			super(axis);
			this.used = used;
		}

		@Override
		boolean move(long used, long next) {
			return USED.compareAndSet(this, used, next);
		}

		@Override
		long leave() {
			return (long) USED.getAndSet(this, MOVED);
		}

		@Override
		long read() {
			return this.used;
		}

		@Override
		Level at(Axis next, long used) {
			return new Slim(next, used);
		}

	}

	/**
	 * A level that shares its cache line with nothing: threads that meet at it write it
	 * all the time, and its neighbours are read by them with every call.
	 */
	@SuppressWarnings("unused")
	static final class Roomy extends Level {

		private static final VarHandle USED = handle(MethodHandles.lookup(), Roomy.class);

		private long before1, before2, before3, before4, before5, before6, before7;

		private volatile long used;

		private long after1, after2, after3, after4, after5, after6, after7;

		Roomy(Axis axis, long used) {
			super(axis);
			this.used = used;
		}

		@Override
		boolean move(long used, long next) {
			return USED.compareAndSet(this, used, next);
		}

		@Override
		long leave() {
			return (long) USED.getAndSet(this, MOVED);
		}

		@Override
		long read() {
			return this.used;
		}

		@Override
		Level at(Axis next, long used) {
			return new Roomy(next, used);
		}

	}

}
