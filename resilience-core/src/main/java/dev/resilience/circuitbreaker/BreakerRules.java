package dev.resilience.circuitbreaker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

import dev.resilience.CallTimeoutException;
import dev.resilience.Permit.TimeLimit;
import dev.resilience.config.ExceptionTypes;
import dev.resilience.config.Setting;
import org.jspecify.annotations.Nullable;

/**
 * What the settings of a breaker must obey, and how they are shown.
 */
final class BreakerRules {

	private static final Duration MAX_DURATION = Duration.ofDays(365);

	private static final int MAX_TRIALS = 1000;

	private static final int MAX_REASON_LENGTH = 500;

	private static final double MAX_MULTIPLIER = 100;

	private static final String RECORD_RESULT = "record-result";

	private BreakerRules() {
	}

	static void requireReason(String reason) {
		Setting.line("reason", reason, MAX_REASON_LENGTH, "say why, for those who will ask");
	}

	static Setting<Duration> requireDuration(String property, Duration value) {
		return Setting.of(property, value)
			.require(value.compareTo(Duration.ZERO) > 0 && value.compareTo(MAX_DURATION) <= 0,
					"must be positive and at most " + MAX_DURATION.toDays() + " days", "set a duration such as 60s");
	}

	static void requireOptionalDuration(String property, @Nullable Duration value) {
		if (value != null) {
			requireDuration(property, value);
		}
	}

	static void requireFailureThreshold(int value) {
		Setting.of("failure-threshold", value)
			.require(value >= 0, "must not be negative",
					"set how many failures in a row open the breaker, or 0 to turn the rule off");
	}

	static void requireGrowth(Duration open, double multiplier, Duration longest) {
		requireDuration("open-duration", open);
		Setting.of("open-duration-multiplier", multiplier)
			.require(multiplier >= 1 && multiplier <= MAX_MULTIPLIER, "must be between 1 and 100",
					"set how much longer each re-opening in a row lasts, or 1 for no growth");
		requireDuration("max-open-duration", longest).require(multiplier == 1 || longest.compareTo(open) >= 0,
				"must be at least the open-duration of " + open, "raise it, or lower open-duration");
	}

	static void requireTrials(int most, Duration timeout, int successes) {
		Setting.of("half-open-max-calls", most)
			.require(most >= 1 && most <= MAX_TRIALS, "must be between 1 and " + MAX_TRIALS,
					"set how many trials may run at the same time");
		requireDuration("trial-timeout", timeout);
		Setting.of("success-threshold", successes)
			.require(successes >= 1, "must be at least 1", "set how many successful trials close the breaker");
	}

	static void requireMaxKeys(int value) {
		Setting.of("max-keys", value)
			.require(value >= 1, "must be at least 1", "say how many keys have a state of their own");
	}

	static boolean isFailure(CircuitBreaker breaker, Throwable cause) {
		if (cause instanceof CallTimeoutException ranOut && ranOut.rejection().policy() == breaker) {
			return true;
		}
		CircuitBreakerConfig config = breaker.config();
		return !ExceptionTypes.include(config.ignoreExceptions(), cause)
				&& (cause instanceof Error || ExceptionTypes.include(config.recordExceptions(), cause));
	}

	static @Nullable TimeLimit limit(CircuitBreakerConfig config, CircuitBreaker breaker) {
		Duration timeout = config.callTimeout();
		return (timeout != null) ? new TimeLimit(breaker, timeout, config.callTimeoutInterrupt()) : null;
	}

	/**
	 * The settings by property, without those that are off.
	 */
	static Map<String, Object> describe(CircuitBreakerConfig config) {
		Map<String, Object> shown = new LinkedHashMap<>();
		shown.put("failure-threshold", config.failureThreshold());
		describe(config.window(), shown);
		shown.put("open-duration", config.openDuration());
		shown.put("open-duration-multiplier", config.openDurationMultiplier());
		shown.put("max-open-duration", config.maxOpenDuration());
		shown.put("half-open-max-calls", config.halfOpenMaxCalls());
		shown.put("trial-timeout", config.trialTimeout());
		shown.put("success-threshold", config.successThreshold());
		shown.put("record-exceptions", config.recordExceptions().stream().map(Class::getName).toList());
		shown.put("ignore-exceptions", config.ignoreExceptions().stream().map(Class::getName).toList());
		if (config.recordResult() != null) {
			shown.put(RECORD_RESULT, (config.recordResult() instanceof ResultRule rule) ? rule.name() : "a predicate");
		}
		if (config.callTimeout() != null) {
			shown.put("call-timeout", config.callTimeout());
			shown.put("call-timeout-interrupt", config.callTimeoutInterrupt());
		}
		shown.put("max-keys", config.maxKeys());
		shown.put("mode", config.mode().key());
		return shown;
	}

	private static void describe(SlidingWindow window, Map<String, Object> shown) {
		shown.put("window.type", window.type().name().toLowerCase(Locale.ROOT));
		switch (window.type()) {
			case NONE -> {
				return;
			}
			case COUNT -> shown.put("window.size", window.calls());
			case TIME -> shown.put("window.size", window.duration());
		}
		shown.put("minimum-calls", window.minimumCalls());
		shown.put("failure-rate-threshold", window.failureRateThreshold());
		Duration slow = window.slowCallDuration();
		if (slow != null) {
			shown.put("slow-call-duration", slow);
			shown.put("slow-call-rate-threshold", window.slowCallRateThreshold());
		}
	}

	/**
	 * What is allowed, but likely not meant: a breaker that nothing opens, and settings
	 * of a window that is not there.
	 */
	static @Nullable String warning(CircuitBreakerConfig config) {
		if (config.window().type() != SlidingWindow.Type.NONE) {
			return null;
		}
		List<String> warnings = new ArrayList<>();
		if (config.failureThreshold() == 0) {
			warnings.add("'failure-threshold' is '0' and there is no window, so the breaker never opens by itself: set "
					+ "'failure-threshold' to 1 or more, or 'window.type' to count or time");
		}
		Map<String, Object> usual = windowSettings(SlidingWindow.NONE);
		windowSettings(config.window()).forEach((property, value) -> {
			if (!value.equals(usual.get(property))) {
				warnings.add("'" + property + "' is '" + value + "' but there is no window, so it has no effect: set "
						+ "'window.type' to count or time, or remove it");
			}
		});
		return warnings.isEmpty() ? null : String.join("; ", warnings);
	}

	private static Map<String, Object> windowSettings(SlidingWindow window) {
		Map<String, Object> settings = new LinkedHashMap<>();
		settings.put("window.size",
				(window.calls() != SlidingWindow.NONE.calls()) ? window.calls() : window.duration());
		settings.put("minimum-calls", window.minimumCalls());
		settings.put("failure-rate-threshold", window.failureRateThreshold());
		settings.put("slow-call-rate-threshold", window.slowCallRateThreshold());
		return settings;
	}

	/**
	 * The properties in which two configurations differ.
	 */
	static List<String> differences(CircuitBreakerConfig left, CircuitBreakerConfig right) {
		Map<String, Object> former = describe(left);
		Map<String, Object> latter = describe(right);
		Map<String, Object> all = new LinkedHashMap<>(latter);
		former.forEach(all::putIfAbsent);
		// Predicates that are shown alike may differ.
		boolean sameRule = Objects.equals(left.recordResult(), right.recordResult());
		return all.keySet()
			.stream()
			.filter((key) -> key.equals(RECORD_RESULT) ? !sameRule : !Objects.equals(former.get(key), latter.get(key)))
			.toList();
	}

}
