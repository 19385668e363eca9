package dev.resilience.timeout;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.CallTimeoutException;
import dev.resilience.Gate;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
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
 * it returns is returned, counted as {@code late}, told of, and a failure to the gates
 * around. With {@code interrupt: false} that goes for every plain call that takes too
 * long, and for what it throws.
 * <p>
 * The interrupt never reaches the code that runs after the call, and one that somebody
 * else sent is never swallowed; deadlines may be nested. This relies on Java's rule that
 * whoever throws an {@link InterruptedException} has cleared the thread's flag.
 * <p>
 * An asynchronous call fails when its time is over, and its stage is cancelled. If the
 * stage cannot be cancelled, the exception tells when the work ends
 * ({@link dev.resilience.async.Unfinished}).
 * <p>
 * The time begins when all gates that stand beside this one have let the call pass. What
 * ran out is told by events of the kinds {@code timeout} and {@code late}, each at most
 * once a second, with the {@code count} since the last. Calls are counted as
 * {@code succeeded}, {@code failed}, {@code timed-out}, {@code late} or {@code ignored},
 * which are those that an inner policy rejected or the caller cancelled.
 */
public final class Timeout extends Gate {

	/**
	 * The pattern's type.
	 */
	public static final String TYPE = "timeout";

	private static final String ENABLED = "ENABLED";

	private static final Duration TOLD_EVERY = Duration.ofSeconds(1);

	private final LongAdder succeeded = new LongAdder();

	private final LongAdder failed = new LongAdder();

	private final LongAdder timedOut = new LongAdder();

	private final LongAdder late = new LongAdder();

	private final LongAdder ignored = new LongAdder();

	private final Digest toldTimeouts;

	private final Digest toldLate;

	private volatile Bounded bounded;

	/**
	 * Creates a timeout.
	 * @param name its name
	 * @param config how long a call may take
	 * @param time all the time it uses
	 */
	public Timeout(String name, TimeoutConfig config, TimeSource time) {
		super(TYPE, name, time, List.of());
		this.bounded = new Bounded(this, config);
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
		return this.bounded.config;
	}

	/**
	 * Changes how long a call may take. Calls that have begun keep their time.
	 * @param config the new configuration
	 */
	public void reconfigure(TimeoutConfig config) {
		this.bounded = new Bounded(this, config);
		publish("reconfigured", this + " allows " + config.duration() + " from now on", Map.of());
	}

	@Override
	protected Admission admit(CallContext context) {
		return this.bounded;
	}

	@Override
	public PolicySnapshot snapshot() {
		Map<String, Long> calls = new LinkedHashMap<>();
		calls.put("succeeded", this.succeeded.sum());
		calls.put("failed", this.failed.sum());
		calls.put("timed-out", this.timedOut.sum());
		calls.put("late", this.late.sum());
		calls.put("ignored", this.ignored.sum());
		TimeoutConfig config = config();
		return PolicySnapshot.of(this, ENABLED, List.of(ENABLED))
			.calls(calls)
			.config("duration", config.duration())
			.config("interrupt", config.interrupt())
			.build();
	}

	private void countFailed(Throwable cause) {
		if (cause instanceof CallTimeoutException ranOut && ranOut.rejection().policy() == this) {
			(ranOut.isLate() ? this.late : this.timedOut).increment();
			tell(ranOut);
		}
		else {
			this.failed.increment();
		}
	}

	private void tell(CallTimeoutException ranOut) {
		long count = (ranOut.isLate() ? this.toldLate : this.toldTimeouts).occurred();
		if (count > 0 && ranOut.isLate()) {
			publish("late",
					ranOut.getMessage()
							+ (config().interrupt() ? "; it was not to be stopped" : "; it was not interrupted")
							+ ", and its outcome was passed on",
					Map.of("count", count));
		}
		else if (count > 0) {
			publish("timeout", ranOut.getMessage(), Map.of("count", count));
		}
	}

	/**
	 * The permit of all calls under one configuration.
	 */
	private static final class Bounded extends Permit {

		private final Timeout timeout;

		private final TimeoutConfig config;

		private final TimeLimit limit;

		Bounded(Timeout timeout, TimeoutConfig config) {
			this.timeout = timeout;
			this.config = config;
			this.limit = new TimeLimit(timeout, config.duration(), config.interrupt());
		}

		@Override
		protected TimeLimit timeLimit() {
			return this.limit;
		}

		@Override
		public void succeeded(@Nullable Object value, long nanos) {
			this.timeout.succeeded.increment();
		}

		@Override
		public void failed(Throwable cause, long nanos) {
			this.timeout.countFailed(cause);
		}

		@Override
		public void abandoned() {
			this.timeout.ignored.increment();
		}

	}

}
