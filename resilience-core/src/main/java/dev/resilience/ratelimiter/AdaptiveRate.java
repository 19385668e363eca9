package dev.resilience.ratelimiter;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

import dev.resilience.Permit;
import org.jspecify.annotations.Nullable;

/**
 * A rate that follows the outcomes of the calls it let pass; it is the permit of all of
 * them, and so hears how they end. Thread-safe.
 */
final class AdaptiveRate extends Permit {

	// Additive increase would suit many senders that share a line. Here there is one, and
	// a rate that may be anything from 1 a day to millions a second, so both ways are a
	// share of the rate.
	//
	// A rate that nobody used up proves nothing, however well all calls went: it rises
	// only if calls found no permit since the last look. Abandoned permits are no
	// outcomes. They stand for rejections by policies further in, and counting those
	// would have the limiter cut its own rate for ever.
	//
	// Outcomes are counted on and on, and an interval is the difference between two
	// looks, so that no outcome is lost between reading and resetting. There is no timer:
	// whoever asks for a permit first after the interval takes the look.

	private final TokenSupply supply;

	private final Announcer announcer;

	private final LongAdder succeeded = new LongAdder();

	private final LongAdder failed = new LongAdder();

	private volatile boolean usedUp;

	private volatile RateLimiterConfig config;

	private volatile double rate;

	private volatile long interval;

	private volatile long looked;

	private long succeededBefore;

	private long failedBefore;

	AdaptiveRate(RateLimiterConfig config, TokenSupply supply, Announcer announcer) {
		this.config = config;
		this.interval = config.adaptive().adjustmentPeriod().toNanos();
		this.supply = supply;
		this.announcer = announcer;
		this.rate = (double) config.limit();
		this.looked = supply.elapsed();
	}

	@Override
	public void succeeded(@Nullable Object value, long nanos) {
		this.succeeded.increment();
	}

	@Override
	public void failed(Throwable cause, long nanos) {
		this.failed.increment();
	}

	@Override
	public void abandoned() {
	}

	/**
	 * Notes that a call found no permit.
	 */
	void usedUp() {
		if (!this.usedUp) {
			this.usedUp = true;
		}
	}

	/**
	 * Permits per second at present.
	 */
	double perSecond() {
		return this.config.perSecond(this.rate);
	}

	/**
	 * Adjusts the rate if the interval is over.
	 */
	void look(long elapsed) {
		if (isDue(elapsed)) {
			adjust(elapsed);
		}
	}

	/**
	 * Changes the settings. The rate keeps its proportion to the limit.
	 */
	synchronized void reconfigure(RateLimiterConfig next) {
		this.rate = within(next, this.rate / (double) this.config.limit() * (double) next.limit());
		this.config = next;
		this.interval = next.adaptive().adjustmentPeriod().toNanos();
		this.supply.reconfigure(next, this.rate);
	}

	private boolean isDue(long elapsed) {
		// The ticker may have stepped back further than an interval is long.
		long since = elapsed - this.looked;
		return since >= this.interval || since <= -this.interval;
	}

	private synchronized void adjust(long elapsed) {
		if (!isDue(elapsed)) {
			return;
		}
		long good = this.succeeded.sum() - this.succeededBefore;
		long bad = this.failed.sum() - this.failedBefore;
		this.succeededBefore += good;
		this.failedBefore += bad;
		boolean risen = this.usedUp;
		this.usedUp = false;
		this.looked = elapsed;
		AdaptiveConfig adaptive = this.config.adaptive();
		double share = 100.0 * (double) bad / Math.max(1.0, (double) (good + bad));
		double step = this.rate * adaptive.adjustmentFactor() / 100;
		if (bad > 0 && share >= adaptive.errorThreshold()) {
			change(this.rate - step, share, elapsed);
		}
		else if (good > 0 && risen) {
			change(this.rate + step, share, elapsed);
		}
	}

	private void change(double target, double errorShare, long elapsed) {
		double old = this.rate;
		double next = within(this.config, target);
		if (next == old) {
			return;
		}
		this.rate = next;
		this.supply.changeRate(this.config, next, elapsed);
		double from = this.config.perSecond(old);
		double to = this.config.perSecond(next);
		String what = String.format(Locale.ROOT, "%s its rate from %.4g to %.4g per second: %.3g%% of the calls failed",
				(next < old) ? "cut" : "raised", from, to, errorShare);
		this.announcer.tell(what, Map.of("from", from, "to", to, "errors", errorShare));
	}

	private static double within(RateLimiterConfig config, double rate) {
		return Math.max((double) config.lowestRate(), Math.min((double) config.highestRate(), rate));
	}

	/**
	 * Tells that the rate has changed.
	 */
	@FunctionalInterface
	interface Announcer {

		/**
		 * Tells it.
		 * @param what what became of the rate
		 * @param details the same for machines
		 */
		void tell(String what, Map<String, Object> details);

	}

}
