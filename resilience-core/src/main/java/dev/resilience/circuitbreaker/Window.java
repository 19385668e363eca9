package dev.resilience.circuitbreaker;

import dev.resilience.time.Ticker;
import org.jspecify.annotations.Nullable;

/**
 * The latest outcomes of one closed phase. Thread-safe and lock-free.
 */
abstract class Window {

	/** Of an outcome: the call failed. */
	static final int FAILED = 1;

	/** Of an outcome: the call was slow. */
	static final int SLOW = 2;

	static @Nullable Window of(SlidingWindow settings, Ticker ticker) {
		return switch (settings.type()) {
			case NONE -> null;
			case COUNT -> new CountWindow(settings.calls());
			case TIME -> new TimeWindow(settings.duration(), ticker);
		};
	}

	/**
	 * Whether it is the window that settings ask for.
	 */
	abstract boolean hasShapeOf(SlidingWindow settings);

	/**
	 * Adds an outcome.
	 * @param outcome the bits of {@link #FAILED} and {@link #SLOW}
	 */
	abstract void record(int outcome);

	/**
	 * Whether a share may have reached its threshold: a cheap look, which may be wrong by
	 * what is just being recorded. Only a tally can tell.
	 */
	abstract boolean seemsBroken(SlidingWindow settings);

	/**
	 * Counts what the window holds.
	 */
	abstract Tally tally();

	/**
	 * Whether it holds neither a failed nor a slow call.
	 */
	abstract boolean isHealthy();

	/**
	 * Why the breaker must open, or {@code null} if it need not.
	 */
	final @Nullable String verdict(SlidingWindow settings) {
		return seemsBroken(settings) ? tally().verdict(settings) : null;
	}

	static boolean seemsBroken(SlidingWindow settings, long calls, long failed, long slow) {
		if ((failed | slow) == 0 || calls < settings.effectiveMinimum()) {
			return false;
		}
		return reaches(failed, calls, settings.failureRateThreshold())
				|| reaches(slow, calls, settings.slowCallRateThreshold());
	}

	private static boolean reaches(long part, long calls, double percent) {
		return part > 0 && part * 100.0 >= percent * calls;
	}

	/**
	 * What a window holds. A call that was slow and failed is counted as both.
	 */
	record Tally(long calls, long failed, long slow) {

		static final Tally EMPTY = new Tally(0, 0, 0);

		@Nullable String verdict(SlidingWindow settings) {
			if (!seemsBroken(settings, this.calls, this.failed, this.slow)) {
				return null;
			}
			boolean failures = reaches(this.failed, this.calls, settings.failureRateThreshold());
			return (failures ? this.failed + " failed" : this.slow + " slow") + " of the latest " + this.calls
					+ " calls";
		}

		double failureRate(SlidingWindow settings) {
			return rate(this.failed, settings);
		}

		double slowCallRate(SlidingWindow settings) {
			return rate(this.slow, settings);
		}

		private double rate(long part, SlidingWindow settings) {
			return (this.calls == 0 || this.calls < settings.effectiveMinimum()) ? Double.NaN
					: (double) part / this.calls;
		}

	}

}
