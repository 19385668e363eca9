package dev.resilience.bulkhead;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.Gate;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import dev.resilience.config.Setting;
import dev.resilience.keyed.Family;
import dev.resilience.time.Sleeper;
import dev.resilience.time.TimeSource;

/**
 * Lets a number of calls run at the same time, and no more. Thread-safe; as long as
 * nobody waits, taking and freeing a place is lock-free and allocates nothing.
 * <p>
 * A call with a {@linkplain CallContext#key() key} takes a place of its key, any other
 * one of the bulkhead's own; each has {@code max-concurrent-calls}. A call's weight is
 * the number of places it takes, and one that weighs more than there are is an
 * {@link IllegalArgumentException}. Keys beyond {@code max-keys} share the places of one;
 * a key that gets places of its own afterwards may have calls running in both for a
 * while. Where the configuration allows it, a call waits for its places, in the order of
 * asking; nobody overtakes. A waiter that gives up leaves the queue, and what it had got
 * already goes to the next.
 * <p>
 * A place is taken until the work has ended, even if the caller was told of a failure
 * before that ({@link dev.resilience.async.Unfinished}). Rejections have the reasons
 * {@code full}, {@code max-waiting} and {@code max-wait}, or speak of the key; a change
 * of size is an event of kind {@code resize}. Defaults stand at {@link BulkheadConfig}.
 * <p>
 * The pattern is Michael Nygard's, from "Release It!".
 */
public final class Bulkhead extends Gate {

	/**
	 * The pattern's type.
	 */
	public static final String TYPE = "bulkhead";

	private static final String AVAILABLE = "AVAILABLE";

	private static final String FULL = "FULL";

	private final Places own = new Places(this, false);

	private final Family<Places> keyed;

	private final Set<Places> crowded = ConcurrentHashMap.newKeySet();

	private final LongAdder keyedPassed = new LongAdder();

	private final LongAdder keyedTaken = new LongAdder();

	private final LongAdder waited = new LongAdder();

	private final LongAdder cancelled = new LongAdder();

	private volatile Size size;

	/**
	 * Creates a bulkhead whose places are free.
	 * @param name its name
	 * @param config what it allows
	 * @param time all the time it uses
	 */
	public Bulkhead(String name, BulkheadConfig config, TimeSource time) {
		super(TYPE, name, time, List.of(Full.FULL, Full.MAX_WAITING, Full.MAX_WAIT, MISSING_KEY, INVALID_KEY));
		this.size = new Size(config, 0);
		this.keyed = new Family<>(config.maxKeys(), () -> new Places(this, true));
	}

	/**
	 * Creates a bulkhead on the time of the JVM.
	 * @param name its name
	 * @param config what it allows
	 * @return the bulkhead
	 */
	public static Bulkhead of(String name, BulkheadConfig config) {
		return new Bulkhead(name, config, TimeSource.system());
	}

	/**
	 * What it allows now.
	 * @return the configuration
	 */
	public BulkheadConfig config() {
		return this.size.config();
	}

	/**
	 * Changes how many calls may run at the same time, here and for every key. It takes
	 * effect at once and never blocks: new places go to those who wait; if there are
	 * fewer, running calls go on, and nobody new passes until enough of them have ended.
	 * @param maxConcurrentCalls the number
	 * @throws IllegalArgumentException when it breaks the rule of the configuration
	 */
	public void resize(int maxConcurrentCalls) {
		synchronized (this.crowded) {
			int before = places();
			this.size = new Size(config().withMaxConcurrentCalls(maxConcurrentCalls), generation() + 1);
			publish("resize", this + " was resized from " + before + " to " + maxConcurrentCalls + " places",
					Map.of("from", before, "to", maxConcurrentCalls));
		}
		this.crowded.forEach(Places::grant);
	}

	@Override
	protected Admission admit(CallContext context) {
		int weight = context.weight();
		Object key = context.key();
		if (key != null) {
			return admit(key, context);
		}
		return this.own.take(weight) ? this.own.permit(weight) : enter(this.own, context);
	}

	private Admission admit(Object key, CallContext context) {
		int weight = context.weight();
		while (true) {
			Places places = this.keyed.member(key);
			Admission admission = places.take(weight) ? places.permit(weight) : enter(places, context);
			if (places.isRetired()) {
				places.withdraw(admission, weight);
				continue;
			}
			if (admission instanceof Permit) {
				this.keyedPassed.increment();
				countKeyed(weight);
			}
			return admission;
		}
	}

	private Admission enter(Places places, CallContext context) {
		int weight = context.weight();
		Size current = this.size;
		if (weight > current.config().maxConcurrentCalls()) {
			throw Setting.of("weight", weight)
				.violation("must be at most the " + current.config().maxConcurrentCalls() + " places of " + this,
						"ask for fewer places at once, or raise 'max-concurrent-calls'");
		}
		if (!context.mayWait() || !current.config().mayWait()) {
			return new Full(this, Full.FULL, places.taken());
		}
		Admission admission = places.enter(weight, current.config().maxWaiting());
		return (admission != null) ? admission : new Full(this, Full.MAX_WAITING, places.taken());
	}

	@Override
	public PolicySnapshot snapshot() {
		BulkheadConfig config = config();
		int taken = this.own.taken();
		int available = Math.max(0, config.maxConcurrentCalls() - taken);
		int waiting = this.crowded.stream().mapToInt(Places::waiting).sum();
		Map<String, Long> calls = new LinkedHashMap<>();
		calls.put("granted", this.own.passed() + this.keyedPassed.sum());
		calls.put("waited", this.waited.sum());
		calls.put("cancelled", this.cancelled.sum());
		List<String> warnings = config.warnings();
		return PolicySnapshot.of(this, (available > 0) ? AVAILABLE : FULL, List.of(AVAILABLE, FULL))
			.calls(calls)
			.rejections(rejections())
			.gauge("in-use", taken + (double) this.keyedTaken.sum())
			.gauge("available", available)
			.gauge("waiting", waiting)
			.gauge("keys", this.keyed.size())
			.detail("warning", warnings.isEmpty() ? null : warnings.get(0))
			.config("max-concurrent-calls", config.maxConcurrentCalls())
			.config("max-wait", config.maxWait())
			.config("max-waiting", config.maxWaiting())
			.config("max-keys", config.maxKeys())
			.build();
	}

	int places() {
		return this.size.config().maxConcurrentCalls();
	}

	long generation() {
		return this.size.generation();
	}

	long maxWaitNanos() {
		return config().maxWait().toNanos();
	}

	Sleeper sleeper() {
		return time().sleeper();
	}

	void countKeyed(int places) {
		this.keyedTaken.add(places);
	}

	void countWaited() {
		this.waited.increment();
	}

	void countCancelled() {
		this.cancelled.increment();
	}

	/**
	 * Notes whether there is a queue for places: a new size concerns those queues.
	 */
	void crowded(Places places, boolean isCrowded) {
		if (isCrowded) {
			this.crowded.add(places);
		}
		else {
			this.crowded.remove(places);
		}
	}

	/**
	 * What a bulkhead allows, from one change of its size to the next.
	 */
	private record Size(BulkheadConfig config, long generation) {
	}

}
