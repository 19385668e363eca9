package dev.resilience.ratelimiter;

import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class RefillTests {

	private static final long YEAR = Duration.ofDays(365).toNanos();

	@Test
	void earnedWhenAtAnyTimeShouldBeTheFlooredProduct() {
		Random random = new Random(20260101);
		for (int round = 0; round < 300; round++) {
			Rate rate = Rate.random(random);
			Refill refill = rate.refill();
			for (int reading = 0; reading < 100; reading++) {
				long elapsed = random.nextLong() >> random.nextInt(64);
				assertThat(refill.earned(elapsed)).isEqualTo(rate.exact(elapsed));
			}
		}
	}

	@Test
	void earnedWhenRateOrTimeIsAtItsBoundsShouldBeTheFlooredProduct() {
		for (Rate rate : List.of(new Rate(1, YEAR), new Rate(1, 10), new Rate(100_000_000, 1_000_000_000),
				new Rate(YEAR / 10, YEAR), new Rate(1, 16), new Rate(1, 1L << 54), new Rate(3, 1_000))) {
			for (long elapsed : new long[] { Long.MIN_VALUE, -YEAR, -1, 0, 1, 9, 10, YEAR, Long.MAX_VALUE }) {
				assertThat(rate.refill().earned(elapsed)).isEqualTo(rate.exact(elapsed));
			}
		}
	}

	@Test
	void earnedWhenRateIsAnyShouldGrowByAQuarterToHalfAUnitEachNanosecond() {
		Random random = new Random(20260102);
		for (int round = 0; round < 300; round++) {
			assertThat(Rate.random(random).refill().earned(1L << 40)).isBetween(1L << 38, 1L << 39);
		}
	}

	@Test
	void nanosUntilWhenUnitsAreMissingShouldBeTheShortestTime() {
		Random random = new Random(20260103);
		for (int round = 0; round < 2_000; round++) {
			Refill refill = Rate.random(random).refill();
			long elapsed = random.nextLong() >> (1 + random.nextInt(63));
			long missing = 1 + (random.nextLong() >>> (8 + random.nextInt(56)));
			long nanos = refill.nanosUntil(elapsed, missing);
			long target = refill.earned(elapsed) + missing;
			assertThat(refill.earned(elapsed + nanos)).isGreaterThanOrEqualTo(target);
			assertThat(refill.earned(elapsed + nanos - 1)).isLessThan(target);
		}
	}

	@Test
	void nanosUntilWhenNothingIsMissingShouldBeZero() {
		Refill refill = new Rate(10, 1_000).refill();
		assertThat(refill.nanosUntil(5, 0)).isZero();
		assertThat(refill.nanosUntil(5, -7)).isZero();
	}

	private record Rate(long limit, long period) {

		static Rate random(Random random) {
			long period = random.nextLong(10, (YEAR >> random.nextInt(50)) + 11);
			period = Math.min(period, YEAR);
			return new Rate(1 + random.nextLong(((period / 10) >> random.nextInt(50)) + 1) % (period / 10), period);
		}

		Refill refill() {
			return new Refill(RateLimiterConfig.builder()
				.limit(this.limit)
				.period(Duration.ofNanos(this.period))
				.burst(1)
				.build());
		}

		long exact(long elapsed) {
			BigInteger gain = BigInteger.valueOf(this.limit).multiply(BigInteger.valueOf(refill().units(1)));
			BigInteger[] parts = BigInteger.valueOf(elapsed)
				.multiply(gain)
				.divideAndRemainder(BigInteger.valueOf(this.period));
			return parts[0].longValueExact() - ((parts[1].signum() < 0) ? 1 : 0);
		}

	}

}
