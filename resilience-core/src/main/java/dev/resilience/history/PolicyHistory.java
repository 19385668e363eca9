package dev.resilience.history;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

import dev.resilience.Policy;
import dev.resilience.PolicyRegistry;
import dev.resilience.time.Sleeper;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * Remembers how the counters of all policies, present and future, moved in each of the
 * last 60 seconds and of the last 60 minutes. Thread-safe.
 * <p>
 * It looks at each policy once a second, however many calls there are, and calls know
 * nothing of it. A policy whose counters stand still takes no memory to speak of, any
 * other about half a kilobyte for each counter that moved. When a policy is removed, so
 * is its history.
 */
public final class PolicyHistory implements AutoCloseable {

	private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

	private final ConcurrentMap<Policy, PolicySeries> series = new ConcurrentHashMap<>();

	private final TimeSource time;

	private final long start;

	private Sleeper.@Nullable Timer timer;

	private boolean closed;

	/**
	 * Begins to look.
	 * @param registries the policies to look at
	 * @param time all the time it uses
	 */
	public PolicyHistory(Collection<? extends PolicyRegistry<?>> registries, TimeSource time) {
		this.time = time;
		this.start = time.ticker().read();
		registries.forEach((registry) -> registry.observe(this::add, this.series::remove));
		next();
	}

	/**
	 * Begins to look, on the time of the JVM.
	 * @param registries the policies to look at
	 * @return the history
	 */
	public static PolicyHistory of(PolicyRegistry<?>... registries) {
		return new PolicyHistory(List.of(registries), TimeSource.system());
	}

	/**
	 * What a policy's counters did lately.
	 * @param policy the policy
	 * @return its history, or empty if nobody looks at it
	 */
	public Optional<Recent> recent(Policy policy) {
		PolicySeries known = this.series.get(policy);
		return (known != null) ? Optional.of(known.recent(second())) : Optional.empty();
	}

	/**
	 * Ends looking, and forgets everything.
	 */
	@Override
	public synchronized void close() {
		this.closed = true;
		Sleeper.Timer.cancelIfPossible(this.timer);
		this.series.clear();
	}

	private synchronized void add(Policy policy) {
		if (!this.closed) {
			this.series.put(policy, new PolicySeries(policy.snapshot(), second()));
		}
	}

	private void look() {
		try {
			this.series.forEach((policy, known) -> known.look(policy.snapshot(), second()));
		}
		finally {
			next();
		}
	}

	private synchronized void next() {
		if (!this.closed) {
			this.timer = this.time.sleeper().scheduleBrief(this::look, SECOND);
		}
	}

	private long second() {
		return (this.time.ticker().read() - this.start) / SECOND;
	}

}
