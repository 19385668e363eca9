package dev.resilience.ratelimiter;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.Permit;
import dev.resilience.Pipeline;
import dev.resilience.PolicyEvent;
import dev.resilience.RecordingListener;
import dev.resilience.Trap;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

class AdaptiveRateTests {

	private final FakeTicker ticker = new FakeTicker();

	@ParameterizedTest
	@CsvSource({ "9, 91, 100", "10, 90, 80", "100, 0, 80", "0, 100, 100" })
	void rateWhenErrorsReachThresholdShouldBeCutByFactor(int errors, int successes, double expected) {
		RateLimiter limiter = limiter(config(100));
		end(limiter, errors, successes);
		nextInterval(limiter);
		assertThat(rate(limiter)).isEqualTo(expected);
	}

	@Test
	void rateWhenErrorsGoOnShouldFallToItsMinimumOnceAnInterval() {
		RateLimiter limiter = limiter(config(100).adaptive(AdaptiveConfig.builder().minRate(50).build()));
		RecordingListener listener = new RecordingListener();
		limiter.addListener(listener);
		double[] expected = { 80, 64, 51.2, 50, 50 };
		for (double rate : expected) {
			end(limiter, 2, 0);
			this.ticker.advance(Duration.ofMillis(999));
			end(limiter, 2, 0);
			assertThat(rate(limiter)).isGreaterThan(rate - 1e-9);
			this.ticker.advance(Duration.ofMillis(1));
			limiter.tryAcquirePermit();
			assertThat(rate(limiter)).isCloseTo(rate, within(1e-9));
		}
		assertThat(listener.await(4)).extracting(PolicyEvent::kind).containsOnly("rate").hasSize(4);
		assertThat(listener.events().get(0).message())
			.isEqualTo("rate-limiter 'orders' cut its rate from 100.0 to 80.00 per second: 100% of the calls failed");
		assertThat(listener.events().get(0).details()).containsEntry("from", 100.0)
			.containsEntry("to", 80.0)
			.containsEntry("errors", 100.0);
	}

	@Test
	void rateWhenHealthyAndUsedUpShouldRiseToItsMaximum() {
		RateLimiter limiter = limiter(config(100).adaptive(AdaptiveConfig.builder().maxRate(150).build()));
		for (double rate : new double[] { 120, 144, 150, 150 }) {
			end(limiter, 0, 5);
			ManualTicker.drain(limiter);
			nextInterval(limiter);
			assertThat(rate(limiter)).isEqualTo(rate);
		}
	}

	@Test
	@Trap(18)
	void rateWhenHealthyButNotUsedUpShouldNotRise() {
		RateLimiter limiter = limiter(config(100).adaptive(AdaptiveConfig.builder().maxRate(1_000).build()));
		for (int interval = 0; interval < 50; interval++) {
			end(limiter, 0, 50);
			nextInterval(limiter);
		}
		assertThat(rate(limiter)).isEqualTo(100);
	}

	@Test
	@Trap(18)
	void rateWhenOtherKeysStayBelowItShouldNotRise() {
		RateLimiter limiter = limiter(config(10).adaptive(AdaptiveConfig.builder().maxRate(1_000).build()));
		for (int interval = 0; interval < 20; interval++) {
			for (int key = 0; key < 100; key++) {
				((Permit) limiter.tryAcquire(CallContext.ofKey(key))).succeeded("fine", 0);
			}
			nextInterval(limiter);
		}
		assertThat(rate(limiter)).isEqualTo(10);
	}

	@Test
	@Trap(18)
	void rateWhenPoliciesRejectShouldCountNoErrors() {
		RateLimiter limiter = limiter(config(100));
		RateLimiter inner = new RateLimiter("inner",
				RateLimiterConfig.builder().limit(1).period(Duration.ofDays(1)).build(), this.ticker.source());
		inner.tryAcquirePermit();
		for (int interval = 0; interval < 20; interval++) {
			for (int call = 0; call < 150; call++) {
				assertThatExceptionOfType(RateLimitExceededException.class)
					.isThrownBy(() -> Pipeline.of(limiter, inner).call(() -> "never"));
			}
			nextInterval(limiter);
		}
		assertThat(limiter.snapshot().rejections().get("limit")).as("its own").isPositive();
		assertThat(inner.snapshot().rejections().get("limit")).as("further in").isPositive();
		assertThat(rate(limiter)).isEqualTo(100);
	}

	@Test
	void rateWhenCallsFailShouldHearItHoweverTheyAreRun() {
		RateLimiter limiter = limiter(config(100).burst(1).maxWait(Duration.ofMillis(100)));
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> limiter.call(() -> {
			throw new IllegalStateException("down");
		}));
		nextInterval(limiter);
		assertThat(rate(limiter)).isEqualTo(80);
		limiter.callAsync(() -> CompletableFuture.failedFuture(new IllegalStateException("down")));
		this.ticker.advance(Duration.ofSeconds(1));
		nextInterval(limiter);
		assertThat(rate(limiter)).as("after a call that waited").isEqualTo(64);
	}

	@Test
	void rateWhenIntervalIsOverShouldForgetItsOutcomes() {
		RateLimiter limiter = limiter(config(100).burst(1_000));
		end(limiter, 20, 80);
		nextInterval(limiter);
		assertThat(rate(limiter)).isEqualTo(80);
		end(limiter, 0, 9);
		nextInterval(limiter);
		assertThat(rate(limiter)).as("all went well").isEqualTo(80);
		end(limiter, 1, 9);
		nextInterval(limiter);
		assertThat(rate(limiter)).as("one of ten").isEqualTo(64);
	}

	@Test
	void rateWhenOnlyCallsAskShouldFollowThem() throws Exception {
		RateLimiter limiter = limiter(config(2).adaptive(AdaptiveConfig.builder().minRate(1).maxRate(9).build()));
		for (int call = 0; call < 2; call++) {
			limiter.call(() -> "fine");
		}
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> limiter.call(() -> "too many"));
		this.ticker.advance(Duration.ofSeconds(1));
		limiter.call(() -> "fine");
		assertThat(rate(limiter)).isEqualTo(2.4);
	}

	@Test
	void bucketWhenRateChangesShouldKeepWhatItHolds() {
		RateLimiter limiter = limiter(config(100).burst(50));
		end(limiter, 30, 0);
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(ManualTicker.drain(limiter)).as("full at the change").isEqualTo(50);
		assertThat(rate(limiter)).isEqualTo(80);
		this.ticker.advance(Duration.ofMillis(125));
		assertThat(ManualTicker.drain(limiter)).as("earned at the new rate").isEqualTo(10);
		this.ticker.advance(Duration.ofMillis(12));
		assertThat(ManualTicker.drain(limiter)).isZero();
	}

	@Test
	void bucketWhenRateChangesMidwayShouldEarnBothShares() {
		RateLimiter limiter = limiter(config(100).burst(100));
		assertThat(ManualTicker.drain(limiter)).isEqualTo(100);
		this.ticker.advance(Duration.ofMillis(600));
		end(limiter, 10, 0);
		this.ticker.advance(Duration.ofMillis(300));
		assertThat(available(limiter)).isEqualTo(80);
		assertThat(limiter.tryAcquirePermit()).isTrue();
		this.ticker.advance(Duration.ofMillis(100));
		assertThat(limiter.tryAcquirePermit()).as("the look cuts the rate").isTrue();
		assertThat(available(limiter)).isEqualTo(88);
		this.ticker.advance(Duration.ofMillis(125));
		assertThat(available(limiter)).isEqualTo(98);
	}

	@Test
	@Trap(14)
	void rateWhenItChangesOftenShouldBeKeptToAThousandth() {
		ManualTicker manual = new ManualTicker(-9);
		RateLimiter limiter = manual.limiter(RateLimiterConfig.builder()
			.limit(300_000)
			.burst(100)
			.algorithm(RateLimiterAlgorithm.ADAPTIVE)
			.adaptive(AdaptiveConfig.builder()
				.adjustmentPeriod(Duration.ofMillis(10))
				.minRate(7)
				.maxRate(900_000)
				.build()));
		double allowed = 100;
		double lowest = 300_000;
		double highest = 300_000;
		long granted = 0;
		for (int step = 0; step < 100_000; step++) {
			if (limiter.tryAcquire() instanceof Permit permit) {
				granted++;
				end(permit, step / 10_000 % 2 == 0);
			}
			granted += ManualTicker.drain(limiter);
			double rate = rate(limiter);
			lowest = Math.min(lowest, rate);
			highest = Math.max(highest, rate);
			manual.advance(70_001);
			allowed += rate * 70_001e-9;
		}
		assertThat(lowest).isLessThan(100_000);
		assertThat(highest).isGreaterThan(800_000);
		assertThat((double) granted).isBetween(allowed * 0.999, allowed * 1.001);
	}

	@Test
	void lookWhenTickerStepsBackShouldGoOnAdjusting() {
		RateLimiter limiter = limiter(config(100));
		Permit permit = permit(limiter);
		this.ticker.advance(Duration.ofHours(-1));
		nextInterval(limiter);
		end(permit, false);
		nextInterval(limiter);
		assertThat(rate(limiter)).isEqualTo(80);
	}

	@Test
	void resetShouldBeginAtTheLimitAgain() {
		RateLimiter limiter = limiter(config(100));
		end(limiter, 5, 0);
		nextInterval(limiter);
		limiter.reset();
		assertThat(rate(limiter)).isEqualTo(100);
	}

	@Test
	void lookWhenThreadsRaceShouldAdjustOnceAnInterval() throws Exception {
		RateLimiter limiter = limiter(config(1_000_000));
		var threads = Executors.newFixedThreadPool(4);
		try {
			for (int interval = 1; interval <= 5; interval++) {
				end(limiter, 9, 0);
				this.ticker.advance(Duration.ofSeconds(1));
				var running = new CompletableFuture<?>[4];
				for (int thread = 0; thread < 4; thread++) {
					running[thread] = CompletableFuture.runAsync(() -> {
						for (int ask = 0; ask < 500; ask++) {
							limiter.tryAcquirePermit();
						}
					}, threads);
				}
				CompletableFuture.allOf(running).get();
				assertThat(rate(limiter)).isCloseTo(1_000_000 * Math.pow(0.8, interval), within(1.0));
			}
		}
		finally {
			threads.shutdown();
		}
	}

	@Test
	void snapshotShouldShowSettings() {
		assertThat(limiter(config(100)).snapshot().config()).containsEntry("algorithm", "adaptive")
			.containsEntry("error-threshold", 10)
			.containsEntry("adjustment-factor", 20)
			.containsEntry("adjustment-period", Duration.ofSeconds(1))
			.containsEntry("min-rate", 10L)
			.containsEntry("max-rate", 100L);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
			0   | 20 | PT1S   | 1  | 99 | 'error-threshold' is '0' but must be between 1 and 100
			101 | 20 | PT1S   | 1  | 99 | 'error-threshold' is '101'
			10  | 0  | PT1S   | 1  | 99 | 'adjustment-factor' is '0' but must be between 1 and 90
			10  | 91 | PT1S   | 1  | 99 | 'adjustment-factor' is '91'
			10  | 20 | PT0.009S | 1  | 99 | 'adjustment-period' is 'PT0.009S' but must be between 10 ms and 1 day
			10  | 20 | PT25H  | 1  | 99 | 'adjustment-period' is 'PT25H'
			10  | 20 | PT1S   | 0  | 99 | 'min-rate' is '0' but must be at least 1
			10  | 20 | PT1S   | 51 | 99 | 'min-rate' is '51' but must be at most the 'limit' of 50
			10  | 20 | PT1S   | 1  | 49 | 'max-rate' is '49' but must be at least the 'limit' of 50
			10  | 20 | PT1S   | 1  | 0  | 'max-rate' is '0' but must be at least 1
			10  | 20 | PT1S   | 1  | 100000001 | 'max-rate' is '100000001' but must be at most 100,000,000 a second
			""")
	void createWhenValueIsWrongShouldNameProperty(int threshold, int factor, Duration period, long min, long max,
			String message) {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> config(50).adaptive(new AdaptiveConfig(threshold, factor, period, min, max)).build())
			.withMessageStartingWith(message);
	}

	@ParameterizedTest
	@CsvSource({ "1, 1, PT0.010S, 1, 1", "100, 90, P1D, 1, 1" })
	void createWhenValueIsAtItsLimitShouldAccept(int threshold, int factor, Duration period, long min, long max) {
		AdaptiveConfig adaptive = new AdaptiveConfig(threshold, factor, period, min, max);
		assertThat(config(1).adaptive(adaptive).build().adaptive()).isEqualTo(adaptive);
	}

	@Test
	void createWhenLowestRateNeedsTooLongForBurstShouldNameBurst() {
		RateLimiterConfig.Builder config = config(10_000).period(Duration.ofDays(1)).burst(3_651);
		assertThatIllegalArgumentException()
			.isThrownBy(() -> config.adaptive(AdaptiveConfig.builder().minRate(1).build()).build())
			.withMessageStartingWith("'burst' is '3651' but must be earned within 3650 days");
		assertThat(config.burst(3_650).build().burst()).isEqualTo(3_650);
	}

	private RateLimiter limiter(RateLimiterConfig.Builder config) {
		return new RateLimiter("orders", config.build(), this.ticker.source());
	}

	private static RateLimiterConfig.Builder config(long limit) {
		return RateLimiterConfig.builder().limit(limit).algorithm(RateLimiterAlgorithm.ADAPTIVE);
	}

	private void nextInterval(RateLimiter limiter) {
		this.ticker.advance(Duration.ofSeconds(1));
		limiter.tryAcquirePermit();
	}

	private static double rate(RateLimiter limiter) {
		return gauge(limiter, "current-rate");
	}

	private static double available(RateLimiter limiter) {
		return gauge(limiter, "available");
	}

	private static double gauge(RateLimiter limiter, String name) {
		return Objects.requireNonNull(limiter.snapshot().gauges().get(name));
	}

	/**
	 * Ends so many calls; where there are no permits left, those of earlier ones.
	 */
	private static void end(RateLimiter limiter, int errors, int successes) {
		for (int call = 0; call < errors + successes; call++) {
			end(permit(limiter), call >= errors);
		}
	}

	private static Permit permit(RateLimiter limiter) {
		Admission admission = limiter.admit(CallContext.NONE.withoutWaiting());
		assertThat(admission).isInstanceOf(Permit.class);
		return (Permit) admission;
	}

	private static void end(Permit permit, boolean healthy) {
		if (healthy) {
			permit.succeeded("fine", 0);
		}
		else {
			permit.failed(new IllegalStateException("down"), 0);
		}
	}

}
