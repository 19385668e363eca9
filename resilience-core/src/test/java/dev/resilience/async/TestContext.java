package dev.resilience.async;

import org.jspecify.annotations.Nullable;

/**
 * A thread-local value that follows calls.
 */
public final class TestContext {

	private static final ThreadLocal<@Nullable String> VALUE = new ThreadLocal<>();

	private TestContext() {
	}

	/**
	 * Gives the current thread a value.
	 * @param value the value, or {@code null} for none
	 */
	public static void set(@Nullable String value) {
		if (value != null) {
			VALUE.set(value);
		}
		else {
			VALUE.remove();
		}
	}

	/**
	 * The current thread's value.
	 * @return the value, if it has one
	 */
	public static @Nullable String get() {
		return VALUE.get();
	}

	/**
	 * Carries the value.
	 */
	public static final class Carrier implements ContextCarrier {

		@Override
		public Carried capture() {
			String captured = get();
			return (captured == null) ? Carried.NOTHING : (step) -> {
				String before = get();
				set(captured);
				try {
					step.run();
				}
				finally {
					set(before);
				}
			};
		}

	}

}
