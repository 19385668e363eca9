package dev.resilience.ratelimiter;

import java.math.BigInteger;

/**
 * The rate at which permits are earned, in integers that never run over. Immutable and
 * thread-safe.
 */
final class Refill {

	// A permit is cut into 2^k units, k such that a nanosecond earns at least a quarter
	// of a unit and less than half of one at the highest rate:
	//
	// earned(t) = base + floor((t - since) * gain / period), gain = rate * 2^k
	//
	// for every t that a long can hold, without division and without running over. With
	// M = floor(2^64 * gain / period), which is less than 2^63, the upper half of t * M
	// is off by less than two. Then the remainder t * gain - estimate * period is small,
	// so that its lower 64 bits are all of it, and it tells which way to correct.
	//
	// Whole permits instead of units would be earned at fixed instants: after idling, a
	// permit taken just before such an instant would be back at once. With units, it is
	// back at most one unit early, which is 3 ns at the highest rate.
	//
	// A change of the rate begins a new refill, on the same axis, where the old one is at
	// that moment: no bucket gains or loses by the change itself.

	private final Axis axis;

	private final long since;

	private final long base;

	private final long period;

	private final long gain;

	private final long multiplier;

	Refill(RateLimiterConfig config) {
		this(Axis.of(config), config, (double) config.limit(), 0, 0);
	}

	private Refill(Axis axis, RateLimiterConfig config, double rate, long since, long base) {
		this.axis = axis;
		this.since = since;
		this.base = base;
		this.period = config.period().toNanos();
		this.gain = (rate == (double) config.limit()) ? config.limit() << axis.unitBits()
				: Math.max(1, (long) Math.scalb(rate, axis.unitBits()));
		this.multiplier = BigInteger.valueOf(this.gain)
			.shiftLeft(64)
			.divide(BigInteger.valueOf(this.period))
			.longValueExact();
	}

	/**
	 * The same buckets at another rate.
	 * @param config the settings that hold already
	 * @param rate permits in a period
	 * @param elapsed since when
	 */
	Refill at(RateLimiterConfig config, double rate, long elapsed) {
		return new Refill(this.axis, config, rate, elapsed, earned(elapsed));
	}

	/**
	 * The same buckets under other settings.
	 * @param config the new settings
	 * @param rate permits in a period
	 * @param elapsed since when
	 */
	Refill under(RateLimiterConfig config, double rate, long elapsed) {
		return new Refill(this.axis.from(earned(elapsed), config), config, rate, elapsed, 0);
	}

	Axis axis() {
		return this.axis;
	}

	long earned(long elapsed) {
		long time = elapsed - this.since;
		long estimate = Math.multiplyHigh(time, this.multiplier);
		long remainder = time * this.gain - estimate * this.period;
		if (remainder >= this.period) {
			return this.base + estimate + 1;
		}
		return this.base + ((remainder < 0) ? estimate - 1 : estimate);
	}

	/**
	 * What a full bucket holds.
	 */
	long burst() {
		return this.axis.burst();
	}

	long units(long permits) {
		return permits << this.axis.unitBits();
	}

	long permits(long units) {
		return units >> this.axis.unitBits();
	}

	/**
	 * The shortest time after which so many more units are earned; zero if none are
	 * missing.
	 */
	long nanosUntil(long elapsed, long missing) {
		if (missing <= 0) {
			return 0;
		}
		long target = earned(elapsed) + missing;
		long tooEarly = elapsed;
		long enough = elapsed + longEnough(missing);
		while (enough - tooEarly > 1) {
			long middle = tooEarly + ((enough - tooEarly) >>> 1);
			if (earned(middle) >= target) {
				enough = middle;
			}
			else {
				tooEarly = middle;
			}
		}
		return enough - elapsed;
	}

	private long longEnough(long missing) {
		double nanos = 1.000001 * (double) (missing + 1) * (double) this.period / (double) this.gain + 1;
		return (long) Math.min(nanos, 0x1p62);
	}

}
