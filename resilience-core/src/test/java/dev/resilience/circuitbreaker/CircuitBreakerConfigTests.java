package dev.resilience.circuitbreaker;

import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

import dev.resilience.config.Mode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class CircuitBreakerConfigTests {

	@Test
	void buildWhenSettingBreaksItsRuleShouldNamePropertyValueRuleAndRemedy() {
		assertInvalid((config) -> config.failureThreshold(-1), "'failure-threshold' is '-1' but must not be negative: "
				+ "set how many failures in a row open the breaker, or 0 to turn the rule off");
		assertInvalid((config) -> config.openDuration(Duration.ZERO),
				"'open-duration' is 'PT0S' but must be positive and at most 365 days: set a duration such as 60s");
		assertInvalid((config) -> config.openDuration(Duration.ofDays(365).plusNanos(1)), "'open-duration' is ");
		assertInvalid((config) -> config.trialTimeout(Duration.ofSeconds(-1)), "'trial-timeout' is 'PT-1S' but must");
		assertInvalid((config) -> config.halfOpenMaxCalls(0),
				"'half-open-max-calls' is '0' but must be between 1 and 1000: "
						+ "set how many trials may run at the same time");
		assertInvalid((config) -> config.halfOpenMaxCalls(1001), "'half-open-max-calls' is '1001' but must");
		assertInvalid((config) -> config.successThreshold(0), "'success-threshold' is '0' but must be at least 1: "
				+ "set how many successful trials close the breaker");
	}

	@Test
	void buildWhenWindowSettingBreaksItsRuleShouldSayWhatToDo() {
		assertInvalid((config) -> config.window(SlidingWindow.ofCalls(0).build()),
				"'window.size' is '0' but must be between 1 and 1000000: set how many calls the window holds");
		assertInvalid((config) -> config.window(SlidingWindow.ofTime(Duration.ofMillis(999)).build()),
				"'window.size' is 'PT0.999S' but must be between 1 second and 1 day");
		assertInvalid((config) -> config.window(SlidingWindow.ofCalls(1).minimumCalls(0).build()), "'minimum-calls'");
		assertInvalid((config) -> config.window(SlidingWindow.ofCalls(1).failureRateThreshold(0).build()),
				"'failure-rate-threshold' is '0.0' but must be above 0 and at most 100: set a percentage such as 50");
		assertInvalid((config) -> config.window(SlidingWindow.ofCalls(1).slowCallRateThreshold(Double.NaN).build()),
				"'slow-call-rate-threshold' is 'NaN' but must");
		assertInvalid((config) -> config.window(SlidingWindow.ofCalls(1).slowCallDuration(Duration.ZERO).build()),
				"'slow-call-duration' is 'PT0S' but must be positive");
		assertInvalid(
				(config) -> config
					.window(SlidingWindow.NONE.toBuilder().slowCallDuration(Duration.ofSeconds(1)).build()),
				"'slow-call-duration' is 'PT1S' but needs a window to take effect");
		assertInvalid((config) -> config.openDurationMultiplier(0.9), "'open-duration-multiplier' is '0.9' but must");
		assertInvalid((config) -> config.openDurationMultiplier(2).maxOpenDuration(Duration.ofSeconds(59)),
				"'max-open-duration' is 'PT59S' but must be at least the open-duration of PT1M");
		assertInvalid((config) -> config.callTimeout(Duration.ZERO), "'call-timeout' is 'PT0S' but must be positive");
		assertInvalid((config) -> config.maxKeys(0), "'max-keys' is '0' but must be at least 1");
	}

	@Test
	void toBuilderShouldBeginWithAllSettings() {
		CircuitBreakerConfig config = CircuitBreakerPreset.DATABASE.builder()
			.window(SlidingWindow.ofTime(Duration.ofSeconds(30)).slowCallDuration(Duration.ofSeconds(1)).build())
			.openDurationMultiplier(2)
			.maxOpenDuration(Duration.ofHours(1))
			.halfOpenMaxCalls(7)
			.trialTimeout(Duration.ofSeconds(7))
			.recordExceptions(List.of(IllegalStateException.class))
			.ignoreExceptions(List.of(IllegalArgumentException.class))
			.recordResult((value) -> true)
			.maxKeys(7)
			.mode(Mode.SHADOW)
			.build();
		assertThat(config.toBuilder().build()).isEqualTo(config);
		assertThat(config.window().toBuilder().build()).isEqualTo(config.window());
		assertThat(config.callTimeout()).hasSeconds(10);
		assertThat(config.callTimeoutInterrupt()).isFalse();
	}

	@Test
	void buildWhenSettingIsAtItsLimitShouldAccept() {
		CircuitBreakerConfig config = CircuitBreakerConfig.builder()
			.failureThreshold(0)
			.openDuration(Duration.ofDays(365))
			.trialTimeout(Duration.ofNanos(1))
			.halfOpenMaxCalls(1000)
			.successThreshold(1)
			.build();
		assertThat(config.halfOpenMaxCalls()).isEqualTo(1000);
	}

	@Test
	void buildWhenGrowthOrWindowIsAtItsLimitShouldAccept() {
		CircuitBreakerConfig config = CircuitBreakerConfig.builder()
			.openDuration(Duration.ofMinutes(1))
			.openDurationMultiplier(100)
			.maxOpenDuration(Duration.ofMinutes(1))
			.halfOpenMaxCalls(1)
			.maxKeys(1)
			.window(SlidingWindow.ofCalls(1_000_000).minimumCalls(1).failureRateThreshold(100).build())
			.build();
		assertThat(config.window().calls()).isEqualTo(1_000_000);
		assertThat(SlidingWindow.ofCalls(1).build().calls()).isOne();
		for (Duration duration : List.of(Duration.ofSeconds(1), Duration.ofDays(1))) {
			assertThat(SlidingWindow.ofTime(duration).build().duration()).isEqualTo(duration);
		}
	}

	@ParameterizedTest
	@CsvSource({ "conservative, 3, 3, PT2M", "moderate, 5, 2, PT1M", "aggressive, 10, 1, PT30S",
			"critical-service, 2, 3, PT5M", "external-api, 5, 2, PT1M", "database, 3, 2, PT30S",
			"agent-execution, 3, 2, PT45S" })
	void builderWhenPresetIsNamedShouldHaveItsNumbers(String key, int failures, int successes, Duration open) {
		CircuitBreakerConfig config = CircuitBreakerPreset.of(key).builder().build();
		assertThat(config.failureThreshold()).isEqualTo(failures);
		assertThat(config.successThreshold()).isEqualTo(successes);
		assertThat(config.openDuration()).isEqualTo(open);
	}

	@Test
	void builderWhenUntouchedShouldBeModerate() {
		assertThat(CircuitBreakerConfig.builder().build()).isEqualTo(CircuitBreakerPreset.MODERATE.builder().build());
	}

	@Test
	void ofWhenPresetIsUnknownShouldListTheKnownOnes() {
		assertThatIllegalArgumentException().isThrownBy(() -> CircuitBreakerPreset.of("Moderate"))
			.withMessage("'preset' is 'Moderate' but must be a known preset: use one of conservative, moderate, "
					+ "aggressive, critical-service, external-api, database, agent-execution");
	}

	private static void assertInvalid(UnaryOperator<CircuitBreakerConfig.Builder> change, String message) {
		assertThatIllegalArgumentException().isThrownBy(() -> change.apply(CircuitBreakerConfig.builder()).build())
			.withMessageStartingWith(message);
	}

}
