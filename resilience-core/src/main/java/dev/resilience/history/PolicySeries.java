package dev.resilience.history;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import dev.resilience.PolicySnapshot;

/**
 * The history of one policy. Thread-safe.
 */
final class PolicySeries {

	// What moved since the last look is put down for the second of this look, so a look
	// that comes late finds nothing in the seconds that it missed. A counter that went
	// back was cleared, and moved from zero.

	private static final String REJECTIONS = "rejections";

	private final Map<String, Track> tracks = new TreeMap<>();

	private final Map<String, Long> seen;

	private long second;

	PolicySeries(PolicySnapshot first, long second) {
		this.seen = counters(first);
		this.second = second;
	}

	synchronized void look(PolicySnapshot snapshot, long now) {
		this.second = Math.max(this.second, now);
		counters(snapshot).forEach((name, count) -> {
			long before = this.seen.getOrDefault(name, 0L);
			long moved = (count >= before) ? count - before : count;
			this.seen.put(name, count);
			if (moved > 0) {
				this.tracks.computeIfAbsent(name, (ignored) -> new Track()).add(this.second, moved);
			}
		});
	}

	synchronized Recent recent(long now) {
		long present = Math.max(this.second, now);
		Map<String, List<Integer>> seconds = new LinkedHashMap<>();
		Map<String, List<Integer>> minutes = new LinkedHashMap<>();
		this.tracks.forEach((name, track) -> {
			seconds.put(name, track.seconds(present));
			minutes.put(name, track.minutes(present));
		});
		return new Recent(seconds, minutes);
	}

	private static Map<String, Long> counters(PolicySnapshot snapshot) {
		Map<String, Long> counters = new LinkedHashMap<>(snapshot.calls());
		if (!snapshot.rejections().isEmpty()) {
			counters.put(REJECTIONS, snapshot.rejections().values().stream().mapToLong(Long::longValue).sum());
		}
		return counters;
	}

}
