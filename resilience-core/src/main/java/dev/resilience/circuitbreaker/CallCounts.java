package dev.resilience.circuitbreaker;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;

import dev.resilience.PolicySnapshot;
import org.jspecify.annotations.Nullable;

/**
 * How calls ended, since the breaker was made. Thread-safe and exact.
 */
final class CallCounts {

	private final LongAdder succeeded = new LongAdder();

	private final LongAdder failed = new LongAdder();

	private final LongAdder ignored = new LongAdder();

	private final LongAdder slow = new LongAdder();

	private volatile @Nullable Failure lastFailure;

	private volatile @Nullable String resultError;

	void succeeded() {
		this.succeeded.increment();
	}

	void failed(@Nullable Object what, Instant at) {
		this.failed.increment();
		this.lastFailure = new Failure(nameOf(what), at);
	}

	void ignored() {
		this.ignored.increment();
	}

	void slow() {
		this.slow.increment();
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
		catch (RuntimeException | Error ex) {
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
		long successes = this.succeeded.sum();
		long failures = this.failed.sum();
		Map<String, Long> counts = new LinkedHashMap<>();
		counts.put("succeeded", successes);
		counts.put("failed", failures);
		counts.put("ignored", this.ignored.sum());
		counts.put("slow", this.slow.sum());
		long counted = successes + failures;
		Failure last = this.lastFailure;
		snapshot.calls(counts)
			.gauge("success-rate", (counted > 0) ? successes * 100.0 / counted : Double.NaN)
			.detail("lastFailure", (last != null) ? last.name() : null)
			.detail("lastFailureAt", (last != null) ? last.at() : null)
			.detail("recordResultError", this.resultError);
	}

	private record Failure(String name, Instant at) {
	}

}
