package dev.resilience.spring.autoconfigure;

import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * Hands on values that the configuration sets, and leaves the engine's defaults alone
 * where it does not.
 */
final class Values {

	private Values() {
	}

	static <T> void ifSet(@Nullable T value, Consumer<? super T> setter) {
		if (value != null) {
			setter.accept(value);
		}
	}

}
