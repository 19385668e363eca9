package dev.resilience.spring.aop;

import java.time.temporal.TemporalAccessor;
import java.util.Optional;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * What may serve as a key: a value that is equal, and reads the same, whenever it means
 * the same. An object with the identity of {@link Object} would be a new key for each
 * call, and so neither limit nor repeat anything.
 */
final class KeyValue {

	private KeyValue() {
	}

	/**
	 * Checks a key.
	 * @return the key; {@code null} for none, an empty {@link Optional} included
	 * @throws IllegalArgumentException when the value cannot serve as a key
	 */
	static @Nullable Object of(@Nullable Object value) {
		Object key = (value instanceof Optional<?> optional) ? optional.orElse(null) : value;
		if (key == null || key instanceof Number || key instanceof UUID || key instanceof Enum<?>
				|| key instanceof Character || key instanceof Boolean || key instanceof TemporalAccessor) {
			return key;
		}
		if (key instanceof CharSequence text) {
			return text.toString();
		}
		throw new IllegalArgumentException("A key is of " + key.getClass().getName()
				+ ", which cannot tell calls apart: write an expression that gives a text, a number, an enum or a UUID");
	}

}
