package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

import dev.resilience.PolicyRegistry;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.circuitbreaker.ResultRule;
import dev.resilience.circuitbreaker.SlidingWindow;
import dev.resilience.config.Mode;
import dev.resilience.config.Setting;
import dev.resilience.spring.actuate.DurationText;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Circuit breakers by name, and what an open one does to the application's health.
 *
 * @param circuitBreakers settings by name; those under default hold for all
 * @param circuitBreakerPresets named sets of settings for breakers to begin with; those
 * under default hold for all of these
 * @param health how policies that are not well show in the health
 */
@ConfigurationProperties("resilience")
record CircuitBreakerProperties(@DefaultValue Map<String, Breaker> circuitBreakers,
		@DefaultValue Map<String, Breaker> circuitBreakerPresets, @DefaultValue Health health) {

	/**
	 * One breaker.
	 *
	 * @param preset settings to begin with: moderate unless set
	 * @param failureThreshold consecutive failures that open; 0 turns the rule off
	 * @param window the latest calls that rates are of
	 * @param minimumCalls calls in the window before a rate counts
	 * @param failureRateThreshold percentage of failed calls that opens
	 * @param slowCallDuration from when on a call is slow
	 * @param slowCallRateThreshold percentage of slow calls that opens
	 * @param openDuration how long calls are rejected before trials
	 * @param openDurationMultiplier how much longer each re-opening in a row lasts
	 * @param maxOpenDuration how long it gets at most
	 * @param halfOpenMaxCalls concurrent trials
	 * @param trialTimeout after how long a trial that has not ended counts as failed
	 * @param successThreshold successful trials that close
	 * @param recordExceptions exceptions that count as failures
	 * @param ignoreExceptions exceptions that do not, though recorded
	 * @param recordResult the Predicate bean that calls a returned value a failure
	 * @param callTimeout how long a call may take
	 * @param callTimeoutInterrupt whether a call that takes longer is interrupted
	 * @param maxKeys how many keys have a state of their own at once
	 * @param mode whether calls are turned away
	 */
	record Breaker(@Nullable String preset, @Nullable Integer failureThreshold, @Nullable Window window,
			@Nullable Integer minimumCalls, @Nullable Double failureRateThreshold, @Nullable Duration slowCallDuration,
			@Nullable Double slowCallRateThreshold, @Nullable Duration openDuration,
			@Nullable Double openDurationMultiplier, @Nullable Duration maxOpenDuration,
			@Nullable Integer halfOpenMaxCalls, @Nullable Duration trialTimeout, @Nullable Integer successThreshold,
			@Nullable List<Class<?>> recordExceptions, @Nullable List<Class<?>> ignoreExceptions,
			@Nullable String recordResult, @Nullable Duration callTimeout, @Nullable Boolean callTimeoutInterrupt,
			@Nullable Integer maxKeys, @Nullable Mode mode) {

		/**
		 * Says no more than that there is no window on purpose.
		 */
		static final Breaker WINDOWLESS = of(new Window(SlidingWindow.Type.NONE, null));

		/**
		 * Converts an empty group, which YAML gives as an empty text.
		 */
		public static Breaker valueOf(String group) {
			Values.requireEmpty(group);
			return of(null);
		}

		private static Breaker of(@Nullable Window window) {
			return new Breaker(null, null, window, null, null, null, null, null, null, null, null, null, null, null,
					null, null, null, null, null, null);
		}

		/**
		 * Makes the engine's configuration. What the preset says has been bound already.
		 * @param own what stands at the breaker itself
		 * @param presets the presets that it may name
		 * @param predicates finds a predicate bean by its name
		 */
		CircuitBreakerConfig toConfig(Breaker own, Collection<String> presets,
				Function<String, Predicate<@Nullable Object>> predicates) {
			Values.ifSet(this.preset, (name) -> requireKnown(name, presets));
			CircuitBreakerConfig.Builder config = CircuitBreakerConfig.builder().window(slidingWindow(own));
			Values.ifSet(this.failureThreshold, config::failureThreshold);
			Values.ifSet(this.openDuration, config::openDuration);
			Values.ifSet(this.openDurationMultiplier, config::openDurationMultiplier);
			Values.ifSet(this.maxOpenDuration, config::maxOpenDuration);
			Values.ifSet(this.halfOpenMaxCalls, config::halfOpenMaxCalls);
			Values.ifSet(this.trialTimeout, config::trialTimeout);
			Values.ifSet(this.successThreshold, config::successThreshold);
			Values.ifSet(this.recordExceptions,
					(types) -> config.recordExceptions(Values.throwables("record-exceptions", types)));
			Values.ifSet(this.ignoreExceptions,
					(types) -> config.ignoreExceptions(Values.throwables("ignore-exceptions", types)));
			Values.ifSet(this.recordResult,
					(name) -> config.recordResult(new ResultRule(name, predicates.apply(name))));
			Values.ifSet(this.callTimeout, config::callTimeout);
			Values.ifSet(this.callTimeoutInterrupt, config::callTimeoutInterrupt);
			Values.ifSet(this.maxKeys, config::maxKeys);
			Values.ifSet(this.mode, config::mode);
			return config.build();
		}

		/**
		 * Without a window, what the breaker itself says of one is a mistake. What the
		 * defaults or a preset say may be meant for breakers that have one: a warning,
		 * unless the breaker says that it has none.
		 */
		private SlidingWindow slidingWindow(Breaker own) {
			Window bounds = (this.window != null) ? this.window : Window.NONE;
			if (bounds.kind() != SlidingWindow.Type.NONE) {
				return rates(bounds.builder());
			}
			own.requireNoWindow();
			SlidingWindow idle = rates(bounds.idle());
			if (own.window != null && own.window.type != null) {
				return SlidingWindow.NONE;
			}
			return new SlidingWindow(SlidingWindow.Type.NONE, idle.calls(), idle.duration(), idle.minimumCalls(),
					idle.failureRateThreshold(), this.slowCallDuration, idle.slowCallRateThreshold());
		}

		private SlidingWindow rates(SlidingWindow.Builder builder) {
			Values.ifSet(this.minimumCalls, builder::minimumCalls);
			Values.ifSet(this.failureRateThreshold, builder::failureRateThreshold);
			Values.ifSet(this.slowCallDuration, builder::slowCallDuration);
			Values.ifSet(this.slowCallRateThreshold, builder::slowCallRateThreshold);
			return builder.build();
		}

		private void requireNoWindow() {
			Values.ifSet((this.window != null) ? this.window.size : null, (size) -> refuse("window.size", size));
			Values.ifSet(this.minimumCalls, (calls) -> refuse("minimum-calls", calls));
			Values.ifSet(this.failureRateThreshold, (rate) -> refuse("failure-rate-threshold", rate));
			Values.ifSet(this.slowCallDuration, (slow) -> refuse("slow-call-duration", slow));
			Values.ifSet(this.slowCallRateThreshold, (rate) -> refuse("slow-call-rate-threshold", rate));
		}

		private static void refuse(String property, Object value) {
			throw Setting.of(property, value)
				.violation("needs a window to take effect", "set 'window.type' to count or time, or remove it");
		}

		private static void requireKnown(String preset, Collection<String> known) {
			Setting.of("preset", preset)
				.require(known.contains(preset), "must be a known preset",
						"nearest: " + String.join(", ", PolicyRegistry.nearest(preset, known)));
		}

	}

	/**
	 * The latest calls.
	 *
	 * @param type what bounds them: none unless set
	 * @param size how many calls, or how much time
	 */
	record Window(SlidingWindow.@Nullable Type type, @Nullable String size) {

		static final Window NONE = new Window(null, null);

		SlidingWindow.Type kind() {
			return (this.type != null) ? this.type : SlidingWindow.Type.NONE;
		}

		/**
		 * What the window would be if its size said what bounds it.
		 */
		SlidingWindow.Builder idle() {
			boolean time = this.size != null && !this.size.strip().chars().allMatch(Character::isDigit);
			return new Window(time ? SlidingWindow.Type.TIME : SlidingWindow.Type.COUNT, this.size).builder();
		}

		SlidingWindow.Builder builder() {
			return switch (kind()) {
				case NONE -> SlidingWindow.NONE.toBuilder();
				case COUNT -> SlidingWindow.ofCalls((this.size != null) ? calls(this.size) : 100);
				case TIME -> SlidingWindow.ofTime(
						(this.size != null) ? DurationText.parse("window.size", this.size) : Duration.ofSeconds(60));
			};
		}

		private static int calls(String size) {
			try {
				return Integer.parseInt(size.trim());
			}
			catch (NumberFormatException ex) {
				throw Setting.of("window.size", size)
					.violation("must be a number of calls where window.type is count", "write it like 100");
			}
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
