package dev.resilience.spring.autoconfigure;

import java.time.ZoneId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import dev.resilience.spring.aop.KeyValue;

import org.springframework.core.ResolvableType;

/**
 * The types that {@link dev.resilience.idempotency.store.Fingerprint} knows.
 */
final class IdempotencyFingerprints {

	static final String FITTING = "a record, or a collection, map or array of such, or what a key may be: "
			+ KeyValue.FITTING;

	private static final List<Class<?>> TYPES = List.of(ZoneId.class, Collection.class, Map.class, Optional.class,
			Record.class);

	private IdempotencyFingerprints() {
	}

	/**
	 * Whether an expression of a type may give what has a fingerprint. What a type alone
	 * does not tell is left to the call.
	 */
	static boolean mayHave(ResolvableType type) {
		Class<?> resolved = type.resolve(Object.class);
		return resolved.isArray() || KeyValue.mayBe(type) || TYPES.stream()
			.anyMatch((known) -> known.isAssignableFrom(resolved) || resolved.isAssignableFrom(known));
	}

}
