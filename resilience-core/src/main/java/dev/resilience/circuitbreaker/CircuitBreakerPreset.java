package dev.resilience.circuitbreaker;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

import dev.resilience.config.Setting;
import org.jspecify.annotations.Nullable;

/**
 * Settings that have proved themselves for a kind of callee. What a preset does not speak
 * of keeps its default.
 */
public enum CircuitBreakerPreset {

	/** For callees whose failures spread: opens early, closes late. */
	CONSERVATIVE(3, 3, Duration.ofMinutes(2)),

	/** The default. */
	MODERATE(5, 2, Duration.ofSeconds(60)),

	/** For callees that fail now and then and recover soon. */
	AGGRESSIVE(10, 1, Duration.ofSeconds(30)),

	/** For callees where a wrong call costs more than none. */
	CRITICAL_SERVICE(2, 3, Duration.ofMinutes(5)),

	/** For services of others, over the Internet. */
	EXTERNAL_API(5, 2, Duration.ofSeconds(60), Duration.ofSeconds(15)),

	/**
	 * For databases: they come back at once, or not at all. Calls that take too long are
	 * not interrupted, as that may break their connections.
	 */
	DATABASE(3, 2, Duration.ofSeconds(30), Duration.ofSeconds(10)),

	/** For agents and language models. */
	AGENT_EXECUTION(3, 2, Duration.ofSeconds(45), Duration.ofSeconds(20));

	private final int failureThreshold;

	private final int successThreshold;

	private final Duration openDuration;

	private final @Nullable Duration callTimeout;

	CircuitBreakerPreset(int failureThreshold, int successThreshold, Duration openDuration) {
		this(failureThreshold, successThreshold, openDuration, null);
	}

	CircuitBreakerPreset(int failureThreshold, int successThreshold, Duration openDuration,
			@Nullable Duration callTimeout) {
		this.failureThreshold = failureThreshold;
		this.successThreshold = successThreshold;
		this.openDuration = openDuration;
		this.callTimeout = callTimeout;
	}

	/**
	 * Finds a preset by its name in the configuration.
	 * @param key the name: {@code critical-service}
	 * @return the preset
	 * @throws IllegalArgumentException when there is none; the message lists them
	 */
	public static CircuitBreakerPreset of(String key) {
		return Arrays.stream(values())
			.filter((preset) -> preset.key().equals(key))
			.findFirst()
			.orElseThrow(() -> Setting.of("preset", key)
				.violation("must be a known preset", "use one of "
						+ Arrays.stream(values()).map(CircuitBreakerPreset::key).collect(Collectors.joining(", "))));
	}

	/**
	 * The preset's name in the configuration.
	 * @return the name: {@code critical-service}
	 */
	public String key() {
		return name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

	/**
	 * Begins a configuration with this preset's settings.
	 * @return a builder, to change what differs
	 */
	public CircuitBreakerConfig.Builder builder() {
		return CircuitBreakerConfig.builder()
			.failureThreshold(this.failureThreshold)
			.successThreshold(this.successThreshold)
			.openDuration(this.openDuration)
			.callTimeout(this.callTimeout)
			.callTimeoutInterrupt(this != DATABASE);
	}

}
