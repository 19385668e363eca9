package dev.resilience.idempotency;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

import dev.resilience.idempotency.IdempotencyRejection.Reason;

/**
 * Counts how calls ended, each call once. Thread-safe.
 */
final class Tally {

	private final Map<End, LongAdder> ends = adders(End.class);

	private final Map<Reason, LongAdder> reasons = adders(Reason.class);

	private static <E extends Enum<E>> Map<E, LongAdder> adders(Class<E> type) {
		Map<E, LongAdder> adders = new EnumMap<>(type);
		for (E constant : type.getEnumConstants()) {
			adders.put(constant, new LongAdder());
		}
		return adders;
	}

	@SuppressWarnings("NullAway") // every constant has its adder
	void count(End end) {
		this.ends.get(end).increment();
	}

	@SuppressWarnings("NullAway") // every constant has its adder
	void count(IdempotencyRejection rejection) {
		this.reasons.get(rejection.why()).increment();
	}

	Map<String, Long> calls() {
		Map<String, Long> counts = new LinkedHashMap<>();
		this.ends.forEach((end, adder) -> counts.put(end.word, adder.sum()));
		return counts;
	}

	Map<String, Long> rejections() {
		Map<String, Long> counts = new LinkedHashMap<>();
		this.reasons.forEach((reason, adder) -> counts.put(reason.word(), adder.sum()));
		return counts;
	}

	/**
	 * How a call can end, other than by a rejection.
	 */
	enum End {

		/** It ran, and its result was stored. */
		FIRST("first"),

		/** It got the stored result. */
		REPLAYED("replayed"),

		/** It waited for an owner elsewhere and got the stored result. */
		WAITED("waited"),

		/** It joined a running call and got its outcome. */
		JOINED("joined"),

		/** It failed, and the key was set free. */
		RELEASED("released"),

		/** It ended without a known outcome, and the key is rejected from then on. */
		UNKNOWN("unknown"),

		/** It ran after an earlier execution whose outcome nobody knew. */
		TAKEOVER("takeover"),

		/** It ran, and its result was stored after its lease had run out. */
		LATE("late"),

		/** It ran, and of its result it is only kept that there was one. */
		TOMBSTONE("tombstone"),

		/** It failed, and its failure was stored as its answer. */
		FAILURE("failure-stored"),

		/** It ran though the store could not be asked. */
		BYPASS("open-bypass"),

		/** It ran and returned its result, which another owner's record kept out. */
		LOST("lost"),

		/** It ran and returned its result, which the store failed to take. */
		UNSTORED("unstored");

		private final String word;

		End(String word) {
			this.word = word;
		}

	}

}
