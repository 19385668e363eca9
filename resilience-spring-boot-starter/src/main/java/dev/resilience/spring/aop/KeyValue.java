package dev.resilience.spring.aop;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.temporal.TemporalAccessor;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

import org.springframework.core.ResolvableType;
import org.springframework.util.ClassUtils;

/**
 * What may serve as a key: a value that never changes, and that reads the same whenever
 * it means the same. An object with the identity of {@link Object} would be a new key for
 * each call, and so neither limit nor repeat anything.
 */
public final class KeyValue {

	// A key is its text, so that a number and the digits that an operator types are one
	// key, and methods that share a policy may declare it as text or as a number.

	/**
	 * What may serve, in words.
	 */
	public static final String FITTING = "a text, a number, an enum or a UUID";

	private static final int MAX_PLAIN_SCALE = 100;

	private static final List<Class<?>> TYPES = List.of(CharSequence.class, String.class, Long.class, Integer.class,
			Short.class, Byte.class, BigInteger.class, BigDecimal.class, Double.class, Float.class, UUID.class,
			Enum.class, Character.class, Boolean.class, TemporalAccessor.class, Optional.class);

	private KeyValue() {
	}

	/**
	 * The text of a key.
	 * @return the key; {@code null} for none, an empty {@link Optional} included
	 * @throws IllegalArgumentException when the value cannot serve as a key
	 */
	static @Nullable Object of(@Nullable Object value) {
		Object key = (value instanceof Optional<?> optional) ? optional.orElse(null) : value;
		if (key == null || key instanceof String) {
			return key;
		}
		if (key instanceof Enum<?> constant) {
			return constant.name();
		}
		if (key instanceof BigDecimal decimal) {
			return text(decimal.stripTrailingZeros());
		}
		if (isFixedNumber(key) || key instanceof CharSequence || key instanceof UUID || key instanceof Character
				|| key instanceof Boolean || isTime(key)) {
			return key.toString();
		}
		throw new IllegalArgumentException("A key is of " + key.getClass().getName()
				+ ", which cannot tell calls apart: write an expression that gives " + FITTING);
	}

	/**
	 * Whether an expression of a type may give a key. What a type alone does not tell is
	 * left to the call.
	 * @param type what the expression gives
	 * @return whether it may be a key
	 */
	public static boolean mayBe(ResolvableType type) {
		Class<?> resolved = ClassUtils.resolvePrimitiveIfNecessary(type.resolve(Object.class));
		if (resolved == Optional.class) {
			return mayBe(type.getGeneric());
		}
		if (resolved.isArray() || Collection.class.isAssignableFrom(resolved) || Map.class.isAssignableFrom(resolved)) {
			return false;
		}
		return resolved.isInterface() || TYPES.stream()
			.anyMatch((known) -> known.isAssignableFrom(resolved) || resolved.isAssignableFrom(known));
	}

	/**
	 * Other numbers may change while they are in use, an AtomicLong say.
	 */
	private static boolean isFixedNumber(Object key) {
		return key instanceof Long || key instanceof Integer || key instanceof Short || key instanceof Byte
				|| key instanceof BigInteger || key instanceof Double || key instanceof Float;
	}

	private static boolean isTime(Object key) {
		return key instanceof TemporalAccessor && key.getClass().getName().startsWith("java.time.");
	}

	private static String text(BigDecimal decimal) {
		return (Math.abs((long) decimal.scale()) < MAX_PLAIN_SCALE) ? decimal.toPlainString() : decimal.toString();
	}

}
