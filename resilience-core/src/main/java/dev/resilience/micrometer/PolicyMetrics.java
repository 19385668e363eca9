package dev.resilience.micrometer;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import dev.resilience.Policy;
import dev.resilience.PolicyRegistry;
import dev.resilience.time.Ticker;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * Binds the meters of all policies, present and future. Thread-safe.
 * <p>
 * Counters {@code resilience.calls} (tags {@code type}, {@code name}, {@code outcome}),
 * {@code resilience.rejections} ({@code reason}) and {@code resilience.transitions}
 * ({@code from}, {@code to}; each since it first happened); gauges
 * {@code resilience.state} ({@code state}; 1 for the one the policy is in, else 0) and,
 * for every figure of a pattern, {@code resilience.<type>.<figure>}, such as
 * {@code resilience.rate.limiter.available}.
 * <p>
 * Nothing of a call becomes a tag, so the number of meters depends on the configuration
 * alone. Readings are at most 100 ms old. When a policy is removed, so are its meters.
 */
public final class PolicyMetrics implements MeterBinder {

	private final List<PolicyRegistry<?>> registries;

	private final Ticker ticker;

	/**
	 * Creates a binder.
	 * @param registries the policies to measure
	 * @param ticker tells how old a reading is
	 */
	public PolicyMetrics(Collection<? extends PolicyRegistry<?>> registries, Ticker ticker) {
		this.registries = List.copyOf(registries);
		this.ticker = ticker;
	}

	/**
	 * Creates a binder on the time of the JVM.
	 * @param registries the policies to measure
	 * @return the binder
	 */
	public static PolicyMetrics of(PolicyRegistry<?>... registries) {
		return new PolicyMetrics(List.of(registries), Ticker.system());
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		this.registries.forEach((policies) -> bind(policies, registry));
	}

	// Most meters are known when a policy is. A transition that nobody has seen yet gets
	// its meter when its event arrives, not while somebody scrapes: then the registry is
	// being read. Listening begins first, and a policy is in the map before its snapshot
	// is taken, so that a transition in between is found in one of the two.

	private void bind(PolicyRegistry<?> policies, MeterRegistry registry) {
		Map<String, PolicyMeters> bound = new ConcurrentHashMap<>();
		policies.addListener((event) -> {
			PolicyMeters meters = bound.get(event.name());
			if (meters != null) {
				meters.register(event.snapshot());
			}
		});
		policies.observe((policy) -> add(policy, bound, registry), (policy) -> remove(policy, bound));
	}

	private void add(Policy policy, Map<String, PolicyMeters> bound, MeterRegistry registry) {
		PolicyMeters meters = new PolicyMeters(policy, registry, this.ticker);
		bound.put(policy.name(), meters);
		meters.register(policy.snapshot());
	}

	private static void remove(Policy policy, Map<String, PolicyMeters> bound) {
		PolicyMeters meters = bound.remove(policy.name());
		if (meters != null) {
			meters.remove();
		}
	}

}
