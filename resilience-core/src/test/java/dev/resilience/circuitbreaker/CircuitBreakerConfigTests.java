package dev.resilience.circuitbreaker;

import java.time.Duration;
import java.util.function.UnaryOperator;

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
		CircuitBreakerConfig.Builder builder = change.apply(CircuitBreakerConfig.builder());
		assertThatIllegalArgumentException().isThrownBy(builder::build).withMessageStartingWith(message);
	}

}
