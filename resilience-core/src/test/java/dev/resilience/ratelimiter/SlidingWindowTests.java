package dev.resilience.ratelimiter;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import dev.resilience.Trap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class SlidingWindowTests {

	// The period is no multiple of 60: slots must not be rounded down.
	private static final long PERIOD = 60_059;

	private static final long WIDTH = 1_001;

	@ParameterizedTest
	@CsvSource({ "false, 1", "false, 7", "false, 100", "true, 1", "true, 7", "true, 100" })
	@Trap(13)
	void takeWhenBurstsComeAroundEveryEdgeShouldKeepTheLimitInEveryWindow(boolean exact, int limit) {
		for (long origin : new long[] { 0, -7 * PERIOD, 12_345 }) {
			Proof proof = new Proof(exact, limit, new Random(limit));
			for (long edge = 0; edge < 8 * 61; edge++) {
				for (long step = -1; step <= 1; step++) {
					proof.ask(origin + edge * WIDTH + step, 1 + (int) (edge % 3), 2);
					proof.ask(origin + edge / 61 * PERIOD + edge % 61 * WIDTH + step, 1, 2);
				}
			}
			for (long window = 9; window < 40; window++) {
				proof.ask(origin + window * PERIOD - 1, 1, 2 * limit);
				proof.ask(origin + window * PERIOD, 1, 2 * limit);
				proof.ask(origin + window * PERIOD + WIDTH - 1, 1, 2 * limit);
			}
			proof.check();
		}
	}

	@ParameterizedTest
	@CsvSource({ "false, 1", "false, 10", "false, 60", "true, 1", "true, 10", "true, 60" })
	@Trap(13)
	void takeWhenLoadIsRandomShouldKeepTheLimitInEveryWindow(boolean exact, int limit) {
		Random random = new Random(limit);
		Proof proof = new Proof(exact, limit, random);
		long time = random.nextLong(-PERIOD, PERIOD);
		for (int arrival = 0; arrival < 40_000; arrival++) {
			time += (long) (PERIOD / (double) limit * random.nextExponential() * (random.nextInt(3) + 0.1));
			proof.ask(time, 1 + random.nextInt(Math.min(limit, 4)), 1);
		}
		assertThat(proof.granted).as("the limit is used").isGreaterThan(5_000);
		proof.check();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	@Trap(13)
	void takeWhenCallsWaitAndGiveUpShouldKeepTheLimitInEveryWindow(boolean exact) {
		for (int seed = 0; seed < 10; seed++) {
			Random random = new Random(seed);
			Proof proof = new Proof(exact, 1 + random.nextInt(20), random);
			long time = 0;
			for (int arrival = 0; arrival < 4_000; arrival++) {
				time += random.nextLong(PERIOD / proof.limit);
				proof.reserve(time, 1 + random.nextInt(Math.min(proof.limit, 3)), 3 * PERIOD);
				if (random.nextInt(3) == 0) {
					proof.giveUp();
				}
			}
			proof.check();
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	@Trap(13)
	void takeWhenAskedRightBeforeAPermitIsDueShouldKeepTheLimitInEveryWindow(boolean exact) {
		Random random = new Random(8);
		for (int limit = 1; limit < 6; limit++) {
			Proof proof = new Proof(exact, limit, random);
			for (int round = 0; round < 2_000; round++) {
				proof.ask(proof.now + random.nextLong(WIDTH), 1, 1);
				proof.ask(proof.firstOfWindow() + PERIOD - 1, 1, 1);
				proof.ask(proof.firstOfWindow() + PERIOD, 1, 1);
			}
			proof.check();
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void takeWhenSomebodyWaitsShouldNotOvertake(boolean exact) {
		ManualTicker ticker = new ManualTicker(0);
		WindowSupply supply = new WindowSupply(config(10).exact(exact).build(), new Stopwatch(ticker));
		SlidingWindow window = new SlidingWindow(supply);
		assertThat(window.take(6, 0, 0)).isZero();
		assertThat(window.take(4, PERIOD / 2, 0)).isZero();
		long first = window.take(5, PERIOD / 2, 9 * PERIOD);
		long second = PERIOD / 2 + window.take(5, PERIOD / 2, 9 * PERIOD);
		window.giveBack(5, PERIOD / 2 + first);
		assertThat(window.take(1, second - 1, 0)).as("there is room, but somebody waits").isEqualTo(Allowance.REFUSED);
		assertThat(window.available(second - 1)).isZero();
		assertThat(window.nanosUntilGranted(1, second - 1).getAsLong()).isEqualTo(1);
		assertThat(window.take(1, second, 0)).isZero();
	}

	@Test
	void takeWhenExactShouldGrantAgainAfterExactlyThePeriod() {
		SlidingWindow window = window(config(3).exact(true));
		assertThat(window.take(1, 10, 0)).isZero();
		assertThat(window.take(2, 20, 0)).isZero();
		assertThat(window.take(1, 9 + PERIOD, 0)).isEqualTo(Allowance.REFUSED);
		assertThat(window.take(1, 10 + PERIOD, 0)).isZero();
		assertThat(window.take(2, 19 + PERIOD, 0)).isEqualTo(Allowance.REFUSED);
		assertThat(window.take(2, 20 + PERIOD, 0)).isZero();
	}

	@Test
	void takeWhenCountedInSlotsShouldBeAtMostASixtiethLate() {
		for (long offset = 0; offset < WIDTH; offset += 997) {
			SlidingWindow window = window(config(1));
			assertThat(window.take(1, offset, 0)).isZero();
			assertThat(window.take(1, offset + PERIOD - 1, 0)).isEqualTo(Allowance.REFUSED);
			assertThat(window.take(1, offset + PERIOD + PERIOD / 60 + 61, 0)).isZero();
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void nanosUntilGrantedShouldBeTheShortestWait(boolean exact) {
		Random random = new Random(5);
		for (int round = 0; round < 300; round++) {
			SlidingWindow window = window(config(10).exact(exact));
			long time = random.nextLong(-PERIOD, PERIOD);
			for (int call = 0; call < 30; call++) {
				window.take(1 + random.nextInt(3), time, PERIOD);
				time += random.nextLong(PERIOD / 10);
			}
			int weight = 1 + random.nextInt(10);
			long nanos = window.nanosUntilGranted(weight, time).getAsLong();
			if (nanos > 0) {
				assertThat(window.take(weight, time + nanos - 1, 0)).isEqualTo(Allowance.REFUSED);
			}
			assertThat(window.take(weight, time + nanos, 0)).isZero();
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void giveBackWhenAllWaitersGiveUpShouldLeaveNothing(boolean exact) {
		Random random = new Random(6);
		for (int round = 0; round < 100; round++) {
			ManualTicker ticker = new ManualTicker(0);
			WindowSupply supply = new WindowSupply(config(10).exact(exact).build(), new Stopwatch(ticker));
			SlidingWindow window = new SlidingWindow(supply);
			SlidingWindow twin = new SlidingWindow(supply);
			for (int call = 0; call < 12; call++) {
				ticker.advance(random.nextLong(PERIOD / 20));
				assertThat(window.take(1, supply.elapsed(), 0)).isEqualTo(twin.take(1, supply.elapsed(), 0));
			}
			List<long[]> waiters = new ArrayList<>();
			for (int call = 0; call < 20; call++) {
				long elapsed = supply.elapsed();
				int weight = 1 + random.nextInt(10);
				waiters.add(new long[] { weight, elapsed + window.take(weight, elapsed, 100 * PERIOD) });
				ticker.advance(random.nextLong(PERIOD / 1_000));
			}
			while (!waiters.isEmpty()) {
				long[] waiter = waiters.remove(random.nextInt(waiters.size()));
				window.giveBack((int) waiter[0], waiter[1]);
			}
			for (int step = 0; step < 30; step++) {
				ticker.advance(PERIOD / 25);
				assertThat(window.available(supply.elapsed())).isEqualTo(twin.available(supply.elapsed()));
			}
			assertThat(window.isFresh()).isTrue();
		}
	}

	@ParameterizedTest
	@CsvSource({ "false, 60060", "true, 60058" })
	void giveBackWhenItCountsForTheLastTimeShouldFreeAPlace(boolean exact, long last) {
		ManualTicker ticker = new ManualTicker(0);
		SlidingWindow window = new SlidingWindow(
				new WindowSupply(config(2).exact(exact).build(), new Stopwatch(ticker)));
		window.take(1, 0, 0);
		ticker.advance(last);
		assertThat(window.take(2, last, 0)).as("it still counts").isEqualTo(Allowance.REFUSED);
		window.giveBack(1, 0);
		assertThat(window.take(2, last, 0)).isZero();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void lookWhenPeriodIsOverShouldFindNothingUsed(boolean exact) {
		ManualTicker ticker = new ManualTicker(0);
		WindowSupply supply = new WindowSupply(config(2).exact(exact).build(), new Stopwatch(ticker));
		SlidingWindow asked = new SlidingWindow(supply);
		SlidingWindow idle = new SlidingWindow(supply);
		asked.take(2, 0, 0);
		idle.take(1, 0, 0);
		assertThat(asked.available(0)).isZero();
		assertThat(idle.available(0)).as("in the slot of the last call").isEqualTo(1);
		assertThat(idle.isFresh()).isFalse();
		ticker.advance(2 * PERIOD);
		assertThat(asked.nanosUntilGranted(2, 2 * PERIOD).getAsLong()).isZero();
		assertThat(idle.isFresh()).isTrue();
	}

	@ParameterizedTest
	@CsvSource({ "900, 900, 900", "5, 2000, 1000" })
	@Trap(13)
	void takeWhenSlotsBecomeExactShouldCountFromTheLatestPossibleTime(long taken, long changed, long counts) {
		ManualTicker ticker = new ManualTicker(0);
		WindowSupply supply = new WindowSupply(config(1).build(), new Stopwatch(ticker));
		SlidingWindow window = new SlidingWindow(supply);
		window.take(1, taken, 0);
		supply.reconfigure(config(1).exact(true).build());
		assertThat(window.available(changed)).isZero();
		assertThat(window.take(1, counts + PERIOD - 1, 0)).isEqualTo(Allowance.REFUSED);
		assertThat(window.take(1, counts + PERIOD, 0)).isZero();
	}

	@Test
	void isFreshWhenOnlyTheSettingsChangedShouldBeSo() {
		WindowSupply supply = new WindowSupply(config(1).build(), new Stopwatch(() -> 0));
		SlidingWindow window = new SlidingWindow(supply);
		supply.reconfigure(config(2).build());
		assertThat(window.isFresh()).isTrue();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void giveBackWhenPeriodIsOverShouldChangeNothing(boolean exact) {
		ManualTicker ticker = new ManualTicker(0);
		RateLimiterConfig config = config(2).exact(exact).build();
		SlidingWindow window = new SlidingWindow(new WindowSupply(config, new Stopwatch(ticker)));
		window.take(1, 0, 0);
		ticker.advance(2 * PERIOD);
		window.take(2, 2 * PERIOD, 0);
		window.giveBack(1, 0);
		assertThat(window.take(1, 2 * PERIOD, 0)).isEqualTo(Allowance.REFUSED);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	@Trap(16)
	void tryAcquirePermitWhenIdleOrNegativeOrWrappingShouldGrantTheLimitOnce(boolean exact) {
		for (long origin : new long[] { Long.MIN_VALUE, -1, 0, Long.MAX_VALUE - 3 * PERIOD, Long.MAX_VALUE }) {
			for (long idle : new long[] { 2 * PERIOD, Duration.ofDays(36_500).toNanos(), Long.MAX_VALUE }) {
				ManualTicker ticker = new ManualTicker(origin);
				RateLimiter limiter = ticker.limiter(config(5).exact(exact));
				assertThat(ManualTicker.drain(limiter)).isEqualTo(5);
				ticker.advance(PERIOD / 2);
				assertThat(ManualTicker.drain(limiter)).isZero();
				ticker.advance(idle - PERIOD / 2);
				assertThat(ManualTicker.drain(limiter)).isEqualTo(5);
			}
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	@Trap(16)
	void tryAcquirePermitWhenTickerStallsOrStepsBackShouldNeitherStarveNorGrantTwice(boolean exact) {
		ManualTicker ticker = new ManualTicker(0);
		RateLimiter limiter = ticker.limiter(config(5).exact(exact));
		ticker.advance(-Duration.ofHours(1).toNanos());
		assertThat(limiter.tryAcquirePermit()).isTrue();
		ticker.advance(-PERIOD / 2);
		assertThat(ManualTicker.drain(limiter)).as("the rest, though time has stepped back").isEqualTo(4);
		assertThat(ManualTicker.drain(limiter)).as("nothing while time stands still").isZero();
		ticker.advance(PERIOD / 2);
		assertThat(ManualTicker.drain(limiter)).as("nothing is granted twice").isZero();
		ticker.advance(PERIOD + PERIOD / 60 + 61);
		assertThat(ManualTicker.drain(limiter)).isEqualTo(5);
	}

	private static RateLimiterConfig.Builder config(int limit) {
		return RateLimiterConfig.builder()
			.limit(limit)
			.period(Duration.ofNanos(PERIOD))
			.algorithm(RateLimiterAlgorithm.SLIDING_WINDOW);
	}

	private static SlidingWindow window(RateLimiterConfig.Builder config) {
		return new SlidingWindow(new WindowSupply(config.build(), new Stopwatch(() -> 0)));
	}

	/**
	 * A window beside a list of all that it granted, which counts every true window.
	 */
	private static final class Proof {

		private final boolean exact;

		private final int limit;

		private final Random random;

		private final ManualTicker ticker = new ManualTicker(0);

		private final SlidingWindow window;

		private final List<long[]> grants = new ArrayList<>();

		private long now;

		private int granted;

		Proof(boolean exact, int limit, Random random) {
			this.exact = exact;
			this.limit = limit;
			this.random = random;
			this.window = new SlidingWindow(
					new WindowSupply(config(limit).exact(exact).build(), new Stopwatch(this.ticker)));
		}

		void ask(long time, int weight, int times) {
			this.now = this.grants.isEmpty() ? time : Math.max(this.now, time);
			for (int ask = 0; ask < times && weight <= this.limit; ask++) {
				long before = used(this.now, PERIOD) + weight;
				boolean passed = this.window.take(weight, this.now, 0) == 0;
				if (passed) {
					this.grants.add(new long[] { this.now, weight });
					this.granted++;
				}
				else {
					long late = this.exact ? PERIOD : PERIOD + PERIOD / 60 + 61;
					assertThat(used(this.now, late) + weight).as("no call is refused in vain")
						.isGreaterThan(this.limit);
				}
				if (this.exact) {
					assertThat(passed).isEqualTo(before <= this.limit);
				}
			}
		}

		long firstOfWindow() {
			int index = this.grants.size() - 1;
			while (index > 0 && this.now - this.grants.get(index - 1)[0] < PERIOD) {
				index--;
			}
			return this.grants.get(index)[0];
		}

		void reserve(long time, int weight, long maxWait) {
			this.ticker.advance(time - this.now);
			this.now = time;
			long wait = this.window.take(weight, time, maxWait);
			if (wait >= 0) {
				this.grants.add(new long[] { time + wait, weight });
			}
		}

		void giveUp() {
			int index = Math.max(0, this.grants.size() - 1 - this.random.nextInt(20));
			if (index < this.grants.size() && this.grants.get(index)[0] > this.now) {
				long[] waiter = this.grants.remove(index);
				this.window.giveBack((int) waiter[1], waiter[0]);
			}
		}

		void check() {
			for (int last = 0; last < this.grants.size(); last++) {
				long sum = 0;
				for (int index = last; index >= 0; index--) {
					if (this.grants.get(last)[0] - this.grants.get(index)[0] >= PERIOD) {
						break;
					}
					sum += this.grants.get(index)[1];
				}
				assertThat(sum).as("the window that ends with grant %d", last).isLessThanOrEqualTo(this.limit);
			}
		}

		private long used(long time, long length) {
			long sum = 0;
			for (int index = this.grants.size() - 1; index >= 0; index--) {
				if (time - this.grants.get(index)[0] >= length) {
					break;
				}
				sum += this.grants.get(index)[1];
			}
			return sum;
		}

	}

}
