package dev.resilience.micrometer;

import dev.resilience.async.ContextCarrier;
import io.micrometer.context.ContextSnapshot;
import io.micrometer.context.ContextSnapshotFactory;

/**
 * Carries whatever is registered with Micrometer's context propagation, where that is on
 * the class path: the security context, the observation, and so on. Thread-safe.
 */
public final class PropagatedContext implements ContextCarrier {

	private final ContextSnapshotFactory factory = ContextSnapshotFactory.builder().clearMissing(true).build();

	@Override
	public Carried capture() {
		ContextSnapshot snapshot = this.factory.captureAll();
		return (step) -> snapshot.wrap(step).run();
	}

}
