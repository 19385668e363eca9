package dev.resilience.circuitbreaker;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
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
		Map<String, Long> counts = new LinkedHashMap<>();
		counts.put("succeeded", this.succeeded.sum());
		counts.put("failed", this.failed.sum());
		counts.put("ignored", this.ignored.sum());
		counts.put("slow", this.slow.sum());
		Failure last = this.lastFailure;
		snapshot.calls(counts)
			.rate("success-rate", List.of("succeeded"), List.of("failed"))
			.detail("lastFailure", (last != null) ? last.name() : null)
			.detail("lastFailureAt", (last != null) ? last.at() : null)
			.detail("recordResultError", this.resultError);
	}

	private record Failure(String name, Instant at) {
	}

}
