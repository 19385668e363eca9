package dev.resilience.spring.autoconfigure;

import java.util.List;
import java.util.function.Consumer;

import dev.resilience.config.Setting;
import org.jspecify.annotations.Nullable;

/**
 * Hands on values that the configuration sets, and leaves the engine's defaults alone
 * where it does not.
 */
final class Values {

	private Values() {
	}

	/**
	 * Refuses a value where a group of settings belongs.
	 */
	static void requireEmpty(String group) {
		if (!group.isBlank()) {
			throw new IllegalArgumentException("A group of settings belongs here, not '" + group + "'");
		}
	}

	static <T> void ifSet(@Nullable T value, Consumer<? super T> setter) {
		if (value != null) {
			setter.accept(value);
		}
	}

	/**
	 * Refuses classes that are no exceptions.
	 */
	static List<Class<? extends Throwable>> throwables(String property, List<Class<?>> types) {
		Setting.of(property, types)
			.require(types.stream().allMatch(Throwable.class::isAssignableFrom), "must name exceptions only",
					"name classes that extend Throwable");
		return types.stream().<Class<? extends Throwable>>map((type) -> type.asSubclass(Throwable.class)).toList();
	}

}
