package dev.resilience.retry;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;

import dev.resilience.CallContext;
import dev.resilience.Policy;
import dev.resilience.PolicySnapshot;
import dev.resilience.time.Digest;
import dev.resilience.time.Sleeper;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * Makes calls again that failed. Thread-safe; a call that succeeds at the first try
 * allocates nothing and reads no clock.
 * <p>
 * Between two attempts it waits, longer each time, with some chance in it; a callee that
 * says when it wants to be called again is obeyed ({@link RetryAfter}), or, if that is
 * later than {@code max-delay}, not called again. All calls together share a
 * {@linkplain RetryBudget budget}, so that retries do not multiply the load on a callee
 * that is down; when it is spent, failures go straight through. What an inner policy
 * rejected is not retried, except by a rate limiter and on request; neither are
 * interruptions, cancellations, and rejections that are
 * {@linkplain dev.resilience.CallRejectedException#isFinal() final}.
 * <p>
 * The last failure is thrown as it is, with up to 8 earlier ones suppressed on it; the
 * last unwanted value is returned. A predicate on values that throws judges nothing, and
 * is named in the snapshot's details. A thread that is interrupted while it waits stops
 * at once, with its interrupt flag set. An asynchronous call blocks no thread, and its
 * attempts after the first run on threads of the time source.
 * <p>
 * Events are of the kinds {@code retry} and {@code give-up}, each at most once a second,
 * with the {@code count} since the last. Calls are counted as {@code succeeded-first},
 * {@code succeeded-retried}, {@code failed}, {@code exhausted}, {@code out-of-time},
 * {@code out-of-budget} or {@code ignored}. Defaults stand at {@link RetryConfig}.
 */
public final class Retry extends Policy {

	/**
	 * The pattern's type.
	 */
	public static final String TYPE = "retry";

	private static final String ENABLED = "ENABLED";

	private static final String DISABLED = "DISABLED";

	private static final Duration TOLD_EVERY = Duration.ofSeconds(1);

	private final RetryConfig config;

	private final @Nullable Predicate<@Nullable Object> unwanted;

	private final boolean timed;

	private final Backoff backoff;

	private final Budget budget;

	private volatile @Nullable String resultError;

	private final LongAdder succeededFirst = new LongAdder();

	private final LongAdder failedFirst = new LongAdder();

	private final LongAdder succeededRetried = new LongAdder();

	private final LongAdder retries = new LongAdder();

	private final Map<End, LongAdder> ends;

	private final Digest toldRetries;

	private final Digest toldEnds;

	/**
	 * Creates a retry.
	 * @param name its name
	 * @param config what it retries
	 * @param time all the time it uses
	 */
	public Retry(String name, RetryConfig config, TimeSource time) {
		super(TYPE, name, time);
		this.config = config;
		this.unwanted = config.retryResult();
		this.timed = config.maxDuration() != null;
		this.backoff = new Backoff(config);
		this.budget = new Budget(config.budget(), time.ticker(),
				() -> this.succeededFirst.sum() + this.failedFirst.sum());
		this.toldRetries = new Digest(time.ticker(), TOLD_EVERY);
		this.toldEnds = new Digest(time.ticker(), TOLD_EVERY);
		Map<End, LongAdder> counters = new EnumMap<>(End.class);
		for (End end : End.values()) {
			counters.put(end, new LongAdder());
		}
		this.ends = Collections.unmodifiableMap(counters);
	}

	/**
	 * Creates a retry on the time of the JVM.
	 * @param name its name
	 * @param config what it retries
	 * @return the retry
	 */
	public static Retry of(String name, RetryConfig config) {
		return new Retry(name, config, TimeSource.system());
	}

	/**
	 * What it retries.
	 * @return the configuration
	 */
	public RetryConfig config() {
		return this.config;
	}

	@Override
	public boolean mayRepeat() {
		return this.config.enabled();
	}

	@Override
	public boolean mayDelay() {
		return this.config.enabled();
	}

	@Override
	public <A, T extends @Nullable Object> T call(CallContext context, A argument, Call<A, T> work) throws Throwable {
		if (!this.config.enabled()) {
			return work.invoke(argument);
		}
		long start = start();
		T value;
		try {
			value = work.invoke(argument);
		}
		catch (Throwable ex) {
			return new PlainRetry<>(this, argument, work, start).after(null, ex);
		}
		if (!isUnwanted(value)) {
			this.succeededFirst.increment();
			return value;
		}
		return new PlainRetry<>(this, argument, work, start).after(value, null);
	}

	@Override
	public <A, T extends @Nullable Object> CompletionStage<T> callAsync(CallContext context, A argument,
			Call<A, CompletionStage<T>> work) {
		if (this.config.enabled()) {
			return new AsyncRetry<>(this, argument, work, start()).begin();
		}
		try {
			return work.invoke(argument);
		}
		catch (Throwable ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	@Override
	public PolicySnapshot snapshot() {
		Map<String, Long> calls = new LinkedHashMap<>();
		calls.put("succeeded-first", this.succeededFirst.sum());
		calls.put("succeeded-retried", this.succeededRetried.sum());
		this.ends.forEach((end, counter) -> calls.put(end.text(), counter.sum()));
		PolicySnapshot.Builder snapshot = PolicySnapshot
			.of(this, this.config.enabled() ? ENABLED : DISABLED, List.of(ENABLED, DISABLED))
			.calls(calls)
			.gauge("retries", (double) this.retries.sum())
			.gauge("budget", this.budget.left())
			.detail("retryResultError", this.resultError);
		this.config.describe(snapshot);
		return snapshot.build();
	}

	/**
	 * When a call begins, where anybody will ask.
	 */
	private long start() {
		return this.timed ? now() : 0;
	}

	/**
	 * Whether a returned value is to be retried. A predicate that throws has judged
	 * nothing: the call took effect, and must not fail, or be made again, for a mistake
	 * of its judge.
	 */
	boolean isUnwanted(@Nullable Object value) {
		if (this.unwanted == null) {
			return false;
		}
		try {
			return this.unwanted.test(value);
		}
		catch (Throwable ex) {
			this.resultError = ex.getClass().getName();
			return false;
		}
	}

	long now() {
		return time().ticker().read();
	}

	Sleeper sleeper() {
		return time().sleeper();
	}

	Backoff backoff() {
		return this.backoff;
	}

	Budget budget() {
		return this.budget;
	}

	void countFirst(boolean success) {
		(success ? this.succeededFirst : this.failedFirst).increment();
	}

	void countRetried() {
		this.succeededRetried.increment();
	}

	/**
	 * A call is going to be made again.
	 * @param number which retry of the call it is
	 * @param why what the last attempt came to, without any data of the call
	 * @param delay how long it waits
	 */
	void retrying(int number, String why, long delay) {
		this.retries.increment();
		long count = this.toldRetries.occurred();
		if (count > 0) {
			publish("retry",
					"retry '" + name() + "' tries again, " + number + " of " + this.config.maxRetries() + ", in "
							+ TimeUnit.NANOSECONDS.toMillis(delay) + " ms after " + why,
					Map.of("count", count, "retry", number, "delay", Duration.ofNanos(delay), "after", why));
		}
	}

	/**
	 * A call failed for good.
	 * @param end why it is not made again
	 * @param retried how often it was
	 */
	void ended(End end, int retried) {
		Objects.requireNonNull(this.ends.get(end)).increment();
		long count = end.isGivenUp() ? this.toldEnds.occurred() : 0;
		if (count > 0) {
			publish("give-up", "retry '" + name() + "' gave up after " + retried + " retries: " + end.text(),
					Map.of("count", count, "reason", end.text()));
		}
	}

}
