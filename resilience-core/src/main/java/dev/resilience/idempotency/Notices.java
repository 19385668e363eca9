package dev.resilience.idempotency;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import dev.resilience.time.Ticker;
import org.jspecify.annotations.Nullable;

/**
 * Tells the listeners of one operation of calls that a person may have to look after: of
 * each kind at most once a second, with the number since the last time. Thread-safe.
 */
final class Notices {

	// A callee that is down makes every call end this way. One event names one call; how
	// many there were in between is in the next one, and always in the counters.
	//
	// No event tells a key, or an exception's message, which may hold one: whoever looks
	// for the call finds it by the fence, which the callee was given too.

	private static final long INTERVAL = TimeUnit.SECONDS.toNanos(1);

	private final Map<Kind, Pace> paces = new EnumMap<>(Kind.class);

	private final IdempotentOperation operation;

	private final Ticker ticker;

	Notices(IdempotentOperation operation, Ticker ticker) {
		this.operation = operation;
		this.ticker = ticker;
		for (Kind kind : Kind.values()) {
			this.paces.put(kind, new Pace(ticker.read() - INTERVAL));
		}
	}

	/**
	 * Tells of a call.
	 * @param exception the class of the exception that made it such a call, if there is
	 * one
	 */
	@SuppressWarnings("NullAway") // every kind has its pace
	void tell(Kind kind, long fence, @Nullable Class<?> exception) {
		Pace pace = this.paces.get(kind);
		pace.since.incrementAndGet();
		long now = this.ticker.read();
		long last = pace.toldAt.get();
		if (now - last >= INTERVAL && pace.toldAt.compareAndSet(last, now)) {
			publish(kind, fence, exception, pace.since.getAndSet(0));
		}
	}

	private void publish(Kind kind, long fence, @Nullable Class<?> exception, long count) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("operation", this.operation.name());
		details.put("fence", fence);
		if (exception != null) {
			details.put("exception", exception.getName());
		}
		details.put("count", count);
		this.operation.tell(kind.word, "idempotent operation '" + this.operation.name() + "' " + kind.event + " (fence "
				+ fence + ((exception != null) ? ", " + exception.getName() : "") + "): " + kind.sequel, details);
	}

	/**
	 * When a kind was told last, and how many calls there have been since.
	 */
	private static final class Pace {

		private final AtomicLong since = new AtomicLong();

		private final AtomicLong toldAt;

		Pace(long toldAt) {
			this.toldAt = new AtomicLong(toldAt);
		}

	}

	/**
	 * What there is to tell.
	 */
	enum Kind {

		OUTCOME_UNKNOWN("outcome-unknown", "does not know whether a call took effect",
				"its key is rejected until the ttl ends or the record is forgotten"),

		UNSTORED("unstored", "returned a result that the store did not take",
				"unless it takes it within the lease, its key is rejected until the ttl ends "
						+ "or the record is forgotten"),

		LOST("lost", "returned a result that is not stored",
				"the record has another owner by now, whose call may be a second one");

		private final String word;

		private final String event;

		private final String sequel;

		Kind(String word, String event, String sequel) {
			this.word = word;
			this.event = event;
			this.sequel = sequel;
		}

	}

}
