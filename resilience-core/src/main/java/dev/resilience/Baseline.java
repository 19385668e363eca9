package dev.resilience;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a policy's counters stood at when they were cleared. The counters themselves only
 * ever grow, so no call that is counted meanwhile is lost. Thread-safe.
 */
final class Baseline {

	private volatile Counts cleared = new Counts(Map.of(), Map.of(), Map.of());

	/**
	 * Clears the counters that a policy shows.
	 */
	synchronized void clear(Policy policy) {
		PolicySnapshot shown = policy.snapshot();
		Counts before = this.cleared;
		this.cleared = new Counts(sum(before.calls, shown.calls()), sum(before.rejections, shown.rejections()),
				sum(before.transitions, shown.transitions()));
	}

	Map<String, Long> calls(Map<String, Long> counters) {
		return since(this.cleared.calls, counters);
	}

	Map<String, Long> rejections(Map<String, Long> counters) {
		return since(this.cleared.rejections, counters);
	}

	Map<String, Long> transitions(Map<String, Long> counters) {
		return since(this.cleared.transitions, counters);
	}

	private static Map<String, Long> since(Map<String, Long> cleared, Map<String, Long> counters) {
		if (cleared.isEmpty()) {
			return counters;
		}
		Map<String, Long> since = new LinkedHashMap<>(counters);
		since.replaceAll((name, count) -> count - cleared.getOrDefault(name, 0L));
		return since;
	}

	private static Map<String, Long> sum(Map<String, Long> before, Map<String, Long> shown) {
		Map<String, Long> sum = new LinkedHashMap<>(before);
		shown.forEach((name, count) -> sum.merge(name, count, Long::sum));
		return sum;
	}

	private record Counts(Map<String, Long> calls, Map<String, Long> rejections, Map<String, Long> transitions) {
	}

}
