package dev.resilience.spring.autoconfigure;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.ZoneId;
import java.time.temporal.TemporalAccessor;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

import org.springframework.core.ResolvableType;
import org.springframework.util.ClassUtils;

/**
 * The types that {@link dev.resilience.idempotency.Fingerprint} knows.
 */
final class IdempotencyFingerprints {

	static final String FITTING = "a record, or a collection, map or array of such, or what a key may be: a text,"
			+ " a number, an enum or a UUID";

	private static final List<Class<?>> TYPES = List.of(CharSequence.class, String.class, Long.class, Integer.class,
			Short.class, Byte.class, BigInteger.class, BigDecimal.class, Double.class, Float.class, UUID.class,
			Enum.class, Character.class, Boolean.class, TemporalAccessor.class, ZoneId.class, Collection.class,
			Map.class, Optional.class, Record.class);

	private IdempotencyFingerprints() {
	}

	/**
	 * Whether an expression of a type may give what has a fingerprint. What a type alone
	 * does not tell is left to the call.
	 */
	static boolean mayHave(ResolvableType type) {
		Class<?> resolved = ClassUtils.resolvePrimitiveIfNecessary(type.resolve(Object.class));
		return resolved.isInterface() || resolved.isArray() || TYPES.stream()
			.anyMatch((known) -> known.isAssignableFrom(resolved) || resolved.isAssignableFrom(known));
	}

}
