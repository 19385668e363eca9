package dev.resilience.timeout;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;

import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import dev.resilience.Policy;
import dev.resilience.PolicySnapshot;
import dev.resilience.time.Deadline;
import dev.resilience.time.Deadlines;
import dev.resilience.time.Digest;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * Bounds how long a call takes. Thread-safe; a plain call that ends in time takes no lock
 * and allocates nothing.
 * <p>
 * A plain call stays on its caller's thread, with its transaction and its context. When
 * its time is over the thread is interrupted, and what the call then throws becomes the
 * cause of a {@link CallTimeoutException}; an {@link Error}, or a rejection by an inner
 * policy, stays what it is. A call that ignores the interruption cannot be stopped: what
 * it returns is returned, counted as {@code late}, and told of. With
 * {@code interrupt: false} that goes for every plain call that takes too long, and for
 * what it throws.
 * <p>
 * The interrupt never reaches the code that runs after the call, and one that somebody
 * else sent is never swallowed; deadlines may be nested. This relies on Java's rule that
 * whoever throws an {@link InterruptedException} has cleared the thread's flag.
 * <p>
 * An asynchronous call fails when its time is over, and its stage is cancelled. If the
 * stage cannot be cancelled, the exception tells when the work ends
 * ({@link dev.resilience.time.Unfinished}).
 * <p>
 * What ran out is told by events of the kinds {@code timeout} and {@code late}, each at
 * most once a second, with the {@code count} since the last. Calls are counted as
 * {@code succeeded}, {@code failed}, {@code timed-out}, {@code late} or {@code ignored},
 * which are those that an inner policy rejected or the caller cancelled.
 */
public final class Timeout extends Policy {

	/**
	 * The pattern's type.
	 */
	public static final String TYPE = "timeout";

	private static final String ENABLED = "ENABLED";

	private static final Duration TOLD_EVERY = Duration.ofSeconds(1);

	private final TimeoutConfig config;

	private final long nanos;

	private final Deadlines deadlines;

	private final RanOut ranOut;

	private final LongAdder succeeded = new LongAdder();

	private final LongAdder failed = new LongAdder();

	private final LongAdder timedOut = new LongAdder();

	private final LongAdder late = new LongAdder();

	private final LongAdder ignored = new LongAdder();

	private final Digest toldTimeouts;

	private final Digest toldLate;

	/**
	 * Creates a timeout.
	 * @param name its name
	 * @param config how long a call may take
	 * @param time all the time it uses
	 */
	public Timeout(String name, TimeoutConfig config, TimeSource time) {
		super(TYPE, name, time);
		this.config = config;
		this.nanos = config.duration().toNanos();
		this.deadlines = Deadlines.of(time);
		this.ranOut = new RanOut(this);
		this.toldTimeouts = new Digest(time.ticker(), TOLD_EVERY);
		this.toldLate = new Digest(time.ticker(), TOLD_EVERY);
	}

	/**
	 * Creates a timeout on the time of the JVM.
	 * @param name its name
	 * @param config how long a call may take
	 * @return the timeout
	 */
	public static Timeout of(String name, TimeoutConfig config) {
		return new Timeout(name, config, TimeSource.system());
	}

	/**
	 * How long a call may take.
	 * @return the configuration
	 */
	public TimeoutConfig config() {
		return this.config;
	}

	@Override
	public <A, T extends @Nullable Object> T call(CallContext context, A argument, Call<A, T> work) throws Throwable {
		Deadline deadline = this.deadlines.begin(this.nanos, this.config.interrupt());
		T value;
		try {
			value = work.invoke(argument);
		}
		catch (Throwable ex) {
			throw failure(deadline.end(ex), ex);
		}
		if (deadline.end(null) == Deadline.End.IN_TIME) {
			this.succeeded.increment();
		}
		else {
			countLate();
		}
		return value;
	}

	private Throwable failure(Deadline.End end, Throwable thrown) {
		if (CallRejectedException.isOwn(thrown)) {
			this.ignored.increment();
			return thrown;
		}
		if (end == Deadline.End.STOPPED && !(thrown instanceof Error)) {
			countTimeout();
			return this.ranOut.toException(thrown, null);
		}
		if (end == Deadline.End.IN_TIME) {
			this.failed.increment();
		}
		else {
			countLate();
		}
		return thrown;
	}

	@Override
	public <A, T extends @Nullable Object> CompletionStage<T> callAsync(CallContext context, A argument,
			Call<A, CompletionStage<T>> work) {
		return new TimedCall<A, T>(this).start(argument, work);
	}

	@Override
	public PolicySnapshot snapshot() {
		Map<String, Long> calls = new LinkedHashMap<>();
		calls.put("succeeded", this.succeeded.sum());
		calls.put("failed", this.failed.sum());
		calls.put("timed-out", this.timedOut.sum());
		calls.put("late", this.late.sum());
		calls.put("ignored", this.ignored.sum());
		return PolicySnapshot.of(this, ENABLED, List.of(ENABLED))
			.calls(calls)
			.config("duration", this.config.duration())
			.config("interrupt", this.config.interrupt())
			.build();
	}

	TimeSource timeSource() {
		return time();
	}

	long nanos() {
		return this.nanos;
	}

	RanOut ranOut() {
		return this.ranOut;
	}

	void countSucceeded() {
		this.succeeded.increment();
	}

	void countFailed() {
		this.failed.increment();
	}

	void countIgnored() {
		this.ignored.increment();
	}

	void countTimeout() {
		this.timedOut.increment();
		long count = this.toldTimeouts.occurred();
		if (count > 0) {
			publish("timeout", this.ranOut.explain(), Map.of("count", count));
		}
	}

	private void countLate() {
		this.late.increment();
		long count = this.toldLate.occurred();
		if (count > 0) {
			String why = this.config.interrupt() ? "; it was not to be stopped, and its outcome was passed on"
					: "; it was not interrupted, and its outcome was passed on";
			publish("late", this.ranOut.explain() + why, Map.of("count", count));
		}
	}

}
