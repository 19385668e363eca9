package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import dev.resilience.config.Setting;
import dev.resilience.PolicyRegistry;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.circuitbreaker.CircuitBreakerPreset;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Circuit breakers by name, and what an open one does to the application's health.
 *
 * @param circuitBreakers settings by name; those under default hold for all
 * @param health how policies that are not well show in the health
 */
@ConfigurationProperties("resilience")
record CircuitBreakerProperties(@DefaultValue Map<String, Breaker> circuitBreakers, @DefaultValue Health health) {

	/**
	 * One breaker.
	 *
	 * @param preset settings to begin with: moderate unless set
	 * @param failureThreshold consecutive failures that open; 0 turns the rule off
	 * @param openDuration how long calls are rejected before trials
	 * @param halfOpenMaxCalls concurrent trials
	 * @param trialTimeout after how long a trial that has not ended counts as failed
	 * @param successThreshold successful trials that close
	 * @param recordExceptions exceptions that count as failures
	 * @param ignoreExceptions exceptions that do not, though recorded
	 */
	record Breaker(@Nullable String preset, @Nullable Integer failureThreshold, @Nullable Duration openDuration,
			@Nullable Integer halfOpenMaxCalls, @Nullable Duration trialTimeout, @Nullable Integer successThreshold,
			@Nullable List<Class<?>> recordExceptions, @Nullable List<Class<?>> ignoreExceptions) {

		/**
		 * Converts an empty group, which YAML gives as an empty text.
		 */
		public static Breaker valueOf(String group) {
			Values.requireEmpty(group);
			return new Breaker(null, null, null, null, null, null, null, null);
		}

		CircuitBreakerConfig toConfig() {
			CircuitBreakerConfig.Builder config = base().builder();
			Values.ifSet(this.failureThreshold, config::failureThreshold);
			Values.ifSet(this.openDuration, config::openDuration);
			Values.ifSet(this.halfOpenMaxCalls, config::halfOpenMaxCalls);
			Values.ifSet(this.trialTimeout, config::trialTimeout);
			Values.ifSet(this.successThreshold, config::successThreshold);
			Values.ifSet(this.recordExceptions,
					(types) -> config.recordExceptions(throwables("record-exceptions", types)));
			Values.ifSet(this.ignoreExceptions,
					(types) -> config.ignoreExceptions(throwables("ignore-exceptions", types)));
			return config.build();
		}

		private CircuitBreakerPreset base() {
			if (this.preset == null) {
				return CircuitBreakerPreset.MODERATE;
			}
			List<String> known = Arrays.stream(CircuitBreakerPreset.values()).map(CircuitBreakerPreset::key).toList();
			Setting.of("preset", this.preset)
				.require(known.contains(this.preset), "must be a known preset",
						"nearest: " + String.join(", ", PolicyRegistry.nearest(this.preset, known)));
			return CircuitBreakerPreset.of(this.preset);
		}

		private static List<Class<? extends Throwable>> throwables(String property, List<Class<?>> types) {
			Setting<List<Class<?>>> setting = Setting.of(property, types);
			setting.require(types.stream().allMatch(Throwable.class::isAssignableFrom), "must name exceptions only",
					"name classes that extend Throwable");
			return types.stream().<Class<? extends Throwable>>map((type) -> type.asSubclass(Throwable.class)).toList();
		}

		static Map<String, Map<String, String>> presets() {
			return Arrays.stream(CircuitBreakerPreset.values())
				.collect(Collectors.toMap(CircuitBreakerPreset::key, (preset) -> values(preset.builder().build())));
		}

		private static Map<String, String> values(CircuitBreakerConfig config) {
			return Map.of("failure-threshold", Integer.toString(config.failureThreshold()), "success-threshold",
					Integer.toString(config.successThreshold()), "open-duration", config.openDuration().toString());
		}

	}

	/**
	 * How policies that are not well show in the health.
	 *
	 * @param openBreakerStatus the health of an application with an open breaker
	 */
	record Health(@DefaultValue("degraded") OpenBreakerStatus openBreakerStatus) {
	}

	/**
	 * What an open breaker makes of the application's health.
	 */
	enum OpenBreakerStatus {

		/** Worth a look; HTTP 200. */
		DEGRADED,

		/** The instance should get no traffic; HTTP 503. */
		OUT_OF_SERVICE,

		/** The instance is broken; HTTP 503. */
		DOWN,

		/** Nothing. */
		UP

	}

}
