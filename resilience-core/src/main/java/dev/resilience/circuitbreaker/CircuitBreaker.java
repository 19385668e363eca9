package dev.resilience.circuitbreaker;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.Gate;
import dev.resilience.Permit.TimeLimit;
import dev.resilience.PolicySnapshot;
import dev.resilience.config.Mode;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * Stops calling what keeps failing, and tries again with care. Thread-safe; a successful
 * call through a closed breaker takes no lock and allocates nothing.
 * <p>
 * CLOSED opens after {@code failure-threshold} failures in a row, and when the share of
 * failed or slow calls in its {@linkplain SlidingWindow window} is too high. OPEN rejects
 * every call with a {@link CircuitOpenException} until {@code open-duration} has passed;
 * the first call after it finds the breaker HALF_OPEN. There {@code half-open-max-calls}
 * trials may run at a time: {@code success-threshold} successful ones close the breaker,
 * a failed one re-opens it, and so does, at the next call, one that has not ended after
 * {@code trial-timeout}, or was slow. FORCED_OPEN and DISABLED are a person's orders, and
 * stay until the next order or the end of their time. Defaults stand at
 * {@link CircuitBreakerConfig}.
 * <p>
 * Calls with a {@linkplain CallContext#key() key} have states of their own, one for each
 * key; counters, rejections and orders are the breaker's. No outcome of a key moves
 * another key, nor the breaker, whose health does not suffer from a key's outage.
 * <p>
 * Rejections have the reasons {@code open}, {@code half-open-full} and
 * {@code forced-open}. Each transition is an event of kind {@code transition}, of which
 * {@link CircuitBreakerListener} tells; those of keys are {@code key-transition}, at most
 * once a second.
 * <p>
 * The pattern is Michael Nygard's, from "Release It!".
 */
public final class CircuitBreaker extends Gate {

	/** The policies' type. */
	public static final String TYPE = "circuit-breaker";

	static final String TRANSITION = "transition";

	static final String ORDER = "order";

	private final CallCounts counts = new CallCounts();

	private final Circuit own;

	private volatile CircuitBreakerConfig config;

	private volatile int revision;

	private volatile @Nullable TimeLimit limit;

	private volatile @Nullable Keys keys;

	/**
	 * Creates a closed breaker.
	 * @param name its name
	 * @param config its settings
	 * @param time all the time it uses
	 */
	public CircuitBreaker(String name, CircuitBreakerConfig config, TimeSource time) {
		super(TYPE, name, time, StateRejection.REASONS);
		this.config = config;
		this.limit = BreakerRules.limit(config, this);
		this.own = new Circuit(this, null);
	}

	/**
	 * Creates a closed breaker on the JVM's time.
	 * @param name its name
	 * @param config its settings
	 * @return the breaker
	 */
	public static CircuitBreaker of(String name, CircuitBreakerConfig config) {
		return new CircuitBreaker(name, config, TimeSource.system());
	}

	@Override
	protected Admission admit(CallContext context) {
		Object key = context.key();
		return (key == null) ? this.own.state().admit() : admit(key);
	}

	private Admission admit(Object key) {
		State order = this.own.state().settle();
		return order.isOrder() ? order.admit() : keys().admit(key);
	}

	private Keys keys() {
		Keys present = this.keys;
		if (present == null) {
			synchronized (this.counts) {
				present = (this.keys != null) ? this.keys : new Keys(this);
				this.keys = present;
			}
		}
		return present;
	}

	// Nothing is known of the call here, so its key's own outage does not stop it.
	@Override
	protected Admission.@Nullable Rejection stops() {
		return this.own.state().stops();
	}

	@Override
	protected boolean enforces() {
		return this.config.mode() == Mode.ENFORCE;
	}

	/**
	 * The state of calls without a key, and any order. Looking at it ends an order whose
	 * time is over, and moves nothing else: an open breaker whose time is over stays open
	 * until the next call.
	 * @return the state
	 */
	public CircuitState state() {
		return this.own.state().settle().status();
	}

	/**
	 * The settings.
	 * @return the settings
	 */
	public CircuitBreakerConfig config() {
		return this.config;
	}

	/**
	 * Changes the settings, in whatever state. Thresholds hold from the next outcome on,
	 * durations at once, from the beginning of the present state on, for trials on their
	 * way too. State, counters and calls in flight stay, and so does the content of a
	 * window of the same type and size; another one begins empty. {@code max-keys} holds
	 * from the next order on, which forgets the keys.
	 * @param config the settings
	 */
	public void reconfigure(CircuitBreakerConfig config) {
		synchronized (this.counts) {
			List<String> changed = BreakerRules.differences(this.config, config);
			this.config = config;
			this.limit = BreakerRules.limit(config, this);
			this.revision = this.revision + 1;
			this.own.adapt();
			if (!changed.isEmpty()) {
				tell("reconfigured", " has other settings: " + String.join(", ", changed), Map.of("changed", changed));
			}
		}
	}

	/**
	 * Reports a success that no permit stands for. It counts for the present state: in
	 * HALF_OPEN as a successful trial.
	 */
	public void recordSuccess() {
		this.counts.succeeded();
		this.own.state().ended(0, null);
	}

	/**
	 * Reports a failure that no permit stands for. It counts for the present state: in
	 * HALF_OPEN as a failed trial.
	 * @param cause what was thrown; it may be one that does not count as a failure
	 */
	public void recordFailure(Throwable cause) {
		this.own.state().failed(cause, 0);
	}

	/**
	 * Orders every call to be rejected, until the next order.
	 * @param reason why, for people; at most 500 characters
	 * @throws IllegalArgumentException when it is blank, too long or several lines
	 */
	public void forceOpen(String reason) {
		order(reason, null, (from) -> new ForcedOpenState(from, reason, null));
	}

	/**
	 * Orders every call to be rejected for a time, or until the next order. After it the
	 * breaker is closed.
	 * @param reason as for {@link #forceOpen(String)}
	 * @param length how long, positive and at most 365 days
	 * @throws IllegalArgumentException when reason or length breaks its rule
	 */
	public void forceOpen(String reason, Duration length) {
		order(reason, length, (from) -> new ForcedOpenState(from, reason, length));
	}

	/**
	 * Orders every call to pass, whatever becomes of it, until the next order. Outcomes
	 * are counted all the same.
	 * @param reason as for {@link #forceOpen(String)}
	 */
	public void disable(String reason) {
		order(reason, null, (from) -> new DisabledState(from, reason, null));
	}

	/**
	 * Orders every call to pass for a time, or until the next order. After it the breaker
	 * is closed.
	 * @param reason as for {@link #forceOpen(String)}
	 * @param length how long, positive and at most 365 days
	 * @throws IllegalArgumentException when reason or length breaks its rule
	 */
	public void disable(String reason, Duration length) {
		order(reason, length, (from) -> new DisabledState(from, reason, length));
	}

	/**
	 * Ends any order and any outage: the breaker is closed, without failures in a row or
	 * in its window. Counters go on. As with every order, all keys begin anew.
	 * @param reason as for {@link #forceOpen(String)}
	 */
	public void reset(String reason) {
		order(reason, null, (from) -> new ClosedState(from, reason));
	}

	/**
	 * Ends the outage of one key, which begins anew.
	 * @param key the key
	 * @param reason as for {@link #forceOpen(String)}
	 * @return whether the key had a state of its own
	 */
	public boolean reset(Object key, String reason) {
		BreakerRules.requireReason(reason);
		Keys present = this.keys;
		boolean known = present != null && present.forget(key);
		if (known) {
			tell("key-reset", " was reset for a key: " + reason, Map.of("reason", reason));
		}
		return known;
	}

	private void order(String reason, @Nullable Duration length, UnaryOperator<State> next) {
		BreakerRules.requireReason(reason);
		BreakerRules.requireOptionalDuration("expires-in", length);
		synchronized (this.counts) {
			State from = this.own.state();
			this.keys = null;
			this.own.transition(from, next.apply(from));
		}
	}

	@Override
	public PolicySnapshot snapshot() {
		State present = this.own.state().settle();
		PolicySnapshot.Builder snapshot = PolicySnapshot.of(this, present.status().name(), CircuitState.NAMES)
			.health(present.status().health())
			.rejections(rejections());
		present.describe(snapshot);
		this.counts.describe(snapshot);
		Keys.describe(this.keys, snapshot);
		snapshot.detail("warning", BreakerRules.warning(this.config));
		BreakerRules.describe(this.config).forEach(snapshot::config);
		return snapshot.build();
	}

	void tell(String kind, String what, Map<String, Object> details) {
		publish(kind, title() + what, details);
	}

	@Nullable TimeLimit timeLimit() {
		return this.limit;
	}

	String title() {
		return "circuit breaker '" + name() + "'";
	}

	void changed(Circuit circuit, State from, State to) {
		Transitions.changed(circuit, from, to, this.keys);
	}

	CallCounts counts() {
		return this.counts;
	}

	int revision() {
		return this.revision;
	}

	TimeSource timeSource() {
		return time();
	}

}
