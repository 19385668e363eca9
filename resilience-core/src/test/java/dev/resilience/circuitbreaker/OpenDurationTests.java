package dev.resilience.circuitbreaker;

import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;

import dev.resilience.Admission;
import dev.resilience.Permit;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class OpenDurationTests {

	private static final Duration FIRST = Duration.ofSeconds(60);

	private final IOException failure = new IOException("refused");

	private final FakeTicker ticker = new FakeTicker();

	@Test
	void reopenWhenMultiplierIsOneShouldLastAsLongEachTime() {
		CircuitBreaker breaker = breaker(1);
		for (int time = 0; time < 5; time++) {
			assertThat(left(breaker)).isEqualTo(FIRST);
			failTrial(breaker);
		}
	}

	@Test
	void reopenWhenMultiplierIsSetShouldGrowWithinATenthUpToTheLongest() {
		CircuitBreaker breaker = breaker(2);
		assertThat(left(breaker)).as("the first opening is not scattered").isEqualTo(FIRST);
		Set<Duration> lengths = new HashSet<>();
		for (double expected : new double[] { 120, 240, 480, 600, 600, 600 }) {
			failTrial(breaker);
			assertThat(left(breaker).toMillis() / 1000.0).isBetween(expected * 0.9 - 0.001,
					Math.min(600, expected * 1.1 + 0.001));
			lengths.add(left(breaker));
		}
		assertThat(lengths).hasSizeGreaterThan(3);
	}

	@Test
	void reopenWhenScatteredShouldNeverBeShorterThanTheFirst() {
		for (int time = 0; time < 100; time++) {
			CircuitBreaker breaker = breaker(1.01);
			failTrial(breaker);
			assertThat(left(breaker)).isBetween(FIRST, Duration.ofSeconds(67));
		}
	}

	@Test
	void closeShouldEndTheGrowth() throws Exception {
		CircuitBreaker breaker = breaker(2);
		failTrial(breaker);
		this.ticker.advance(left(breaker));
		breaker.call(() -> "fine");
		breaker.call(() -> "fine");
		assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
		breaker.recordFailure(this.failure);
		assertThat(left(breaker)).isEqualTo(FIRST);
	}

	@Test
	void growthWhenManyTimesShouldNotOverflow() {
		CircuitBreaker breaker = breaker(100);
		for (int time = 0; time < 200; time++) {
			failTrial(breaker);
			assertThat(left(breaker)).isBetween(FIRST, Duration.ofMinutes(10));
		}
	}

	private CircuitBreaker breaker(double multiplier) {
		CircuitBreaker breaker = new CircuitBreaker("payments",
				CircuitBreakerConfig.builder().failureThreshold(1).openDurationMultiplier(multiplier).build(),
				this.ticker.source());
		breaker.recordFailure(this.failure);
		return breaker;
	}

	private void failTrial(CircuitBreaker breaker) {
		this.ticker.advance(left(breaker));
		((Permit) breaker.tryAcquire()).failed(this.failure, 0);
		assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
	}

	private static Duration left(CircuitBreaker breaker) {
		return Objects.requireNonNull(((Admission.Rejection) breaker.tryAcquire()).retryAfter());
	}

}
