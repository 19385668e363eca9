package dev.resilience.ratelimiter;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.Gate;
import dev.resilience.PolicySnapshot;
import dev.resilience.config.Mode;
import dev.resilience.config.Setting;
import dev.resilience.time.Sleeper;
import dev.resilience.time.TimeSource;

/**
 * Lets calls pass at a rate: by a token bucket, at most {@code burst} at once and
 * {@code limit} per {@code period} in the long run; by a sliding window, at most
 * {@code limit} in any {@code period}; or adaptively, by a bucket whose rate follows the
 * calls' errors. Thread-safe. A bucket is lock-free, a window takes a lock for a moment.
 * <p>
 * A call with a {@linkplain CallContext#key() key} draws on the allowance of its key, any
 * other on the limiter's own; each has the whole limit, and an adaptive rate is the same
 * for all. A call's weight is the number of permits it takes; a permit once taken is
 * spent, however the call ends. Where the configuration allows it, a call waits for its
 * permits, in the order of asking; a wait that cannot end in time is rejected at once,
 * and a waiter that gives up returns what it took.
 * <p>
 * Asking for more than the burst is an {@link IllegalArgumentException}: such a call
 * could never pass.
 */
public final class RateLimiter extends Gate {

	/**
	 * The pattern's type.
	 */
	public static final String TYPE = "rate-limiter";

	private static final String AVAILABLE = "AVAILABLE";

	private static final String EXHAUSTED = "EXHAUSTED";

	private final Stopwatch stopwatch;

	private final AtomicInteger waiting = new AtomicInteger();

	private final LongAdder granted = new LongAdder();

	private final LongAdder waited = new LongAdder();

	private final LongAdder cancelled = new LongAdder();

	private final Exhausted exhaustedNow;

	private volatile Regime regime;

	/**
	 * Creates a rate limiter of which nothing is used up.
	 * @param name its name
	 * @param config what it allows
	 * @param time all the time it uses
	 */
	public RateLimiter(String name, RateLimiterConfig config, TimeSource time) {
		super(TYPE, name, time, List.of(Exhausted.LIMIT, Exhausted.MAX_WAITING, MISSING_KEY, INVALID_KEY));
		this.stopwatch = new Stopwatch(time.ticker());
		this.regime = Regime.fresh(0, config, this.stopwatch, this::onRate);
		// For callers who only want to know yes or no: it speaks of the moment in which
		// somebody reads it.
		this.exhaustedNow = new Exhausted(this, Exhausted.LIMIT, 1,
				() -> this.regime.own().nanosUntilGranted(1, elapsed()).getAsLong(), 0);
	}

	/**
	 * Creates a rate limiter on the time of the JVM.
	 * @param name its name
	 * @param config what it allows
	 * @return the limiter
	 */
	public static RateLimiter of(String name, RateLimiterConfig config) {
		return new RateLimiter(name, config, TimeSource.system());
	}

	/**
	 * What it allows.
	 * @return the configuration
	 */
	public RateLimiterConfig config() {
		return this.regime.config();
	}

	/**
	 * Takes one permit of the limiter's own, if there is one now. The fastest way to ask:
	 * it allocates nothing, whatever the answer. An adaptive rate does not hear how such
	 * a call ends.
	 * @return whether the call may pass; there is nothing to end
	 */
	public boolean tryAcquirePermit() {
		Regime current = this.regime;
		long elapsed = elapsed();
		current.look(elapsed);
		if (current.own().take(1, elapsed, 0) == 0) {
			this.granted.increment();
			return true;
		}
		current.usedUp();
		count(this.exhaustedNow);
		return !enforces();
	}

	@Override
	protected Admission admit(CallContext context) {
		Regime current = this.regime;
		int weight = checked(context.weight(), current.config());
		Allowance allowance = current.of(context);
		long elapsed = elapsed();
		current.look(elapsed);
		long wait = allowance.take(weight, elapsed, 0);
		while (allowance.isRetired()) {
			if (wait == 0) {
				allowance.giveBack(weight, elapsed);
			}
			allowance = current.of(context);
			wait = allowance.take(weight, elapsed, 0);
		}
		if (wait == 0) {
			this.granted.increment();
			return current.permit();
		}
		current.usedUp();
		long maxWait = context.mayWait() ? current.config().maxWait().toNanos() : 0;
		LongSupplier nanos = allowance.nanosUntilGranted(weight, elapsed);
		return (maxWait == 0 || nanos.getAsLong() > maxWait) ? reject(Exhausted.LIMIT, weight, nanos)
				: queue(context, current, allowance, elapsed, nanos);
	}

	@Override
	protected boolean enforces() {
		return config().mode() == Mode.ENFORCE;
	}

	/**
	 * Fills the limiter's own allowance and those of all keys; an adaptive rate begins at
	 * the limit again. Calls that wait go on waiting.
	 */
	public void reset() {
		synchronized (this.stopwatch) {
			this.regime = fresh(this.regime.config());
		}
		publish("reset", this + " was reset: nothing is used up", Map.of());
	}

	/**
	 * Fills the allowance of a key.
	 * @param key the key
	 * @return whether the key had one of its own
	 */
	public boolean reset(Object key) {
		boolean known = this.regime.keyed().forget(key);
		if (known) {
			publish("reset", this + " was reset for one key", Map.of());
		}
		return known;
	}

	/**
	 * Changes what is allowed. Counters go on, calls that wait keep their turn, and what
	 * is used up stays used up: permits missing from a bucket are missing from the new
	 * one, at most all of it, and windows keep what they have counted. An adaptive rate
	 * keeps its proportion to the limit. Another algorithm begins with nothing used up,
	 * and another {@code max-keys} does so for the keys.
	 * @param next what is allowed from now on
	 */
	public void reconfigure(RateLimiterConfig next) {
		synchronized (this.stopwatch) {
			Regime current = this.regime;
			this.regime = (next.algorithm() == current.config().algorithm()) ? current.under(next) : fresh(next);
		}
		publish("reconfigured", this + " was reconfigured: " + ConfigText.of(next), Map.of());
	}

	@Override
	public PolicySnapshot snapshot() {
		Regime current = this.regime;
		Map<String, Long> rejections = rejections();
		long available = current.own().available(elapsed());
		List<String> warnings = current.config().warnings();
		PolicySnapshot.Builder snapshot = PolicySnapshot
			.of(this, (available > 0) ? AVAILABLE : EXHAUSTED, List.of(AVAILABLE, EXHAUSTED))
			.calls(new TreeMap<>(Map.of("granted", this.granted.sum(), "waited", this.waited.sum(), "cancelled",
					this.cancelled.sum())))
			.rejections(rejections)
			.gauge("available", (double) available)
			.gauge("current-rate", current.perSecond())
			.rate("acceptance-rate", List.of("granted", "waited"), rejections.keySet())
			.gauge("waiting", this.waiting.get())
			.gauge("keys", current.keyed().size())
			.detail("warning", warnings.isEmpty() ? null : String.join("; ", warnings));
		ConfigText.show(current.config(), snapshot);
		return snapshot.build();
	}

	long elapsed() {
		return this.stopwatch.elapsed();
	}

	Sleeper sleeper() {
		return time().sleeper();
	}

	void leaveQueue(boolean passed) {
		this.waiting.getAndDecrement();
		(passed ? this.waited : this.cancelled).increment();
	}

	private Admission queue(CallContext context, Regime current, Allowance allowance, long elapsed,
			LongSupplier nanos) {
		int weight = context.weight();
		if (!enterQueue(current.config().maxWaiting())) {
			return reject(Exhausted.MAX_WAITING, weight, nanos);
		}
		long wait = allowance.take(weight, elapsed, current.config().maxWait().toNanos());
		if (wait >= 0 && !allowance.isRetired()) {
			return new Turn(this, allowance, weight, elapsed + wait, current.permit());
		}
		this.waiting.getAndDecrement();
		if (wait >= 0) {
			allowance.giveBack(weight, elapsed + wait);
			return admit(context);
		}
		return reject(Exhausted.LIMIT, weight, allowance.nanosUntilGranted(weight, elapsed));
	}

	private boolean enterQueue(int most) {
		return this.waiting.getAndUpdate((count) -> (count < most) ? count + 1 : count) < most;
	}

	private Exhausted reject(String reason, int weight, LongSupplier nanosUntilGranted) {
		return new Exhausted(this, reason, weight, nanosUntilGranted, this.regime.generation());
	}

	private int checked(int weight, RateLimiterConfig config) {
		if (weight > config.burst()) {
			throw Setting.of("weight", weight)
				.violation("must be at most the burst of " + config.burst() + " of " + this,
						"ask for fewer permits at once, or raise 'burst'");
		}
		return weight;
	}

	private Regime fresh(RateLimiterConfig next) {
		return Regime.fresh(this.regime.generation() + 1, next, this.stopwatch, this::onRate);
	}

	private void onRate(String what, Map<String, Object> details) {
		publish("rate", this + " " + what, details);
	}

}
