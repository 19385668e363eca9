package dev.resilience.circuitbreaker;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;

import dev.resilience.PolicySnapshot;
import org.jspecify.annotations.Nullable;

/**
 * How calls ended, since the breaker was made. Thread-safe and exact.
 */
final class CallCounts {

	// Successes come in crowds; of the others a plain number is enough, and smaller.

	private static final AtomicLongFieldUpdater<CallCounts> FAILED = updater("failed");

	private static final AtomicLongFieldUpdater<CallCounts> IGNORED = updater("ignored");

	private static final AtomicLongFieldUpdater<CallCounts> SLOW = updater("slow");

	private final LongAdder succeeded = new LongAdder();

	private volatile long failed;

	private volatile long ignored;

	private volatile long slow;

	private volatile Map<String, Long> transitions = Map.of();

	private volatile @Nullable Failure lastFailure;

	private volatile @Nullable String resultError;

	private static AtomicLongFieldUpdater<CallCounts> updater(String field) {
		return AtomicLongFieldUpdater.newUpdater(CallCounts.class, field);
	}

	/**
	 * Counts a change of state. Called under the breaker's lock.
	 */
	void transition(String name) {
		Map<String, Long> counted = new LinkedHashMap<>(this.transitions);
		counted.merge(name, 1L, Long::sum);
		this.transitions = Collections.unmodifiableMap(counted);
	}

	void succeeded() {
		this.succeeded.increment();
	}

	void failed(@Nullable Object what, Instant at) {
		FAILED.getAndIncrement(this);
		this.lastFailure = new Failure(nameOf(what), at);
	}

	void ignored() {
		IGNORED.getAndIncrement(this);
	}

	void slow() {
		SLOW.getAndIncrement(this);
	}

	/**
	 * Whether a returned value counts as a failure. A predicate that throws has judged
	 * nothing: its own mistake must not open the breaker, nor break the call.
	 */
	boolean isFailure(CircuitBreakerConfig config, @Nullable Object value) {
		Predicate<@Nullable Object> failures = config.recordResult();
		if (failures == null) {
			return false;
		}
		try {
			return failures.test(value);
		}
		catch (Throwable ex) {
			this.resultError = ex.getClass().getName();
			return false;
		}
	}

	/**
	 * What failed, without its words: they may hold anything.
	 */
	static String nameOf(@Nullable Object what) {
		if (what == null) {
			return "the result null";
		}
		return ((what instanceof Throwable) ? "" : "a result of type ") + what.getClass().getName();
	}

	void describe(PolicySnapshot.Builder snapshot) {
		Map<String, Long> counts = new LinkedHashMap<>();
		counts.put("succeeded", this.succeeded.sum());
		counts.put("failed", this.failed);
		counts.put("ignored", this.ignored);
		counts.put("slow", this.slow);
		Failure last = this.lastFailure;
		snapshot.calls(counts)
			.transitions(this.transitions)
			.rate("success-rate", List.of("succeeded"), List.of("failed"))
			.detail("lastFailure", (last != null) ? last.name() : null)
			.detail("lastFailureAt", (last != null) ? last.at() : null)
			.detail("recordResultError", this.resultError);
	}

	private record Failure(String name, Instant at) {
	}

}
