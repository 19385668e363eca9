package dev.resilience.ratelimiter;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.config.Setting;
import dev.resilience.keyed.Family;
import dev.resilience.Gate;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import dev.resilience.time.Sleeper;
import dev.resilience.time.TimeSource;

/**
 * Lets calls pass at a rate: at most {@code burst} at once, and {@code limit} per
 * {@code period} in the long run, by a token bucket. Thread-safe and lock-free.
 * <p>
 * A call with a {@linkplain CallContext#key() key} draws on the bucket of its key, any
 * other on the limiter's own; each bucket has the whole limit. A call's weight is the
 * number of permits it takes; a permit once taken is spent, however the call ends. Where
 * the configuration allows it, a call waits for its permits, in the order of asking; a
 * wait that cannot end in time is rejected at once, and a waiter that gives up returns
 * what it took.
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

	private final RateLimiterConfig config;

	private final Refill refill;

	private final AtomicInteger waiting = new AtomicInteger();

	private final LongAdder granted = new LongAdder();

	private final LongAdder waited = new LongAdder();

	private final LongAdder cancelled = new LongAdder();

	private final Exhausted exhaustedNow;

	private volatile Buckets buckets;

	/**
	 * Creates a rate limiter whose buckets are full.
	 * @param name its name
	 * @param config what it allows
	 * @param time all the time it uses
	 */
	public RateLimiter(String name, RateLimiterConfig config, TimeSource time) {
		super(TYPE, name, time, List.of(Exhausted.LIMIT, Exhausted.MAX_WAITING, MISSING_KEY, INVALID_KEY));
		this.config = config;
		this.refill = new Refill(config, time.ticker());
		this.buckets = Buckets.full(config, this.refill, 0);
		this.exhaustedNow = new ExhaustedNow(this);
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
		return this.config;
	}

	/**
	 * Takes one permit of the limiter's own bucket, if there is one now. The fastest way
	 * to ask: it allocates nothing, whatever the answer.
	 * @return whether the call may pass; there is nothing to end
	 */
	public boolean tryAcquirePermit() {
		if (this.buckets.own().take(this.refill.units(1), this.refill.elapsed(), 0) <= 0) {
			this.granted.increment();
			return true;
		}
		count(this.exhaustedNow);
		return false;
	}

	@Override
	protected Admission admit(CallContext context) {
		long cost = cost(context.weight());
		TokenBucket bucket = this.buckets.of(context);
		long elapsed = this.refill.elapsed();
		long missing = bucket.take(cost, elapsed, 0);
		while (bucket.isRetired()) {
			if (missing <= 0) {
				bucket.giveBack(cost);
			}
			bucket = this.buckets.of(context);
			missing = bucket.take(cost, elapsed, 0);
		}
		if (missing <= 0) {
			this.granted.increment();
			return Permit.INERT;
		}
		long patience = context.mayWait() ? patience(elapsed) : 0;
		return (missing <= patience) ? queue(context, bucket, elapsed, patience)
				: reject(Exhausted.LIMIT, context, elapsed, missing);
	}

	/**
	 * Fills the limiter's own bucket and those of all keys. Calls that wait go on
	 * waiting.
	 */
	public void reset() {
		synchronized (this.refill) {
			this.buckets = Buckets.full(this.config, this.refill, this.buckets.generation() + 1);
		}
		publish("reset", this + " was reset: all buckets are full", Map.of());
	}

	/**
	 * Fills the bucket of a key.
	 * @param key the key
	 * @return whether the key had a bucket of its own
	 */
	public boolean reset(Object key) {
		boolean known = this.buckets.keyed().forget(key);
		if (known) {
			publish("reset", this + " was reset for one key", Map.of());
		}
		return known;
	}

	@Override
	public PolicySnapshot snapshot() {
		Buckets current = this.buckets;
		Map<String, Long> rejections = rejections();
		long rejected = rejections.values().stream().mapToLong(Long::longValue).sum();
		long atOnce = this.granted.sum();
		long later = this.waited.sum();
		long available = current.own().available(this.refill.elapsed());
		long passed = atOnce + later;
		long asked = passed + rejected;
		List<String> warnings = this.config.warnings();
		return PolicySnapshot.of(this, (available > 0) ? AVAILABLE : EXHAUSTED, List.of(AVAILABLE, EXHAUSTED))
			.calls(new TreeMap<>(Map.of("granted", atOnce, "waited", later, "cancelled", this.cancelled.sum())))
			.rejections(rejections)
			.gauge("available", (double) available)
			.gauge("current-rate", this.config.perSecond())
			.gauge("acceptance-rate", (asked > 0) ? (double) passed / asked : 1)
			.gauge("waiting", this.waiting.get())
			.gauge("keys", current.keyed().size())
			.detail("warning", warnings.isEmpty() ? null : warnings.get(0))
			.config("limit", this.config.limit())
			.config("period", this.config.period())
			.config("burst", this.config.burst())
			.config("max-wait", this.config.maxWait())
			.config("max-waiting", this.config.maxWaiting())
			.config("max-keys", this.config.maxKeys())
			.build();
	}

	Refill refill() {
		return this.refill;
	}

	Sleeper sleeper() {
		return time().sleeper();
	}

	void leaveQueue(boolean passed) {
		this.waiting.getAndDecrement();
		(passed ? this.waited : this.cancelled).increment();
	}

	private Admission queue(CallContext context, TokenBucket bucket, long elapsed, long patience) {
		long cost = cost(context.weight());
		if (!enterQueue()) {
			return reject(Exhausted.MAX_WAITING, context, elapsed, bucket.missing(cost, elapsed));
		}
		long missing = bucket.take(cost, elapsed, patience);
		if (missing <= patience && !bucket.isRetired()) {
			return new Turn(this, bucket, cost, elapsed + this.refill.nanosUntil(elapsed, missing));
		}
		this.waiting.getAndDecrement();
		if (missing <= patience) {
			bucket.giveBack(cost);
			return admit(context);
		}
		return reject(Exhausted.LIMIT, context, elapsed, missing);
	}

	private boolean enterQueue() {
		int most = this.config.maxWaiting();
		return this.waiting.getAndUpdate((count) -> (count < most) ? count + 1 : count) < most;
	}

	private Exhausted reject(String reason, CallContext context, long elapsed, long missing) {
		return new Exhausted(this, reason, context.weight(), elapsed, missing, this.buckets.generation());
	}

	private long patience(long elapsed) {
		return this.refill.earned(elapsed + this.config.maxWait().toNanos()) - this.refill.earned(elapsed);
	}

	private long cost(int weight) {
		if (weight > this.config.burst()) {
			throw Setting.of("weight", weight)
				.violation("must be at most the burst of " + this.config.burst() + " of " + this,
						"ask for fewer permits at once, or raise 'burst'");
		}
		return this.refill.units(weight);
	}

	/**
	 * All buckets between two resets: a waiter that gives up returns its permits to the
	 * bucket it took them from, not to one that was filled meanwhile.
	 */
	private record Buckets(long generation, TokenBucket own, Family<TokenBucket> keyed) {

		static Buckets full(RateLimiterConfig config, Refill refill, long generation) {
			return new Buckets(generation, new TokenBucket(refill),
					new Family<>(config.maxKeys(), () -> new TokenBucket(refill)));
		}

		TokenBucket of(CallContext context) {
			Object key = context.key();
			return (key != null) ? this.keyed.member(key) : this.own;
		}

	}

	/**
	 * The shared rejection for callers who only want to know yes or no: it speaks of the
	 * moment in which somebody reads it.
	 */
	private static final class ExhaustedNow extends Exhausted {

		private final RateLimiter limiter;

		ExhaustedNow(RateLimiter limiter) {
			super(limiter, LIMIT, 1, 0, 0, 0);
			this.limiter = limiter;
		}

		@Override
		long nanosUntilGranted() {
			Refill refill = this.limiter.refill;
			long elapsed = refill.elapsed();
			return refill.nanosUntil(elapsed, this.limiter.buckets.own().missing(refill.units(1), elapsed));
		}

	}

}
