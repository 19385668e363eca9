package dev.resilience.ratelimiter;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;

import com.sun.management.ThreadMXBean;
import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import dev.resilience.Permit;
import dev.resilience.PolicyEvent;
import dev.resilience.PolicySnapshot;
import dev.resilience.RecordingListener;
import dev.resilience.Trap;
import dev.resilience.time.ClosableSleeper;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.Ticker;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class RateLimiterTests {

	private final FakeTicker ticker = new FakeTicker();

	@Test
	void callWhenBurstIsUsedUpShouldReject() throws Exception {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(20).burst(2));
		assertThat(limiter.call(() -> "a")).isEqualTo("a");
		assertThat(limiter.call(() -> "b")).isEqualTo("b");
		this.ticker.advance(Duration.ofMillis(12));
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> limiter.call(() -> "c"))
			.withMessage("rate limiter 'orders' is exhausted: 20 per 1s, burst 2; next permit in 38 ms")
			.satisfies((ex) -> {
				assertThat(ex.category()).isEqualTo(CallRejectedException.Category.LIMITED);
				assertThat(ex.reason()).isEqualTo("limit");
				assertThat(ex.policyType()).isEqualTo("rate-limiter");
				assertThat(ex.policyName()).isEqualTo("orders");
				assertThat(ex.retryAfter()).isEqualTo(Duration.ofMillis(38));
			});
	}

	@Test
	void callWhenCalleeFailsShouldHaveSpentThePermit() {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(1));
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> limiter.call(() -> {
			throw new IllegalStateException("down");
		}));
		assertThat(limiter.tryAcquirePermit()).isFalse();
	}

	@Test
	void callAsyncWhenExhaustedShouldFailTheStage() {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(1));
		assertThat(limiter.callAsync(() -> CompletableFuture.completedFuture(7)).toCompletableFuture())
			.isCompletedWithValue(7);
		assertThat(limiter.callAsync(() -> CompletableFuture.completedFuture(7)).toCompletableFuture())
			.failsWithin(Duration.ZERO)
			.withThrowableThat()
			.withCauseInstanceOf(RateLimitExceededException.class);
	}

	@Test
	void callAsyncWhenItIsCancelledAndItsTimerCannotBeShouldEndAllTheSame() {
		ClosableSleeper sleeper = new ClosableSleeper(this.ticker, new IOException("shut down"));
		RateLimiter limiter = new RateLimiter("orders",
				RateLimiterConfig.builder().limit(1).maxWait(Duration.ofSeconds(2)).build(), sleeper.source());
		assertThat(limiter.tryAcquire()).isInstanceOf(Permit.class);
		CompletableFuture<Integer> call = limiter.callAsync(() -> CompletableFuture.completedFuture(7))
			.toCompletableFuture();
		sleeper.close(true);
		assertThat(call.cancel(true)).isTrue();
		assertThat(call).isCancelled();
		assertThat(limiter.snapshot().calls()).containsEntry("cancelled", 1L);
		assertThat(limiter.snapshot().gauges()).containsEntry("waiting", 0.0);
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(call).isCancelled();
	}

	@Test
	void admitWhenGrantedShouldBeInert() {
		assertThat(limiter(RateLimiterConfig.builder().limit(1)).admit(CallContext.NONE)).isSameAs(Permit.INERT);
	}

	@Test
	void admitWhenWeightedShouldTakeThatManyPermits() {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(10));
		assertThat(limiter.admit(weight(7))).isSameAs(Permit.INERT);
		assertThat(limiter.admit(weight(4))).isInstanceOfSatisfying(Admission.Rejection.class, (rejection) -> {
			assertThat(rejection.retryAfter()).isEqualTo(Duration.ofMillis(100));
			assertThat(rejection.explain()).endsWith("; next 4 permits in 100 ms");
		});
		assertThat(limiter.admit(weight(3))).isSameAs(Permit.INERT);
		assertThat(limiter.tryAcquirePermit()).isFalse();
	}

	@Test
	void admitWhenWeightIsOverBurstShouldNameWeightBurstAndRemedy() {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(10).burst(5).maxWait(Duration.ofMinutes(1)));
		assertThatIllegalArgumentException().isThrownBy(() -> limiter.admit(weight(6)))
			.withMessage("'weight' is '6' but must be at most the burst of 5 of rate-limiter 'orders': "
					+ "ask for fewer permits at once, or raise 'burst'");
		assertThat(limiter.snapshot().gauges()).containsEntry("available", 5.0);
	}

	@Test
	void tryAcquirePermitWhenRefilledShouldGrant() {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(3).period(Duration.ofMinutes(1)));
		assertThat(ManualTicker.drain(limiter)).isEqualTo(3);
		this.ticker.advance(Duration.ofSeconds(20).minusNanos(1));
		assertThat(limiter.tryAcquirePermit()).isFalse();
		this.ticker.advance(Duration.ofNanos(1));
		assertThat(limiter.tryAcquirePermit()).isTrue();
		assertThat(limiter.tryAcquirePermit()).isFalse();
		this.ticker.advance(Duration.ofDays(1));
		assertThat(ManualTicker.drain(limiter)).isEqualTo(3);
	}

	@Test
	void tryAcquirePermitWhenTakenLateAfterIdlingShouldNotBeBackBeforeAWholeInterval() {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(1).period(Duration.ofMinutes(1)));
		this.ticker.advance(Duration.ofSeconds(179).plusNanos(123_456_789));
		assertThat(limiter.tryAcquirePermit()).isTrue();
		this.ticker.advance(Duration.ofMinutes(1).minusNanos(4));
		assertThat(limiter.tryAcquirePermit()).isFalse();
		this.ticker.advance(Duration.ofNanos(4));
		assertThat(limiter.tryAcquirePermit()).isTrue();
	}

	@Test
	@Trap(16)
	void tryAcquirePermitWhenIdleAsLongAsALongCanCountShouldGrantOneBurst() {
		for (long idle : new long[] { Duration.ofDays(1).toNanos(), Duration.ofDays(36_500).toNanos(),
				Long.MAX_VALUE }) {
			ManualTicker manual = new ManualTicker(-5);
			RateLimiter limiter = manual.limiter(RateLimiterConfig.builder().limit(3_000_000).burst(7));
			assertThat(ManualTicker.drain(limiter)).isEqualTo(7);
			manual.advance(idle);
			assertThat(ManualTicker.drain(limiter)).isEqualTo(7);
		}
	}

	@ParameterizedTest
	@ValueSource(longs = { Long.MIN_VALUE, -1_000_000_000, -1, 0, Long.MAX_VALUE, Long.MAX_VALUE - 1_500_000_000 })
	@Trap(16)
	void tryAcquirePermitWhenTickerIsNegativeOrWrapsShouldKeepTheRate(long origin) {
		ManualTicker manual = new ManualTicker(origin);
		RateLimiter limiter = manual.limiter(RateLimiterConfig.builder().limit(10).burst(2));
		assertThat(ManualTicker.drain(limiter)).isEqualTo(2);
		for (int step = 0; step < 50; step++) {
			manual.advance(99_999_996);
			assertThat(limiter.tryAcquirePermit()).isFalse();
			manual.advance(4);
			assertThat(ManualTicker.drain(limiter)).isEqualTo(1);
		}
	}

	@Test
	@Trap(16)
	void tryAcquirePermitWhenTickerStallsOrStepsBackShouldNeitherStarveNorGrantTwice() {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(10).burst(3));
		this.ticker.advance(Duration.ofHours(-1));
		assertThat(ManualTicker.drain(limiter)).as("a fresh bucket is full at any time").isEqualTo(3);
		assertThat(ManualTicker.drain(limiter)).as("nothing is earned while time stands still").isZero();
		this.ticker.advance(Duration.ofMillis(-250));
		assertThat(ManualTicker.drain(limiter)).as("nothing is granted twice").isZero();
		this.ticker.advance(Duration.ofMillis(250));
		assertThat(ManualTicker.drain(limiter)).isZero();
		this.ticker.advance(Duration.ofMillis(100));
		assertThat(ManualTicker.drain(limiter)).isEqualTo(1);
	}

	@ParameterizedTest
	@CsvSource({ "1, 2, 3600, 77777777", "1000, 20, 30, 999979", "3000000, 100, 4, 7001", "3000000, 2, 1, 97",
			"7, 3, 1000, 30000001" })
	@Trap(14)
	void tryAcquirePermitWhenAskedWithoutPauseShouldKeepTheRateToAThousandth(long limit, long burst, long seconds,
			long step) {
		ManualTicker manual = new ManualTicker(-1);
		RateLimiter limiter = manual.limiter(RateLimiterConfig.builder().limit(limit).burst(burst));
		long total = seconds * 1_000_000_000;
		long granted = 0;
		long now = 0;
		double over = 0;
		while (now < total) {
			granted += ManualTicker.drain(limiter);
			over = Math.max(over, granted - burst - limit * (double) now / 1e9);
			manual.advance(step);
			now += step;
		}
		assertThat(over).isZero();
		assertThat((double) (granted - burst)).isBetween(limit * seconds * 0.999 - 1, (double) limit * seconds);
	}

	@Test
	void admitWhenLoadIsRandomShouldAgreeWithExactArithmetic() {
		for (int seed = 0; seed < 60; seed++) {
			new Comparison(new Random(seed)).run(1_000);
		}
	}

	@Test
	void tryAcquirePermitWhenManyThreadsAskAtOnceShouldGrantTheBurst() throws Exception {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(5_000));
		AtomicInteger granted = new AtomicInteger();
		concurrently(4, (thread) -> {
			for (int ask = 0; ask < 10_000; ask++) {
				granted.addAndGet(limiter.tryAcquirePermit() ? 1 : 0);
			}
		});
		assertThat(granted).hasValue(5_000);
		assertThat(limiter.snapshot().calls()).containsEntry("granted", 5_000L);
		assertThat(limiter.snapshot().rejections()).containsEntry("limit", 35_000L);
	}

	@Test
	void admitWhenKeyedShouldHaveOneBucketForEachKey() {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(2));
		assertThat(grants(limiter, CallContext.ofKey("a"), 5)).isEqualTo(2);
		assertThat(grants(limiter, CallContext.ofKey("b"), 5)).isEqualTo(2);
		assertThat(grants(limiter, CallContext.NONE, 5)).isEqualTo(2);
		assertThat(limiter.snapshot().gauges()).containsEntry("keys", 2.0);
		assertThat(limiter.snapshot().rejections()).containsEntry("limit", 9L);
	}

	@Test
	void admitWhenKeysFloodShouldResetNobodysLimitAndStayBounded() {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(2).maxKeys(50));
		assertThat(grants(limiter, CallContext.ofKey("victim"), 3)).isEqualTo(2);
		int granted = 0;
		for (int key = 0; key < 2_000; key++) {
			granted += grants(limiter, CallContext.ofKey(key), 3);
		}
		assertThat(granted).as("49 keys of their own, and one bucket for the rest").isEqualTo(49 * 2 + 2);
		assertThat(grants(limiter, CallContext.ofKey("victim"), 3)).isZero();
		assertThat(limiter.snapshot().gauges()).containsEntry("keys", 50.0);
		this.ticker.advance(Duration.ofSeconds(2));
		assertThat(grants(limiter, CallContext.ofKey("newcomer"), 3)).isEqualTo(2);
	}

	@Test
	void admitWhenBucketIsEvictedBeforeItIsUsedShouldTakeFromItsSuccessor() {
		AtomicReference<@Nullable Runnable> meanwhile = new AtomicReference<>();
		Ticker interruptible = () -> {
			Runnable once = meanwhile.getAndSet(null);
			if (once != null) {
				once.run();
			}
			return 0;
		};
		RateLimiter limiter = new RateLimiter("orders", RateLimiterConfig.builder().limit(1).maxKeys(1).build(),
				new TimeSource(interruptible, Clock.systemUTC(), this.ticker));
		meanwhile.set(() -> assertThat(grants(limiter, CallContext.ofKey("b"), 1)).isEqualTo(1));
		assertThat(grants(limiter, CallContext.ofKey("a"), 1)).as("from the bucket that others share").isEqualTo(1);
		assertThat(meanwhile).hasNullValue();
		assertThat(grants(limiter, CallContext.ofKey("a"), 3) + grants(limiter, CallContext.ofKey("c"), 3)).isZero();
	}

	@Test
	void explainWhenKeyedShouldNotTellTheKey() {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(1));
		CallContext context = CallContext.ofKey("alice@example.org");
		grants(limiter, context, 1);
		assertThatExceptionOfType(RateLimitExceededException.class)
			.isThrownBy(() -> limiter.call(context, () -> "never"))
			.satisfies((ex) -> assertThat(ex.getMessage() + ex + ex.decisionId()).doesNotContain("alice"));
		assertThat(limiter.snapshot().toString()).doesNotContain("alice");
	}

	@Test
	void retryAfterWhenWaitedForExactlyShouldBeTheShortestWait() {
		Random random = new Random(20260104);
		for (int round = 0; round < 500; round++) {
			ManualTicker manual = new ManualTicker(random.nextLong());
			RateLimiter limiter = manual.limiter(RateLimiterConfig.builder()
				.limit(1 + random.nextInt(5_000))
				.period(Duration.ofNanos(1_000_000 + random.nextLong(1L << random.nextInt(50))))
				.burst(10));
			manual.advance(random.nextLong(1L << 50));
			limiter.tryAcquire(weight(1 + random.nextInt(10)));
			Duration wait = ((Exhausted) limiter.admit(weight(10))).retryAfter();
			manual.advance(wait.toNanos() - 1);
			assertThat(limiter.admit(weight(10))).isInstanceOf(Admission.Rejection.class);
			manual.advance(1);
			assertThat(limiter.admit(weight(10))).isSameAs(Permit.INERT);
		}
	}

	@Test
	void retryAfterWhenReadLateShouldCountFromTheRejection() {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(1));
		limiter.tryAcquirePermit();
		Admission.Rejection rejection = (Admission.Rejection) limiter.admit(CallContext.NONE);
		this.ticker.advance(Duration.ofMillis(700));
		limiter.reset();
		assertThat(rejection.retryAfter()).isEqualTo(Duration.ofSeconds(1));
	}

	@ParameterizedTest
	@EnumSource
	void admitWhenKeysHaveAllTheirPermitsBackShouldMakeRoomForOthers(RateLimiterAlgorithm algorithm) {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(4).maxKeys(2).algorithm(algorithm));
		grants(limiter, CallContext.ofKey("a"), 1);
		grants(limiter, CallContext.ofKey("b"), 1);
		this.ticker.advance(Duration.ofSeconds(2));
		assertThat(grants(limiter, CallContext.ofKey("c"), 9)).isEqualTo(4);
		assertThat(grants(limiter, CallContext.ofKey("d"), 9)).as("not out of what c shares").isEqualTo(4);
	}

	@Test
	@Trap(19)
	void snapshotWhenCallsWereRejectedShouldCountThemByReason() throws Exception {
		RateLimiter limiter = limiter(
				RateLimiterConfig.builder().limit(4).maxWait(Duration.ofMinutes(1)).maxWaiting(0));
		assertThat(limiter.snapshot().rejections())
			.isEqualTo(Map.of("limit", 0L, "max-waiting", 0L, "missing-key", 0L, "invalid-key", 0L));
		assertThat(limiter.tryAcquirePermit()).isTrue();
		assertThat(limiter.tryAcquire()).isInstanceOf(Permit.class);
		limiter.call(() -> "third");
		assertThat(limiter.admit(CallContext.NONE)).isSameAs(Permit.INERT);
		assertThat(limiter.tryAcquirePermit()).isFalse();
		assertThat(limiter.tryAcquire()).isInstanceOf(Admission.Rejection.class);
		assertThatExceptionOfType(RateLimitExceededException.class)
			.isThrownBy(() -> limiter.call(CallContext.NONE.withoutWaiting(), () -> "never"));
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> limiter.call(() -> "never"))
			.satisfies((ex) -> assertThat(ex.reason()).isEqualTo("max-waiting"))
			.withMessageContaining("has no room for another waiting call (max-waiting 0)");
		PolicySnapshot snapshot = limiter.snapshot();
		assertThat(snapshot.rejections())
			.isEqualTo(Map.of("limit", 3L, "max-waiting", 1L, "missing-key", 0L, "invalid-key", 0L));
		assertThat(snapshot.calls()).isEqualTo(Map.of("granted", 4L, "waited", 0L, "cancelled", 0L));
		assertThat(snapshot.gauges()).containsEntry("acceptance-rate", 0.5);
		limiter.clear();
		assertThat(limiter.snapshot().gauges()).containsEntry("acceptance-rate", 1.0);
	}

	@Test
	void snapshotShouldTellStateGaugesAndConfig() {
		RateLimiter limiter = limiter(
				RateLimiterConfig.builder().limit(600).period(Duration.ofMinutes(1)).burst(2).maxKeys(9));
		assertThat(limiter.snapshot()).satisfies((snapshot) -> {
			assertThat(snapshot.state()).isEqualTo("AVAILABLE");
			assertThat(snapshot.states()).containsExactly("AVAILABLE", "EXHAUSTED");
			assertThat(snapshot.health()).isEqualTo(PolicySnapshot.Health.UP);
			assertThat(snapshot.gauges()).isEqualTo(Map.of("available", 2.0, "current-rate", 10.0, "acceptance-rate",
					1.0, "waiting", 0.0, "keys", 0.0));
			assertThat(snapshot.config())
				.isEqualTo(Map.of("algorithm", "token-bucket", "limit", 600L, "period", Duration.ofMinutes(1), "burst",
						2L, "max-wait", Duration.ZERO, "max-waiting", 1000, "max-keys", 9, "mode", "enforce"));
			assertThat(snapshot.details()).isEmpty();
		});
		ManualTicker.drain(limiter);
		assertThat(limiter.snapshot().state()).isEqualTo("EXHAUSTED");
		assertThat(limiter.snapshot().gauges()).containsEntry("available", 0.0);
	}

	@Test
	void snapshotWhenBurstIsTooShortShouldWarn() {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(1000).burst(3));
		assertThat(limiter.snapshot().details().get("warning")).asString().contains("'burst' is '3'");
		limiter.reconfigure(
				RateLimiterConfig.builder().limit(1000).burst(3).maxWait(Duration.ofSeconds(1)).maxWaiting(0).build());
		assertThat(limiter.snapshot().details().get("warning")).asString()
			.contains("'burst' is '3'", "; 'max-wait' is 'PT1S'");
	}

	@Test
	void resetShouldFillAllBuckets() {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(2));
		grants(limiter, CallContext.NONE, 3);
		grants(limiter, CallContext.ofKey("a"), 3);
		limiter.reset();
		assertThat(grants(limiter, CallContext.NONE, 3)).isEqualTo(2);
		assertThat(grants(limiter, CallContext.ofKey("a"), 3)).isEqualTo(2);
		assertThat(((Admission.Rejection) limiter.admit(CallContext.NONE)).generation()).isEqualTo(1);
	}

	@Test
	void resetWhenKeyIsKnownShouldFillItsBucketOnly() {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(2));
		grants(limiter, CallContext.ofKey("a"), 3);
		grants(limiter, CallContext.ofKey("b"), 3);
		assertThat(limiter.reset("a")).isTrue();
		assertThat(limiter.reset("nobody")).isFalse();
		assertThat(grants(limiter, CallContext.ofKey("a"), 3)).isEqualTo(2);
		assertThat(grants(limiter, CallContext.ofKey("b"), 3)).isZero();
	}

	@Test
	void listenerWhenCallsAreRejectedOrLimiterIsResetShouldHear() {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(4));
		RecordingListener listener = new RecordingListener();
		limiter.addListener(listener);
		ManualTicker.drain(limiter);
		limiter.reset();
		assertThat(listener.await(2)).satisfiesExactly((rejected) -> {
			assertThat(rejected.kind()).isEqualTo("rejection");
			assertThat(rejected.message())
				.isEqualTo("rate limiter 'orders' is exhausted: 4 per 1s, burst 4; next permit in 250 ms");
		}, (reset) -> assertThat(reset.kind()).isEqualTo("reset"));
	}

	@Test
	void listenerWhenAKeyIsResetShouldHearOfKnownKeysOnly() {
		RateLimiter limiter = limiter(RateLimiterConfig.builder().limit(4));
		RecordingListener listener = new RecordingListener();
		limiter.addListener(listener);
		grants(limiter, CallContext.ofKey("a"), 1);
		limiter.reset("nobody");
		limiter.reset("a");
		limiter.reset();
		assertThat(listener.await(2)).extracting(PolicyEvent::message)
			.containsExactly("rate-limiter 'orders' was reset for one key",
					"rate-limiter 'orders' was reset: nothing is used up");
	}

	@Test
	void askWhenUnkeyedShouldAllocateNothing() {
		RateLimiter limiter = RateLimiter.of("orders", RateLimiterConfig.builder().limit(60_000).build());
		ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
		for (int warmUp = 0; warmUp < 100; warmUp++) {
			limiter.admit(CallContext.NONE);
			limiter.tryAcquirePermit();
		}
		long before = threads.getCurrentThreadAllocatedBytes();
		for (int ask = 0; ask < 20_000; ask++) {
			limiter.admit(CallContext.NONE);
		}
		for (int ask = 0; ask < 200_000; ask++) {
			limiter.tryAcquirePermit();
		}
		long allocated = threads.getCurrentThreadAllocatedBytes() - before;
		assertThat(limiter.snapshot().rejections().get("limit")).isGreaterThan(50_000);
		assertThat(allocated).isLessThan(20_000);
	}

	private RateLimiter limiter(RateLimiterConfig.Builder config) {
		return new RateLimiter("orders", config.build(), this.ticker.source());
	}

	private static CallContext weight(int weight) {
		return new CallContext(null, weight, true);
	}

	private static int grants(RateLimiter limiter, CallContext context, int asked) {
		int granted = 0;
		for (int ask = 0; ask < asked; ask++) {
			granted += (limiter.tryAcquire(context) instanceof Permit) ? 1 : 0;
		}
		return granted;
	}

	private static void concurrently(int threads, IntConsumer work) {
		CyclicBarrier start = new CyclicBarrier(threads);
		List<CompletableFuture<Void>> running = new ArrayList<>();
		for (int thread = 0; thread < threads; thread++) {
			int number = thread;
			running.add(CompletableFuture.runAsync(() -> {
				try {
					start.await();
				}
				catch (Exception ex) {
					throw new IllegalStateException(ex);
				}
				work.accept(number);
			}, (task) -> new Thread(task).start()));
		}
		running.forEach(CompletableFuture::join);
	}

	/**
	 * A limiter beside a bucket of exact fractions, with a period's number of parts to a
	 * permit, that takes what the limiter grants.
	 */
	private static final class Comparison {

		private final Random random;

		private final long limit;

		private final long period;

		private final int burst;

		private final BigInteger full;

		private final BigInteger tolerance;

		private final ManualTicker manual;

		private final RateLimiter limiter;

		private BigInteger level;

		Comparison(Random random) {
			this.random = random;
			this.period = 1_000 + random.nextLong(1L << (10 + random.nextInt(40)));
			this.limit = 1 + random.nextLong(this.period / 10);
			this.burst = 1 + random.nextInt(1 << random.nextInt(8));
			this.full = BigInteger.valueOf(this.burst).multiply(BigInteger.valueOf(this.period));
			this.tolerance = BigInteger.valueOf(this.limit * 4);
			this.level = this.full;
			this.manual = new ManualTicker(random.nextLong());
			this.limiter = this.manual.limiter(RateLimiterConfig.builder()
				.limit(this.limit)
				.period(Duration.ofNanos(this.period))
				.burst(this.burst));
		}

		void run(int steps) {
			for (int step = 0; step < steps; step++) {
				advance();
				int weight = 1 + this.random.nextInt(this.burst);
				BigInteger cost = BigInteger.valueOf(weight).multiply(BigInteger.valueOf(this.period));
				boolean granted = this.limiter.admit(weight(weight)) instanceof Permit;
				BigInteger spare = this.level.subtract(cost);
				BigInteger doubt = granted ? spare.add(this.tolerance) : this.tolerance.subtract(spare);
				assertThat(doubt.signum()).as("%s, weight %d, spare %s", this.limiter.config(), weight, spare)
					.isPositive();
				this.level = granted ? spare : this.level;
			}
		}

		private void advance() {
			double interval = (double) this.period / this.limit;
			long nanos = (long) (interval * this.burst * this.random.nextDouble() * this.random.nextInt(3));
			this.manual.advance(nanos);
			this.level = this.level.add(BigInteger.valueOf(nanos).multiply(BigInteger.valueOf(this.limit)))
				.min(this.full);
		}

	}

}
