package dev.resilience.bulkhead;

import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class BulkheadConfigTests {

	@Test
	void buildShouldHaveDefaults() {
		assertThat(BulkheadConfig.builder().build()).isEqualTo(new BulkheadConfig(25, Duration.ZERO, 0, 10_000));
	}

	@Test
	void buildWhenAValueBreaksItsRuleShouldNameItAndTheRemedy() {
		refused(BulkheadConfig.builder().maxConcurrentCalls(0), "'max-concurrent-calls' is '0' but must be between 1");
		refused(BulkheadConfig.builder().maxConcurrentCalls(1_000_001), "'max-concurrent-calls'");
		refused(BulkheadConfig.builder().maxWait(Duration.ofNanos(-1)), "'max-wait' is 'PT-0.000000001S' but");
		refused(BulkheadConfig.builder().maxWait(Duration.ofDays(366)), "'max-wait'");
		refused(BulkheadConfig.builder().maxWaiting(-1), "'max-waiting' is '-1' but");
		refused(BulkheadConfig.builder().maxWaiting(1_000_001), "'max-waiting'");
		refused(BulkheadConfig.builder().maxKeys(0), "'max-keys' is '0' but must be at least 1");
	}

	@Test
	void warningsWhenOnlyHalfOfAQueueIsConfiguredShouldTellTheOther() {
		assertThat(BulkheadConfig.builder().maxWaiting(3).build().warnings()).singleElement()
			.asString()
			.contains("set 'max-wait' too");
		assertThat(BulkheadConfig.builder().maxWait(Duration.ofSeconds(1)).build().warnings()).singleElement()
			.asString()
			.contains("set 'max-waiting' too");
		assertThat(BulkheadConfig.builder().maxWaiting(3).maxWait(Duration.ofSeconds(1)).build().warnings()).isEmpty();
	}

	@Test
	void buildWhenAValueIsAtItsLimitShouldAcceptIt() {
		for (BulkheadConfig config : List.of(new BulkheadConfig(1, Duration.ZERO, 0, 1),
				new BulkheadConfig(1_000_000, Duration.ofDays(365), 1_000_000, 1))) {
			assertThat(config.withMaxConcurrentCalls(config.maxConcurrentCalls())).isEqualTo(config);
		}
	}

	private static void refused(BulkheadConfig.Builder builder, String message) {
		assertThatIllegalArgumentException().isThrownBy(builder::build).withMessageStartingWith(message);
	}

}
