package dev.resilience.circuitbreaker;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import dev.resilience.Admission;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import dev.resilience.keyed.Family;
import dev.resilience.time.Digest;
import org.jspecify.annotations.Nullable;

/**
 * The circuits of all keys between two orders. Thread-safe.
 */
final class Keys {

	private static final Duration ANNOUNCEMENT_INTERVAL = Duration.ofSeconds(1);

	private final Family<Circuit> family;

	private final Set<Circuit> open = ConcurrentHashMap.newKeySet();

	private final Digest transitions;

	Keys(CircuitBreaker breaker) {
		this.transitions = new Digest(breaker.timeSource().ticker(), ANNOUNCEMENT_INTERVAL);
		this.family = new Family<>(breaker.config().maxKeys(), () -> new Circuit(breaker, this));
	}

	Admission admit(Object key) {
		while (true) {
			Circuit circuit = this.family.member(key);
			Admission admission = circuit.enter();
			if (!circuit.isRetired()) {
				return admission;
			}
			if (admission instanceof Permit permit) {
				permit.abandoned();
			}
		}
	}

	boolean forget(Object key) {
		boolean known = this.family.forget(key);
		this.open.removeIf(Family.Member::isRetired);
		return known;
	}

	/**
	 * Tells how many keys there are, and how many are open or half-open, but not which:
	 * keys may be personal data. Those that were forgotten while open drop out here.
	 */
	static void describe(@Nullable Keys keys, PolicySnapshot.Builder snapshot) {
		if (keys != null) {
			keys.open.removeIf(Family.Member::isRetired);
		}
		snapshot.gauge("keys", (keys != null) ? keys.family.size() : 0)
			.gauge("open-keys", (keys != null) ? keys.open.size() : 0);
	}

	/**
	 * Notes a transition.
	 * @return how many there were since the last one that was told of, or 0 if this one
	 * is not to be told of yet
	 */
	long changed(Circuit circuit, State to) {
		if (to.status() == CircuitState.CLOSED) {
			this.open.remove(circuit);
		}
		else {
			this.open.add(circuit);
		}
		return this.transitions.occurred();
	}

}
