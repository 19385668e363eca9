package dev.resilience.spring.actuate;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

import dev.resilience.Policy;
import dev.resilience.PolicyRegistry;
import dev.resilience.PolicySnapshot;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

/**
 * The worst verdict of all policies, naming those that are not well. Thread-safe.
 */
public final class ResilienceHealthIndicator extends AbstractHealthIndicator {

	/**
	 * Some calls are turned away, or something needs attention. Boot answers it with HTTP
	 * 200.
	 */
	public static final Status DEGRADED = new Status("DEGRADED",
			"Some calls are turned away, or something needs attention: see the details");

	private final Collection<PolicyRegistry<?>> registries;

	private final Function<PolicySnapshot, Status> statuses;

	/**
	 * Creates the indicator.
	 * @param registries all policies
	 * @param statuses the status of a policy that is not well
	 */
	public ResilienceHealthIndicator(Collection<PolicyRegistry<?>> registries,
			Function<PolicySnapshot, Status> statuses) {
		super("The policies' health cannot be read");
		this.registries = registries;
		this.statuses = statuses;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		Status worst = Status.UP;
		for (PolicyRegistry<?> registry : this.registries) {
			Map<String, String> unwell = new LinkedHashMap<>();
			for (Policy policy : registry.all()) {
				PolicySnapshot snapshot = policy.snapshot();
				if (snapshot.health() != PolicySnapshot.Health.UP) {
					unwell.put(snapshot.name(), snapshot.state());
					worst = worse(worst, this.statuses.apply(snapshot));
				}
			}
			if (!unwell.isEmpty()) {
				builder.withDetail(registry.type(), unwell);
			}
		}
		builder.status(worst);
	}

	private static Status worse(Status left, Status right) {
		return (severity(right) > severity(left)) ? right : left;
	}

	private static int severity(Status status) {
		return switch (status.getCode()) {
			case "DOWN" -> 3;
			case "OUT_OF_SERVICE" -> 2;
			case "DEGRADED" -> 1;
			default -> 0;
		};
	}

}
