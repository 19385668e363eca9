package dev.resilience.circuitbreaker;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * How calls ended, since the breaker was made. Thread-safe and exact.
 */
final class CallCounts {

	private final LongAdder succeeded = new LongAdder();

	private final LongAdder failed = new LongAdder();

	private final LongAdder ignored = new LongAdder();

	void succeeded() {
		this.succeeded.increment();
	}

	void failed() {
		this.failed.increment();
	}

	void ignored() {
		this.ignored.increment();
	}

	Map<String, Long> toMap() {
		Map<String, Long> counts = new LinkedHashMap<>();
		counts.put("succeeded", this.succeeded.sum());
		counts.put("failed", this.failed.sum());
		counts.put("ignored", this.ignored.sum());
		return counts;
	}

}
