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
import org.jspecify.annotations.Nullable;

/**
 * One state of a breaker, from the transition into it to the one out of it. Thread-safe.
 * <p>
 * As a permit it stands for the outcomes of all calls that it let pass without an object
 * of their own. Outcomes are always counted, but move the breaker only by a transition
 * out of this very state: once it is left, that fails.
 */
abstract class State extends Permit {

	private final CircuitBreaker breaker;

	private final long generation;

	private final Instant since;

	private final String reason;

	State(CircuitBreaker breaker) {
		this.breaker = breaker;
		this.generation = 1;
		this.since = breaker.timeSource().clock().instant();
		this.reason = "created";
	}

	State(State from, String reason) {
		this.breaker = from.breaker;
		this.generation = from.generation + 1;
		this.since = this.breaker.timeSource().clock().instant();
		this.reason = reason;
	}

	abstract CircuitState status();

	abstract Admission admit();

	/**
	 * A call that counts as failed has ended.
	 */
	void onFailure(Throwable cause) {
	}

	@Override
	public void succeeded(@Nullable Object value, long nanos) {
		this.breaker.counts().succeeded();
	}

	@Override
	public final void failed(Throwable cause, long nanos) {
		if (this.breaker.countsAsFailure(cause)) {
			onFailure(cause);
		}
	}

	@Override
	public void abandoned() {
	}

	final CircuitBreaker breaker() {
		return this.breaker;
	}

	final CircuitBreakerConfig config() {
		return this.breaker.config();
	}

	final long now() {
		return this.breaker.timeSource().ticker().read();
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

	@Nullable Duration retryAfter() {
		return null;
	}

	/**
	 * Why a call is rejected, after the state and its beginning.
	 */
	String explanation() {
		return this.reason;
	}

	final String explain() {
		return "circuit breaker '" + this.breaker.name() + "' is " + status() + " since " + sinceText() + ": "
				+ explanation();
	}

	/**
	 * Why a call is rejected, without who ordered it for what reason, and without what
	 * failed.
	 */
	final String explainToCaller() {
		Duration left = retryAfter();
		return "circuit breaker '" + this.breaker.name() + "' is " + status() + " since " + sinceText()
				+ ((left == null || left.isZero()) ? "" : "; next trial in " + text(left));
	}

	/**
	 * The time of day suffices for today; an order may stand for days.
	 */
	private String sinceText() {
		OffsetDateTime begin = this.since.truncatedTo(ChronoUnit.SECONDS).atOffset(ZoneOffset.UTC);
		LocalDate today = LocalDate.ofInstant(this.breaker.timeSource().clock().instant(), ZoneOffset.UTC);
		return (begin.toLocalDate().equals(today) ? DateTimeFormatter.ISO_OFFSET_TIME
				: DateTimeFormatter.ISO_OFFSET_DATE_TIME)
			.format(begin);
	}

	void describe(PolicySnapshot.Builder snapshot) {
		snapshot.gauge("consecutive-failures", consecutiveFailures())
			.gauge("trials-running", trialsRunning())
			.detail("generation", this.generation)
			.detail("since", this.since)
			.detail("reason", this.reason)
			.detail("retryAfter", retryAfter());
	}

	static String text(Duration duration) {
		long millis = duration.plusNanos(999_999).toMillis();
		return (millis < 10_000 && millis % 1000 != 0) ? millis + " ms" : (millis + 999) / 1000 + " s";
	}

}
