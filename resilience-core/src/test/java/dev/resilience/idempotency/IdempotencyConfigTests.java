package dev.resilience.idempotency;

import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class IdempotencyConfigTests {

	@Test
	void buildShouldHaveTheDefaults() {
		IdempotencyConfig config = IdempotencyConfig.builder().build();
		assertThat(config).isEqualTo(new IdempotencyConfig(Duration.ofHours(1), Duration.ofSeconds(30),
				Duration.ofSeconds(5), IdempotencyConfig.OnAbandoned.REJECT, IdempotencyConfig.OnStoreFailure.CLOSED,
				List.of(), List.of(), 262_144));
	}

	@Test
	void buildWhenAValueBreaksItsRuleShouldNamePropertyValueRuleAndRemedy() {
		assertInvalid(IdempotencyConfig.builder().ttl(Duration.ZERO),
				"'ttl' is 'PT0S' but must be positive and at most 3650 days: give the time in which clients retry, 24h say");
		assertInvalid(IdempotencyConfig.builder().ttl(Duration.ofDays(3651)), "'ttl' is 'PT87624H'");
		assertInvalid(IdempotencyConfig.builder().lease(Duration.ofMillis(9)),
				"'lease' is 'PT0.009S' but must be from 10 ms to 1 day: "
						+ "give the time after which a silent owner counts as crashed, 30s say");
		assertInvalid(IdempotencyConfig.builder().lease(Duration.ofDays(2)), "'lease' is 'PT48H'");
		assertInvalid(IdempotencyConfig.builder().inFlightWait(Duration.ofSeconds(-1)),
				"'in-flight-wait' is 'PT-1S' but must be from 0 to 1 day: give 0s to turn duplicates away at once");
		assertInvalid(IdempotencyConfig.builder().inFlightWait(Duration.ofDays(2)), "'in-flight-wait' is 'PT48H'");
	}

	private static void assertInvalid(IdempotencyConfig.Builder builder, String message) {
		assertThatIllegalArgumentException().isThrownBy(builder::build).withMessageStartingWith(message);
	}

}
