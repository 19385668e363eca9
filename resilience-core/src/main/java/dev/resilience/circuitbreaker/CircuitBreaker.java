package dev.resilience.circuitbreaker;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.Gate;
import dev.resilience.PolicySnapshot;
import dev.resilience.config.Setting;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * Stops calling what keeps failing, and tries again with care. Thread-safe; a successful
 * call through a closed breaker takes no lock and allocates nothing.
 * <p>
 * CLOSED opens after {@code failure-threshold} failures in a row. OPEN rejects every call
 * with a {@link CircuitOpenException} until {@code open-duration} has passed; the first
 * call after it finds the breaker HALF_OPEN. There {@code half-open-max-calls} trials may
 * run at a time: {@code success-threshold} successful ones close the breaker, a failed
 * one re-opens it, and so does, at the next call, one that has not ended after
 * {@code trial-timeout}. FORCED_OPEN and DISABLED are a person's orders, and stay until
 * the next order. Defaults stand at {@link CircuitBreakerConfig}.
 * <p>
 * Rejections have the reasons {@code open}, {@code half-open-full} and
 * {@code forced-open}. Each transition is an event of kind {@code transition} with the
 * details {@code from}, {@code to} and {@code reason}; see
 * {@link CircuitBreakerListener}.
 * <p>
 * The pattern is Michael Nygard's, from "Release It!".
 */
public final class CircuitBreaker extends Gate {

	// The state is one object, and a call's permit refers to the state that admitted it.
	// An outcome can only ask to leave that state, which is refused once the breaker has
	// left it. So neither a call from before an outage nor one that was in flight when a
	// person gave an order can undo what came after.
	//
	// transition() is the only place where the state changes: a compare-and-set under a
	// monitor that no call takes unless it is about to change the state. The monitor
	// makes
	// events follow each other as the transitions did, each with the snapshot of its own
	// state.

	/** The policies' type. */
	public static final String TYPE = "circuit-breaker";

	static final String TRANSITION = "transition";

	static final String ORDER = "order";

	static final String REASON_OPEN = "open";

	static final String REASON_HALF_OPEN_FULL = "half-open-full";

	static final String REASON_FORCED_OPEN = "forced-open";

	private static final List<String> REASONS = List.of(REASON_OPEN, REASON_HALF_OPEN_FULL, REASON_FORCED_OPEN);

	private static final List<String> STATES = Arrays.stream(CircuitState.values()).map(Enum::name).toList();

	private static final int MAX_REASON_LENGTH = 500;

	private final CircuitBreakerConfig config;

	private final CallCounts counts = new CallCounts();

	private final Object transition = new Object();

	private volatile State state;

	private volatile Map<String, Long> transitions = Map.of();

	private volatile @Nullable String lastFailure;

	/**
	 * Creates a closed breaker.
	 * @param name its name
	 * @param config its settings
	 * @param time all the time it uses
	 */
	public CircuitBreaker(String name, CircuitBreakerConfig config, TimeSource time) {
		super(TYPE, name, time, REASONS);
		this.config = config;
		this.state = new ClosedState(this);
	}

	/**
	 * Creates a closed breaker on the time of the running JVM.
	 * @param name its name
	 * @param config its settings
	 * @return the breaker
	 */
	public static CircuitBreaker of(String name, CircuitBreakerConfig config) {
		return new CircuitBreaker(name, config, TimeSource.system());
	}

	@Override
	protected Admission admit(CallContext context) {
		return this.state.admit();
	}

	@Override
	protected Admission.@Nullable Rejection stops() {
		return this.state.stops();
	}

	/**
	 * The state. Looking at it moves nothing: an open breaker whose time is over stays
	 * open until the next call.
	 * @return the state
	 */
	public CircuitState state() {
		return this.state.status();
	}

	/**
	 * The settings.
	 * @return the settings
	 */
	public CircuitBreakerConfig config() {
		return this.config;
	}

	/**
	 * Reports a success that no permit stands for. It counts for the present state: in
	 * HALF_OPEN as a successful trial.
	 */
	public void recordSuccess() {
		this.state.succeeded(null, 0);
	}

	/**
	 * Reports a failure that no permit stands for. It counts for the present state: in
	 * HALF_OPEN as a failed trial.
	 * @param cause what was thrown; it may be one that does not count as a failure
	 */
	public void recordFailure(Throwable cause) {
		this.state.failed(cause, 0);
	}

	/**
	 * Orders every call to be rejected, until the next order.
	 * @param reason why, for people; at most {@value #MAX_REASON_LENGTH} characters
	 * @throws IllegalArgumentException when the reason is blank, too long or more than
	 * one line
	 */
	public void forceOpen(String reason) {
		order(reason, (from) -> new ForcedOpenState(from, reason));
	}

	/**
	 * Orders every call to pass, whatever becomes of it, until the next order. Outcomes
	 * are counted all the same.
	 * @param reason why, for people; at most {@value #MAX_REASON_LENGTH} characters
	 * @throws IllegalArgumentException when the reason is blank, too long or more than
	 * one line
	 */
	public void disable(String reason) {
		order(reason, (from) -> new DisabledState(from, reason));
	}

	/**
	 * Ends any order and any outage: the breaker is closed, without failures in a row.
	 * Counters go on.
	 * @param reason why, for people; at most {@value #MAX_REASON_LENGTH} characters
	 * @throws IllegalArgumentException when the reason is blank, too long or more than
	 * one line
	 */
	public void reset(String reason) {
		order(reason, (from) -> new ClosedState(from, reason));
	}

	private void order(String reason, Function<State, State> next) {
		Setting.line("reason", reason, MAX_REASON_LENGTH, "say why, for those who will ask");
		synchronized (this.transition) {
			State from = this.state;
			transition(from, next.apply(from));
		}
	}

	@Override
	public PolicySnapshot snapshot() {
		State present = this.state;
		PolicySnapshot.Builder snapshot = PolicySnapshot.of(this, present.status().name(), STATES)
			.health(switch (present.status()) {
				case CLOSED, DISABLED -> PolicySnapshot.Health.UP;
				case OPEN, HALF_OPEN, FORCED_OPEN -> PolicySnapshot.Health.DEGRADED;
			})
			.calls(this.counts.toMap())
			.rejections(rejections())
			.transitions(this.transitions)
			.detail("lastFailure", this.lastFailure);
		present.describe(snapshot);
		this.config.describe(snapshot);
		return snapshot.build();
	}

	/**
	 * Leaves a state, unless the breaker has left it already.
	 * @return whether it was this call that left it
	 */
	boolean transition(State from, State to) {
		synchronized (this.transition) {
			if (this.state != from) {
				return false;
			}
			this.state = to;
			String left = from.status().name();
			String entered = to.status().name();
			if (left.equals(entered)) {
				publish(ORDER, "circuit breaker '" + name() + "' stays " + entered + ": " + to.reason(),
						Map.of("state", entered, "reason", to.reason()));
				return true;
			}
			Map<String, Long> counted = new LinkedHashMap<>(this.transitions);
			counted.merge(left + "->" + entered, 1L, Long::sum);
			this.transitions = Collections.unmodifiableMap(counted);
			publish(TRANSITION,
					"circuit breaker '" + name() + "' went from " + left + " to " + entered + ": " + to.reason(),
					Map.of("from", left, "to", entered, "reason", to.reason()));
			return true;
		}
	}

	/**
	 * Leaves a state, and tells where the breaker is then, whoever was faster.
	 */
	State moveOn(State from, State to) {
		return transition(from, to) ? to : this.state;
	}

	boolean isIn(State candidate) {
		return this.state == candidate;
	}

	boolean countsAsFailure(Throwable cause) {
		if (!this.config.isFailure(cause)) {
			this.counts.ignored();
			return false;
		}
		this.counts.failed();
		this.lastFailure = cause.getClass().getName();
		return true;
	}

	CallCounts counts() {
		return this.counts;
	}

	TimeSource timeSource() {
		return time();
	}

}
