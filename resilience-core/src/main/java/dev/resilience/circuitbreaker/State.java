package dev.resilience.circuitbreaker;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;

import dev.resilience.Admission;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * One state of a circuit, from the transition into it to the one out of it. Thread-safe.
 * <p>
 * As a permit it stands for the outcomes of all calls that it let pass without an object
 * of their own. Outcomes are always counted, but move the circuit only by a transition
 * out of this very state: once it is left, that fails.
 */
abstract class State extends Permit {

	/**
	 * The outcome of a call that counts neither way.
	 */
	static final int IGNORED = -1;

	private final Circuit circuit;

	private final long generation;

	private final long since;

	private final String reason;

	State(Circuit circuit) {
		this(circuit, 1, "created");
	}

	State(State from, String reason) {
		this(from.circuit, from.generation + 1, reason);
	}

	private State(Circuit circuit, long generation, String reason) {
		this.circuit = circuit;
		this.generation = generation;
		this.since = circuit.breaker().timeSource().clock().millis();
		this.reason = reason;
	}

	abstract CircuitState status();

	abstract Admission admit();

	/**
	 * Takes on settings: those that were in force when the state was entered, and those
	 * that come later. Called under the breaker's lock.
	 */
	void adapt(CircuitBreakerConfig config) {
	}

	/**
	 * The state that is in force now: another one if this one's time is over.
	 */
	State settle() {
		return this;
	}

	/**
	 * Whether a person ordered it.
	 */
	boolean isOrder() {
		return false;
	}

	/**
	 * A call has ended.
	 * @param outcome a window's bits, or {@link #IGNORED}
	 * @param what what was thrown, or the value that counts as a failure
	 */
	void ended(int outcome, @Nullable Object what) {
	}

	@Override
	public void succeeded(@Nullable Object value, long nanos) {
		int outcome = IGNORED;
		try {
			outcome = returned(value, nanos);
		}
		finally {
			ended(outcome, value);
		}
	}

	@Override
	public final void failed(Throwable cause, long nanos) {
		int outcome = IGNORED;
		try {
			outcome = threw(cause, nanos);
		}
		finally {
			ended(outcome, cause);
		}
	}

	@Override
	public void abandoned() {
	}

	@Override
	protected boolean isTimed() {
		return config().window().slowCallDuration() != null;
	}

	@Override
	protected @Nullable TimeLimit timeLimit() {
		return breaker().timeLimit();
	}

	/**
	 * Counts a call that returned.
	 * @return its outcome
	 */
	final int returned(@Nullable Object value, long nanos) {
		CircuitBreaker breaker = breaker();
		int slow = slow(nanos);
		if (breaker.counts().isFailure(config(), value)) {
			breaker.counts().failed(value, breaker.timeSource().clock().instant());
			return slow | Window.FAILED;
		}
		breaker.counts().succeeded();
		return slow;
	}

	/**
	 * Counts a call that threw.
	 * @return its outcome
	 */
	final int threw(Throwable cause, long nanos) {
		CircuitBreaker breaker = breaker();
		if (!BreakerRules.isFailure(breaker, cause)) {
			breaker.counts().ignored();
			return IGNORED;
		}
		breaker.counts().failed(cause, breaker.timeSource().clock().instant());
		return slow(nanos) | Window.FAILED;
	}

	private int slow(long nanos) {
		Duration bound = config().window().slowCallDuration();
		if (bound == null || nanos < bound.toNanos()) {
			return 0;
		}
		breaker().counts().slow();
		return Window.SLOW;
	}

	final Circuit circuit() {
		return this.circuit;
	}

	final CircuitBreaker breaker() {
		return this.circuit.breaker();
	}

	final CircuitBreakerConfig config() {
		return breaker().config();
	}

	final long now() {
		return breaker().timeSource().ticker().read();
	}

	final long generation() {
		return this.generation;
	}

	final String reason() {
		return this.reason;
	}

	/**
	 * Why calls that waited after they were admitted must not begin any more.
	 */
	Admission.@Nullable Rejection stops() {
		return null;
	}

	int consecutiveFailures() {
		return 0;
	}

	int trialsRunning() {
		return 0;
	}

	/**
	 * How often in a row the circuit has opened again.
	 */
	int reopened() {
		return 0;
	}

	Window.Tally tally() {
		return Window.Tally.EMPTY;
	}

	@Nullable Duration retryAfter() {
		return null;
	}

	/**
	 * What comes when {@link #retryAfter()} is over, to stand before it.
	 */
	String outlook() {
		return "";
	}

	/**
	 * Why a call is rejected, after the state and its beginning.
	 */
	String explanation() {
		Duration left = retryAfter();
		return this.reason + ((left == null) ? "" : outlook() + text(left));
	}

	final String explain() {
		return title() + ": " + explanation();
	}

	/**
	 * Why a call is rejected, without who ordered it for what reason, and without what
	 * failed.
	 */
	final String explainToCaller() {
		Duration left = retryAfter();
		return title() + ((left == null || left.isZero()) ? "" : outlook() + text(left));
	}

	private String title() {
		return breaker().title() + " is " + status() + (this.circuit.isKeyed() ? " for a key" : "") + " since "
				+ sinceText();
	}

	/**
	 * The time of day suffices for today; an order may stand for days.
	 */
	private String sinceText() {
		TimeSource time = breaker().timeSource();
		OffsetDateTime begin = Instant.ofEpochMilli(this.since)
			.truncatedTo(ChronoUnit.SECONDS)
			.atOffset(ZoneOffset.UTC);
		LocalDate today = LocalDate.ofInstant(time.clock().instant(), ZoneOffset.UTC);
		return (begin.toLocalDate().equals(today) ? DateTimeFormatter.ISO_OFFSET_TIME
				: DateTimeFormatter.ISO_OFFSET_DATE_TIME)
			.format(begin);
	}

	void describe(PolicySnapshot.Builder snapshot) {
		SlidingWindow window = config().window();
		Window.Tally tally = tally();
		snapshot.gauge("consecutive-failures", consecutiveFailures())
			.gauge("trials-running", trialsRunning())
			.gauge("buffered-calls", (double) tally.calls())
			.gauge("failure-rate", tally.failureRate(window))
			.gauge("slow-call-rate", tally.slowCallRate(window))
			.detail("generation", this.generation)
			.detail("since", Instant.ofEpochMilli(this.since))
			.detail("reason", this.reason)
			.detail("retryAfter", retryAfter());
	}

	static String text(Duration duration) {
		long millis = duration.plusNanos(999_999).toMillis();
		return (millis < 10_000 && millis % 1000 != 0) ? millis + " ms" : (millis + 999) / 1000 + " s";
	}

}
