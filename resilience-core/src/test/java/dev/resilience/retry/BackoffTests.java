package dev.resilience.retry;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class BackoffTests {

	private static final Duration YEAR = Duration.ofDays(365);

	@Test
	void nanosShouldGrowByTheFactorUpToTheLongest() {
		Backoff backoff = backoff(Duration.ofSeconds(1), 2, Duration.ofSeconds(60), 0);
		for (int retries = 0; retries < 6; retries++) {
			assertThat(backoff.nanos(retries)).isEqualTo(Duration.ofSeconds(1L << retries).toNanos());
		}
		assertThat(backoff.nanos(6)).isEqualTo(Duration.ofSeconds(60).toNanos());
	}

	@Test
	void nanosWhenThePowerRunsOverShouldStayAtTheLongest() {
		for (Duration base : new Duration[] { Duration.ofNanos(1), Duration.ofSeconds(1), YEAR }) {
			Backoff backoff = backoff(base, 1000, YEAR, 0);
			for (int retries : new int[] { 10, 63, 64, 102, 103, 1000 }) {
				assertThat(backoff.nanos(retries)).isEqualTo(YEAR.toNanos());
			}
		}
		assertThat(backoff(Duration.ZERO, 1000, YEAR, 1).nanos(1000)).as("not 0 times infinity").isZero();
	}

	@Test
	void nanosShouldDifferByTheJitterEachWayButNotPassTheLongest() {
		Backoff backoff = backoff(Duration.ofSeconds(10), 2, Duration.ofSeconds(20), 0.2);
		Set<Long> atTheLongest = new HashSet<>();
		double sum = 0;
		for (int time = 0; time < 2_000; time++) {
			long first = backoff.nanos(0);
			assertThat(first).isBetween(Duration.ofSeconds(8).toNanos(), Duration.ofSeconds(12).toNanos());
			sum += first;
			long longest = backoff.nanos(5);
			assertThat(longest).isBetween(Duration.ofSeconds(16).toNanos(), Duration.ofSeconds(20).toNanos());
			atTheLongest.add(longest);
		}
		assertThat(sum / 2_000).isBetween(9.8e9, 10.2e9);
		assertThat(atTheLongest).as("callers do not meet at the longest").hasSizeGreaterThan(1_900);
	}

	@Test
	void nanosAfterShouldNeverBeEarlierThanAskedFor() {
		Backoff backoff = backoff(Duration.ofSeconds(1), 2, Duration.ofSeconds(60), 0.2);
		long asked = Duration.ofSeconds(30).toNanos();
		Set<Long> waits = new HashSet<>();
		for (int time = 0; time < 1_000; time++) {
			waits.add(backoff.nanosAfter(asked));
		}
		assertThat(waits).allMatch((nanos) -> nanos >= asked && nanos <= asked * 12 / 10);
		assertThat(waits).as("callers do not come back together").hasSizeGreaterThan(900);
		assertThat(backoff.nanosAfter(Duration.ofSeconds(60).toNanos())).isEqualTo(Duration.ofSeconds(60).toNanos());
	}

	private static Backoff backoff(Duration base, double factor, Duration longest, double jitter) {
		return new Backoff(
				RetryConfig.builder().baseDelay(base).backoffFactor(factor).maxDelay(longest).jitter(jitter).build());
	}

}
