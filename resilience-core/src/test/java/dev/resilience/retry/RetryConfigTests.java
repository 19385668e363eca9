package dev.resilience.retry;

import java.time.Duration;

import dev.resilience.Trap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class RetryConfigTests {

	@Test
	void buildShouldHaveDefaults() {
		RetryConfig config = RetryConfig.builder().build();
		assertThat(config.enabled()).isTrue();
		assertThat(config.maxRetries()).isEqualTo(3);
		assertThat(config.baseDelay()).isEqualTo(Duration.ofSeconds(1));
		assertThat(config.backoffFactor()).isEqualTo(2);
		assertThat(config.maxDelay()).isEqualTo(Duration.ofSeconds(60));
		assertThat(config.jitter()).isEqualTo(0.2);
		assertThat(config.maxDuration()).isNull();
		assertThat(config.retryRejected()).isFalse();
		assertThat(config.budget()).isEqualTo(new RetryBudget(0.1, 10));
	}

	@ParameterizedTest
	@ValueSource(doubles = { Double.NaN, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, -0.1 })
	@Trap(43)
	void buildWhenAFractionIsNoNumberShouldRefuseIt(double value) {
		refused(RetryConfig.builder().jitter(value), "'jitter' is '" + value + "' but must be between 0 and 1:");
		refused(RetryConfig.builder().backoffFactor(value), "'backoff-factor' is '" + value + "' but must be between");
		assertThatIllegalArgumentException().isThrownBy(() -> new RetryBudget(value, 1))
			.withMessageStartingWith("'budget.ratio' is '" + value + "' but must be between 0 and 100:");
	}

	@Test
	void buildWhenAValueBreaksItsRuleShouldNameItAndTheRemedy() {
		refused(RetryConfig.builder().maxRetries(-1), "'max-retries' is '-1' but must be between 0 and 1,000: say how");
		refused(RetryConfig.builder().maxRetries(1001), "'max-retries'");
		refused(RetryConfig.builder().baseDelay(Duration.ofNanos(-1)), "'base-delay'");
		refused(RetryConfig.builder().maxDelay(Duration.ofDays(366)), "'max-delay'");
		refused(RetryConfig.builder().maxDelay(Duration.ofMillis(1)),
				"'max-delay' is 'PT0.001S' but must be at least 'base-delay', which is 'PT1S'");
		refused(RetryConfig.builder().jitter(1.1), "'jitter'");
		refused(RetryConfig.builder().backoffFactor(0.5), "'backoff-factor'");
		refused(RetryConfig.builder().maxDuration(Duration.ZERO), "'max-duration'");
		assertThatIllegalArgumentException().isThrownBy(() -> new RetryBudget(0, -1))
			.withMessageStartingWith("'budget.min-per-second'");
	}

	@Test
	void buildWhenAValueIsAtItsLimitShouldAcceptIt() {
		Duration year = Duration.ofDays(365);
		RetryConfig least = RetryConfig.builder()
			.maxRetries(0)
			.baseDelay(Duration.ZERO)
			.backoffFactor(1)
			.maxDelay(Duration.ZERO)
			.jitter(0)
			.maxDuration(Duration.ofNanos(1))
			.budget(new RetryBudget(0, 0))
			.build();
		assertThat(least.maxDelay()).isZero();
		RetryConfig most = RetryConfig.builder()
			.maxRetries(1000)
			.baseDelay(year)
			.backoffFactor(1000)
			.maxDelay(year)
			.jitter(1)
			.maxDuration(year)
			.budget(new RetryBudget(100, 1_000_000))
			.build();
		assertThat(most.maxDelay()).isEqualTo(year);
	}

	private static void refused(RetryConfig.Builder builder, String message) {
		assertThatIllegalArgumentException().isThrownBy(builder::build).withMessageStartingWith(message);
	}

}
