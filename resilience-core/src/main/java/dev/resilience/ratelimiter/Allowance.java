package dev.resilience.ratelimiter;

import java.util.function.LongSupplier;

import dev.resilience.keyed.Family;

/**
 * What one key may still take and has used up, or all calls without a key together. Each
 * algorithm is one subclass: with no more than two, the calls of both are compiled in
 * line where a limiter asks. Thread-safe; all times are those of the limiter's
 * {@link Stopwatch}.
 */
abstract class Allowance extends Family.Member {

	/**
	 * The answer when nothing was taken.
	 */
	static final long REFUSED = -1;

	/**
	 * Takes permits if they may be used now, or soon enough. Those for later are taken
	 * ahead of time, behind all that were taken before.
	 * @param weight how many, at most the burst
	 * @param elapsed the time of asking
	 * @param maxWait how many nanoseconds later the permits may be used at the latest
	 * @return how many nanoseconds later they may be used, zero for now, or
	 * {@link #REFUSED}
	 */
	abstract long take(int weight, long elapsed, long maxWait);

	/**
	 * Takes back what a call took and did not use.
	 * @param weight how many permits
	 * @param due when they might have been used
	 */
	abstract void giveBack(int weight, long due);

	/**
	 * How long a call would have to wait if nobody else came, as of now; worked out when
	 * somebody reads it, where that is dear.
	 * @param weight how many permits it asks for
	 * @param elapsed the time of asking
	 * @return nanoseconds since the time of asking, zero if it might pass at once
	 */
	abstract LongSupplier nanosUntilGranted(int weight, long elapsed);

	/**
	 * How many permits may be taken at once.
	 */
	abstract long available(long elapsed);

}
