package dev.resilience.micrometer;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.ToDoubleFunction;

import dev.resilience.Policy;
import dev.resilience.PolicySnapshot;
import dev.resilience.time.Ticker;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one policy in one meter registry. Thread-safe.
 */
final class PolicyMeters {

	// One scrape reads each meter by itself, but they all speak of one snapshot: it is
	// kept for a moment. It is replaced under a lock, so that no reader sees an older one
	// after a newer: a counter must not step back.

	private static final long MAX_AGE = TimeUnit.MILLISECONDS.toNanos(100);

	private final Policy policy;

	private final MeterRegistry registry;

	private final Ticker ticker;

	private final Tags tags;

	private final String prefix;

	private final Map<Key, Meter> meters = new HashMap<>();

	private final Object reading = new Object();

	private @Nullable PolicySnapshot snapshot;

	private long readAt;

	private boolean removed;

	PolicyMeters(Policy policy, MeterRegistry registry, Ticker ticker) {
		this.policy = policy;
		this.registry = registry;
		this.ticker = ticker;
		this.tags = Tags.of("type", policy.type(), "name", policy.name());
		this.prefix = policy.type().replace('-', '.') + ".";
	}

	/**
	 * Registers whatever a snapshot speaks of and has no meter yet.
	 */
	synchronized void register(PolicySnapshot known) {
		if (this.removed) {
			return;
		}
		known.calls()
			.keySet()
			.forEach((outcome) -> counter("calls", "Calls by outcome", Tags.of("outcome", outcome),
					(current) -> current.calls().getOrDefault(outcome, 0L)));
		known.rejections()
			.keySet()
			.forEach((reason) -> counter("rejections", "Calls that were not let pass, by reason",
					Tags.of("reason", reason), (current) -> current.rejections().getOrDefault(reason, 0L)));
		known.transitions().keySet().forEach(this::transition);
		known.states()
			.forEach((state) -> gauge("state", "1 for the state that the policy is in, 0 for the others",
					Tags.of("state", state), (current) -> current.state().equals(state) ? 1 : 0));
		known.gauges()
			.keySet()
			.forEach((figure) -> gauge(this.prefix + figure.replace('-', '.'),
					"The figure '" + figure + "' of a " + this.policy.type(), Tags.empty(),
					(current) -> current.gauges().getOrDefault(figure, Double.NaN)));
	}

	synchronized void remove() {
		this.removed = true;
		this.meters.values().forEach(this.registry::remove);
		this.meters.clear();
	}

	private void transition(String transition) {
		String[] ends = transition.split("->", 2);
		counter("transitions", "Changes of state", Tags.of("from", ends[0], "to", ends[ends.length - 1]),
				(current) -> current.transitions().getOrDefault(transition, 0L));
	}

	private void counter(String name, String description, Tags more, ToDoubleFunction<PolicySnapshot> value) {
		add(name, more,
				(full, all) -> FunctionCounter.builder(full, this, (self) -> value.applyAsDouble(self.read()))
					.description(description)
					.tags(all)
					.register(this.registry));
	}

	private void gauge(String name, String description, Tags more, ToDoubleFunction<PolicySnapshot> value) {
		add(name, more,
				(full, all) -> Gauge.builder(full, this, (self) -> value.applyAsDouble(self.read()))
					.description(description)
					.tags(all)
					.register(this.registry));
	}

	private void add(String name, Tags more, BiFunction<String, Tags, Meter> factory) {
		this.meters.computeIfAbsent(new Key(name, more),
				(key) -> factory.apply("resilience." + name, this.tags.and(more)));
	}

	private PolicySnapshot read() {
		synchronized (this.reading) {
			PolicySnapshot current = this.snapshot;
			long now = this.ticker.read();
			long age = now - this.readAt;
			if (current == null || age < 0 || age >= MAX_AGE) {
				current = this.policy.snapshot();
				this.snapshot = current;
				this.readAt = now;
			}
			return current;
		}
	}

	private record Key(String name, Tags tags) {
	}

}
