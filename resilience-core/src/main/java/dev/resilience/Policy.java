package dev.resilience;

import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import dev.resilience.async.ContextCarrier;
import dev.resilience.config.Setting;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * One named rule around a call. Thread-safe.
 * <p>
 * {@link #call(Callable)} and {@link #callAsync(Supplier)} run the rule alone;
 * {@link Pipeline} composes several.
 */
public abstract class Policy {

	static {
		// The carriers are found now, not by the first call: its thread may be one that
		// must not block.
		ContextCarrier.captureAll();
	}

	private final String type;

	private final String name;

	private final TimeSource time;

	private final Subscriptions subscriptions = new Subscriptions();

	private final Baseline baseline = new Baseline();

	/**
	 * Creates a policy.
	 * @param type the pattern, as in the configuration: {@code circuit-breaker}
	 * @param name the policy's name, unique among its type
	 * @param time all the time it uses
	 */
	protected Policy(String type, String name, TimeSource time) {
		this.type = type;
		this.name = Setting.of("name", name)
			.require(!name.isBlank(), "must not be blank", "give the " + type + " a name")
			.value();
		this.time = time;
	}

	/**
	 * The pattern.
	 * @return the type, as in the configuration: {@code circuit-breaker}
	 */
	public final String type() {
		return this.type;
	}

	/**
	 * The policy's name.
	 * @return the name, unique among its type
	 */
	public final String name() {
		return this.name;
	}

	/**
	 * The time this policy was given.
	 * @return the source
	 */
	protected final TimeSource time() {
		return this.time;
	}

	/**
	 * Whether the policy may run the work more than once for one call.
	 * @return {@code false}, unless the pattern repeats calls
	 */
	public boolean mayRepeat() {
		return false;
	}

	/**
	 * Whether the policy may hold a call back before it runs; gates need not say so.
	 * @return {@code false}, unless the pattern waits
	 */
	public boolean mayDelay() {
		return false;
	}

	/**
	 * How the policy stands. Counters are exact, though not one atomic cut.
	 * @return the snapshot
	 */
	public abstract PolicySnapshot snapshot();

	/**
	 * Clears the counters: snapshots count from zero again, and so do rates and meters,
	 * as if the policy had been made anew. Its state and the calls under way stay as they
	 * are.
	 */
	public final void clear() {
		this.baseline.clear(this);
		publish("cleared", "the counters of " + this + " were cleared", Map.of());
	}

	final Baseline baseline() {
		return this.baseline;
	}

	/**
	 * Runs work under this rule. For compositions: an exception that the work throws and
	 * that is {@linkplain CallRejectedException#isOwn(Throwable) an own rejection} comes
	 * from an inner policy, not from the callee.
	 * @param <A> what the work needs
	 * @param <T> what it returns
	 * @param context what the policy may know of the call
	 * @param argument handed to the work, so that a chain of policies needs no object per
	 * call
	 * @param work the work
	 * @return what the work returned, or what the policy puts in its place
	 * @throws Throwable what the work threw, as it is, or the policy's rejection
	 */
	public abstract <A, T extends @Nullable Object> T call(CallContext context, A argument, Call<A, T> work)
			throws Throwable;

	/**
	 * As {@link #call(CallContext, Object, Call)}, for asynchronous work. It never
	 * throws, every path completes the stage, and cancelling the stage's future cancels
	 * the work.
	 * @param <A> what the work needs
	 * @param <T> what it returns
	 * @param context what the policy may know of the call
	 * @param argument handed to the work
	 * @param work starts the work
	 * @return the outcome
	 */
	public abstract <A, T extends @Nullable Object> CompletionStage<T> callAsync(CallContext context, A argument,
			Call<A, CompletionStage<T>> work);

	/**
	 * As {@link #call(CallContext, Callable)}, for a call of which nothing is known.
	 * @param <T> what it returns
	 * @param call the call
	 * @return what it returned
	 * @throws Exception what it threw, as it is
	 */
	public final <T extends @Nullable Object> T call(Callable<T> call) throws Exception {
		return call(CallContext.NONE, call);
	}

	/**
	 * Runs a call under this rule.
	 * @param <T> what it returns
	 * @param context what the policy may know of the call
	 * @param call the call
	 * @return what it returned
	 * @throws Exception what it threw, as it is
	 * @throws CallRejectedException when the policy did not let it pass
	 */
	public final <T extends @Nullable Object> T call(CallContext context, Callable<T> call) throws Exception {
		try {
			return call(context, call, Callee.plain());
		}
		catch (Exception | Error ex) {
			throw ex;
		}
		catch (Throwable ex) {
			throw new IllegalStateException("A Callable threw " + ex, ex);
		}
	}

	/**
	 * As {@link #callAsync(CallContext, Supplier)}, for a call of which nothing is known.
	 * @param <T> what it returns
	 * @param call starts the call
	 * @return the outcome
	 */
	public final <T extends @Nullable Object> CompletionStage<T> callAsync(
			Supplier<? extends CompletionStage<T>> call) {
		return callAsync(CallContext.NONE, call);
	}

	/**
	 * Runs an asynchronous call under this rule. It never throws, every path completes
	 * the stage, and cancelling the stage's future cancels the call.
	 * @param <T> what it returns
	 * @param context what the policy may know of the call
	 * @param call starts the call
	 * @return the outcome
	 */
	public final <T extends @Nullable Object> CompletionStage<T> callAsync(CallContext context,
			Supplier<? extends CompletionStage<T>> call) {
		return callAsync(context, call, Callee.async());
	}

	/**
	 * Adds a listener. It hears events in order, on a thread of its own, so that it can
	 * delay no call and no other listener; what it throws is dropped, and so are events
	 * beyond the {@value Subscription#CAPACITY} that may wait for it.
	 * @param listener the listener
	 */
	public final void addListener(PolicyListener listener) {
		this.subscriptions.add(new Subscription(listener));
	}

	/**
	 * Removes a listener that was added to this policy.
	 * @param listener the listener
	 */
	public final void removeListener(PolicyListener listener) {
		this.subscriptions.remove(listener);
	}

	final Subscriptions subscriptions() {
		return this.subscriptions;
	}

	/**
	 * Tells the listeners that something changed. Returns at once.
	 * @param kind what happened, a word of a small fixed set
	 * @param message the same for people
	 * @param details the same for machines; it must hold no data of a call
	 */
	protected final void publish(String kind, String message, Map<String, Object> details) {
		if (!this.subscriptions.isEmpty()) {
			this.subscriptions.publish(new PolicyEvent(this.type, this.name, kind, this.time.clock().instant(), message,
					details, snapshot()));
		}
	}

	@Override
	public String toString() {
		return this.type + " '" + this.name + "'";
	}

	/**
	 * Work as a function of what it needs, so that one object serves all calls.
	 *
	 * @param <A> what the work needs
	 * @param <T> what it returns
	 */
	@FunctionalInterface
	public interface Call<A, T extends @Nullable Object> {

		/**
		 * Does the work.
		 * @param argument what it needs
		 * @return what it returns
		 * @throws Throwable whatever the callee throws
		 */
		T invoke(A argument) throws Throwable;

	}

}
