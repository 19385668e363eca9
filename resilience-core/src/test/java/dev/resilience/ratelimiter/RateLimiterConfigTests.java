package dev.resilience.ratelimiter;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import dev.resilience.config.Mode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class RateLimiterConfigTests {

	@Test
	void buildWhenOnlyLimitIsGivenShouldUseDefaults() {
		assertThat(RateLimiterConfig.builder().limit(50).build())
			.isEqualTo(new RateLimiterConfig(50, Duration.ofSeconds(1), 50, Duration.ZERO, 1000, 10_000,
					RateLimiterAlgorithm.TOKEN_BUCKET, false, AdaptiveConfig.builder().build(), Mode.ENFORCE));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"',
			textBlock = """
					0         | PT1S     | 1  | PT0S    | 0  | 1 | 'limit' is '0' but must be at least 1
					-1        | PT1S     | 1  | PT0S    | 0  | 1 | 'limit' is '-1' but must be at least 1
					1         | PT0S     | 1  | PT0S    | 0  | 1 | 'period' is 'PT0S' but must be between 1 ns and 365 days
					1         | PT-1S    | 1  | PT0S    | 0  | 1 | 'period' is 'PT-1S' but must be
					1         | P366D    | 1  | PT0S    | 0  | 1 | 'period' is 'PT8784H' but must be
					100000001 | PT1S     | 1  | PT0S    | 0  | 1 | 'limit' is '100000001' but must be at most 100,000,000 a second: lower it or lengthen 'period', which is 1s
					1         | PT1S     | 0  | PT0S    | 0  | 1 | 'burst' is '0' but must be at least 1
					1         | P365D    | 11 | PT0S    | 0  | 1 | 'burst' is '11' but must be earned within 3650 days
					1         | PT1S     | 1  | PT-1S   | 0  | 1 | 'max-wait' is 'PT-1S' but must be between 0 and 365 days
					1         | PT1S     | 1  | P366D   | 0  | 1 | 'max-wait' is 'PT8784H' but must be between 0 and 365 days
					1         | PT1S     | 1  | PT0S    | -1 | 1 | 'max-waiting' is '-1' but must not be negative
					1         | PT1S     | 1  | PT0S    | 0  | 0 | 'max-keys' is '0' but must be at least 1
					""")
	void createWhenValueIsWrongShouldNameProperty(long limit, Duration period, long burst, Duration maxWait,
			int maxWaiting, int maxKeys, String message) {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> config(limit, period, burst, maxWait, maxWaiting, maxKeys))
			.withMessageStartingWith(message);
	}

	@Test
	void createWhenValuesAreAtTheirBoundsShouldAccept() {
		Duration year = Duration.ofDays(365);
		assertThat(config(100_000_000, Duration.ofSeconds(1), 1, year, 0, 1)).isNotNull();
		assertThat(config(1, year, 10, year, Integer.MAX_VALUE, Integer.MAX_VALUE)).isNotNull();
		assertThat(config(1, Duration.ofNanos(10), 1, year, 0, 1)).isNotNull();
	}

	@Test
	void warningsWhenBurstCoversUnderTwentyMillisecondsShouldAdviseABurst() {
		RateLimiterConfig config = RateLimiterConfig.builder().limit(1000).burst(10).build();
		assertThat(config.warnings()).singleElement()
			.asString()
			.contains("'burst' is '10'", "under 20 ms of 1000 per 1s", "raise 'burst' to 20 or more");
		assertThat(RateLimiterConfig.builder().limit(1000).burst(20).build().warnings()).isEmpty();
	}

	@Test
	void warningsWhenNobodyMayWaitShouldTell() {
		assertThat(config(1, Duration.ofSeconds(1), 1, Duration.ofSeconds(5), 0, 1).warnings()).containsExactly(
				"'max-wait' is 'PT5S' but 'max-waiting' is 0, so no call ever waits: raise 'max-waiting', or remove"
						+ " 'max-wait'");
		assertThat(config(1, Duration.ofSeconds(1), 1, Duration.ofSeconds(5), 1, 1).warnings()).isEmpty();
		assertThat(config(1, Duration.ofSeconds(1), 1, Duration.ZERO, 0, 1).warnings()).isEmpty();
	}

	@ParameterizedTest
	@EnumSource
	void warningsWhenAdaptiveSettingsHaveNoEffectShouldNameThem(RateLimiterAlgorithm algorithm) {
		Map<String, AdaptiveConfig.Builder> settings = Map.of("error-threshold",
				AdaptiveConfig.builder().errorThreshold(11), "adjustment-factor",
				AdaptiveConfig.builder().adjustmentFactor(21), "adjustment-period",
				AdaptiveConfig.builder().adjustmentPeriod(Duration.ofSeconds(2)), "min-rate",
				AdaptiveConfig.builder().minRate(1), "max-rate", AdaptiveConfig.builder().maxRate(9));
		settings.forEach((property, adaptive) -> {
			List<String> warnings = RateLimiterConfig.builder()
				.limit(5)
				.algorithm(algorithm)
				.adaptive(adaptive.build())
				.build()
				.warnings();
			if (algorithm == RateLimiterAlgorithm.ADAPTIVE) {
				assertThat(warnings).isEmpty();
			}
			else {
				assertThat(warnings).containsExactly("'algorithm' is '" + algorithm.key() + "', for which '" + property
						+ "' has no effect: set 'algorithm' to adaptive, or remove it");
			}
		});
	}

	@ParameterizedTest
	@CsvSource({ "1,1ns", "1500,1500ns", "250000000,250ms", "1000000000,1s", "90000000000,90s", "120000000000,2m",
			"7200000000000,2h", "172800000000000,2d" })
	void shownWhenDurationShouldUseTheLargestExactUnit(long nanos, String expected) {
		assertThat(Unit.shown(nanos, "")).isEqualTo(expected);
	}

	private static RateLimiterConfig config(long limit, Duration period, long burst, Duration maxWait, int maxWaiting,
			int maxKeys) {
		return RateLimiterConfig.builder()
			.limit(limit)
			.period(period)
			.burst(burst)
			.maxWait(maxWait)
			.maxWaiting(maxWaiting)
			.maxKeys(maxKeys)
			.build();
	}

}
