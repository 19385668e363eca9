package dev.resilience.idempotency;

import java.util.Optional;

import dev.resilience.async.ContextCarrier;
import dev.resilience.idempotency.store.RecordKey;
import org.jspecify.annotations.Nullable;

/**
 * What running work may know of the idempotent call around it: hand {@link #key()} and
 * {@link #fence()} on to the callee, so that it can tell repetitions and late comers.
 * Thread-safe. It belongs to the thread that runs the work, or starts it where the work
 * is asynchronous, and is not carried to threads of the work's own.
 */
public final class IdempotencyContext {

	private static final ThreadLocal<@Nullable IdempotencyContext> CURRENT = new ThreadLocal<>();

	private static final ThreadLocal<@Nullable Boolean> REPLAYED = new ThreadLocal<>();

	private final Execution call;

	IdempotencyContext(Execution call) {
		this.call = call;
	}

	/**
	 * The idempotent call whose work this thread runs, the innermost if they are nested.
	 * @return the context, or empty outside such work
	 */
	public static Optional<IdempotencyContext> current() {
		return Optional.ofNullable(CURRENT.get());
	}

	/**
	 * Whether the latest idempotent call of this thread did no work of its own: its
	 * outcome was stored before, or is that of another call, joined while it ran. Ask
	 * right after it returned: a call that was rejected on its way to idempotency leaves
	 * what an earlier one told.
	 * <p>
	 * For an asynchronous call it holds for whoever depends on the result, while the
	 * result is completed; on the calling thread only if the result was there at once,
	 * and otherwise it is {@code false} there. A thread that runs an asynchronous step of
	 * a future may run its other steps too, and they read {@code false} there.
	 * @return whether the outcome was a replay
	 */
	public static boolean replayed() {
		return REPLAYED.get() != null;
	}

	/**
	 * The operation.
	 * @return its name
	 */
	public String operation() {
		return this.call.key().operation();
	}

	/**
	 * What the client chose.
	 * @return the key
	 */
	public String key() {
		return this.call.key().key();
	}

	/**
	 * A key for a further call that the work makes, to be handed on in place of
	 * {@link #key()}: it tells nothing of that one, and two calls for different purposes
	 * have different keys.
	 * @param purpose what the further call is for, the same in every execution
	 * @return 64 hexadecimal digits, the same in every execution of this key
	 */
	public String deriveKey(String purpose) {
		return new RecordKey(this.call.key().digest(), null, "derived", purpose).digest();
	}

	/**
	 * Orders the executions of a key, by the store's time of their claims. Only where a
	 * key was set free or forgotten, and a shared store's clock stepped back since, is it
	 * smaller than before.
	 * @return a number that is greater than that of every earlier execution of the key
	 * that may have taken effect, or 0 if the store could not be asked and the call runs
	 * nevertheless
	 */
	public long fence() {
		return this.call.fence();
	}

	/**
	 * Which execution of the key this is.
	 * @return 1, or more if an execution before this one may have taken effect
	 */
	public int attempt() {
		return this.call.attempt();
	}

	/**
	 * Whether another execution has taken the key over, as far as the latest sign of life
	 * has shown: this one's result will not be stored. Ask before an effect that must not
	 * happen twice, and hand the fence on.
	 * @return whether the claim is lost
	 */
	public boolean isLost() {
		return this.call.isLost();
	}

	/**
	 * Hides the key.
	 */
	@Override
	public String toString() {
		return "IdempotencyContext[operation=" + operation() + ", fence=" + fence() + "]";
	}

	static @Nullable IdempotencyContext enter(IdempotencyContext context) {
		IdempotencyContext outer = CURRENT.get();
		CURRENT.set(context);
		return outer;
	}

	// Nothing is removed from a thread: that, and adding it again, would cost more than
	// all the rest, with each call. What stays is an empty variable.

	static void leave(@Nullable IdempotencyContext outer) {
		CURRENT.set(outer);
	}

	static void finished(boolean replayed) {
		REPLAYED.set(replayed ? Boolean.TRUE : null);
	}

	static void finished(boolean replayed, Runnable completion) {
		Boolean before = REPLAYED.get();
		finished(replayed);
		try {
			completion.run();
		}
		finally {
			REPLAYED.set(before);
		}
	}

	/**
	 * Keeps the context with a call that waits behind idempotency, in a rate limiter or
	 * for a retry say, and goes on elsewhere.
	 */
	public static final class Carrier implements ContextCarrier {

		/**
		 * Creates a carrier.
		 */
		public Carrier() {
		}

		@Override
		public Carried capture() {
			IdempotencyContext captured = CURRENT.get();
			return (captured == null) ? Carried.NOTHING : (step) -> {
				IdempotencyContext outer = enter(captured);
				try {
					step.run();
				}
				finally {
					leave(outer);
				}
			};
		}

	}

}
