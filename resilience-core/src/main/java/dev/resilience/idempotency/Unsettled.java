package dev.resilience.idempotency;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.resilience.idempotency.store.RecordKey;

/**
 * The latest keys of one operation whose outcome this instance has found to be unknown,
 * for people to look after. Thread-safe.
 */
final class Unsettled {

	// Nothing is noted here but on ends that are rare, so one lock will do. What has
	// become of a record since, the store knows: it is asked by whoever wants to see the
	// list, and then what is settled leaves it, unless it was noted again meanwhile.

	/** How many keys are kept; the oldest give way. */
	static final int MAX = 100;

	private final Map<RecordKey, Long> keys = new LinkedHashMap<>();

	private long count;

	synchronized void note(RecordKey key) {
		this.keys.remove(key);
		this.keys.put(key, ++this.count);
		if (this.keys.size() > MAX) {
			this.keys.remove(this.keys.keySet().iterator().next());
		}
	}

	/**
	 * The keys, each with the number of its latest note, newest first.
	 */
	synchronized List<Map.Entry<RecordKey, Long>> newestFirst() {
		List<Map.Entry<RecordKey, Long>> entries = new ArrayList<>(this.keys.size());
		this.keys.forEach((key, number) -> entries.add(Map.entry(key, number)));
		Collections.reverse(entries);
		return entries;
	}

	/**
	 * Takes a key off the list, unless it was noted again.
	 */
	synchronized void settled(Map.Entry<RecordKey, Long> entry) {
		this.keys.remove(entry.getKey(), entry.getValue());
	}

}
