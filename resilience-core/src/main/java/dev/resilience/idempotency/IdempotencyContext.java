package dev.resilience.idempotency;

import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * What running work may know of the idempotent call around it: hand {@link #key()} and
 * {@link #fence()} on to the callee, so that it can tell repetitions and late comers.
 * Immutable. It belongs to the thread that runs the work, or starts it where the work is
 * asynchronous, and is not carried to others.
 */
public final class IdempotencyContext {

	private static final ThreadLocal<@Nullable IdempotencyContext> CURRENT = new ThreadLocal<>();

	private static final ThreadLocal<@Nullable Boolean> REPLAYED = new ThreadLocal<>();

	private final RecordKey record;

	private final long fence;

	IdempotencyContext(RecordKey record, long fence) {
		this.record = record;
		this.fence = fence;
	}

	/**
	 * The idempotent call whose work this thread runs, the innermost if they are nested.
	 * @return the context, or empty outside such work
	 */
	public static Optional<IdempotencyContext> current() {
		return Optional.ofNullable(CURRENT.get());
	}

	/**
	 * Whether the idempotent call that this thread finished last did no work of its own:
	 * its outcome was stored before, or is that of another call, joined while it ran. For
	 * an asynchronous call it holds for whoever depends on the result, while the result
	 * is completed; on the calling thread also afterwards, if the result was there at
	 * once.
	 * @return whether the outcome was a replay
	 */
	public static boolean replayed() {
		return Boolean.TRUE.equals(REPLAYED.get());
	}

	/**
	 * The operation.
	 * @return its name
	 */
	public String operation() {
		return this.record.operation();
	}

	/**
	 * What the client chose.
	 * @return the key
	 */
	public String key() {
		return this.record.key();
	}

	/**
	 * Orders the executions of a key.
	 * @return a number that is greater than that of every earlier execution of the key
	 */
	public long fence() {
		return this.fence;
	}

	/**
	 * Hides the key.
	 */
	@Override
	public String toString() {
		return "IdempotencyContext[operation=" + operation() + ", fence=" + this.fence + "]";
	}

	static @Nullable IdempotencyContext enter(IdempotencyContext context) {
		IdempotencyContext outer = CURRENT.get();
		CURRENT.set(context);
		return outer;
	}

	static void leave(@Nullable IdempotencyContext outer) {
		CURRENT.set(outer);
	}

	static void finished(boolean replayed) {
		REPLAYED.set(replayed);
	}

	static void finished(boolean replayed, Runnable completion) {
		Boolean before = REPLAYED.get();
		REPLAYED.set(replayed);
		try {
			completion.run();
		}
		finally {
			REPLAYED.set(before);
		}
	}

}
