package dev.resilience.ratelimiter;

import java.math.BigInteger;

import dev.resilience.time.Ticker;

/**
 * The rate at which permits are earned, in integers that never run over. Immutable and
 * thread-safe.
 */
final class Refill {

	// A permit is cut into 2^k units, k such that a nanosecond earns at least a quarter
	// of a unit and less than half of one:
	//
	// earned(t) = floor(t * gain / period), gain = limit * 2^k
	//
	// for every t that a long can hold, without division and without running over. With
	// M = floor(2^64 * gain / period), which lies in [2^62, 2^63), the upper half of
	// t * M is off by less than two. Then the remainder t * gain - estimate * period is
	// small, so that its lower 64 bits are all of it, and it tells which way to correct.
	//
	// Whole permits instead of units would be earned at fixed instants: after idling, a
	// permit taken just before such an instant would be back at once. With units, it is
	// back at most 3 ns early.

	private final Ticker ticker;

	private final long start;

	private final int unitBits;

	private final long period;

	private final long gain;

	private final long multiplier;

	private final long burst;

	Refill(RateLimiterConfig config, Ticker ticker) {
		this.ticker = ticker;
		this.start = ticker.read();
		this.period = config.period().toNanos();
		BigInteger nanos = BigInteger.valueOf(this.period);
		this.unitBits = 63 - BigInteger.valueOf(config.limit()).shiftLeft(64).divide(nanos).bitLength();
		this.gain = config.limit() << this.unitBits;
		this.multiplier = BigInteger.valueOf(this.gain).shiftLeft(64).divide(nanos).longValueExact();
		this.burst = units(config.burst());
	}

	/**
	 * Nanoseconds since the limiter was made. The difference is right wherever the ticker
	 * began, and when it wraps.
	 */
	long elapsed() {
		return this.ticker.read() - this.start;
	}

	long earned(long elapsed) {
		long estimate = Math.multiplyHigh(elapsed, this.multiplier);
		long remainder = elapsed * this.gain - estimate * this.period;
		if (remainder >= this.period) {
			return estimate + 1;
		}
		return (remainder < 0) ? estimate - 1 : estimate;
	}

	/**
	 * What a full bucket holds.
	 */
	long burst() {
		return this.burst;
	}

	long units(long permits) {
		return permits << this.unitBits;
	}

	long permits(long units) {
		return units >> this.unitBits;
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
		long enough = elapsed + 4 * (missing + 1);
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

}
