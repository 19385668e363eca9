package dev.resilience.ratelimiter;

import java.math.BigInteger;

/**
 * The line of earned units that a bucket counts on. Immutable.
 */
final class Axis {

	// One limiter's axes are stretches of one line, each in units as fine as its rate
	// allows. `origin` is where a stretch has its zero on that line, in 2^-64 permits, so
	// any position can be carried over from any earlier stretch, however many lie
	// between. Nothing else is kept of those.

	private static final int FINEST = 64;

	private static final BigInteger FARTHEST = BigInteger.ONE.shiftLeft(61);

	private final BigInteger origin;

	private final int unitBits;

	private final long burst;

	private Axis(BigInteger origin, int unitBits, long burst) {
		this.origin = origin;
		this.unitBits = unitBits;
		this.burst = burst << unitBits;
	}

	/**
	 * The first axis of a limiter: a nanosecond earns at least a quarter of a unit and
	 * less than half of one at the highest rate.
	 */
	static Axis of(RateLimiterConfig config) {
		return new Axis(BigInteger.ZERO, unitBits(config), config.burst());
	}

	/**
	 * An axis for other settings, whose zero is at a position on this one.
	 */
	Axis from(long position, RateLimiterConfig config) {
		return new Axis(absolute(position), unitBits(config), config.burst());
	}

	/**
	 * Carries over how far a bucket was used. What it lacked of the old burst it lacks of
	 * the new one, but never more than all of it; what waiting calls took ahead of time
	 * it lacks beyond.
	 */
	long carry(Axis older, long used) {
		if (used == Long.MIN_VALUE) {
			return used;
		}
		BigInteger ahead = older.absolute(used).subtract(this.origin).max(BigInteger.ZERO);
		BigInteger spent = ahead.min(older.fine(older.burst));
		BigInteger kept = ahead.subtract(spent).add(spent.min(fine(this.burst)));
		BigInteger unit = fine(1);
		return kept.add(unit).subtract(BigInteger.ONE).divide(unit).min(FARTHEST).longValueExact();
	}

	/**
	 * What a full bucket holds.
	 */
	long burst() {
		return this.burst;
	}

	int unitBits() {
		return this.unitBits;
	}

	private BigInteger absolute(long position) {
		return this.origin.add(fine(position));
	}

	private BigInteger fine(long units) {
		return BigInteger.valueOf(units).shiftLeft(FINEST - this.unitBits);
	}

	private static int unitBits(RateLimiterConfig config) {
		BigInteger nanos = BigInteger.valueOf(config.period().toNanos());
		return 63 - BigInteger.valueOf(config.highestRate()).shiftLeft(64).divide(nanos).bitLength();
	}

}
