package dev.resilience.ratelimiter;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.Permit;
import dev.resilience.RecordingListener;
import dev.resilience.Trap;
import dev.resilience.config.Mode;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class ReconfigureTests {

	private final FakeTicker ticker = new FakeTicker();

	@ParameterizedTest
	@EnumSource
	void reconfigureShouldKeepCountersAndWhatIsUsedUp(RateLimiterAlgorithm algorithm) {
		RateLimiter limiter = limiter(config(10).algorithm(algorithm));
		take(limiter, CallContext.NONE, 7);
		take(limiter, CallContext.ofKey("a"), 9);
		limiter.reconfigure(config(20).algorithm(algorithm).build());
		assertThat(limiter.config().limit()).isEqualTo(20);
		assertThat(take(limiter, CallContext.NONE, 99)).isEqualTo(13);
		assertThat(take(limiter, CallContext.ofKey("a"), 99)).isEqualTo(11);
		assertThat(take(limiter, CallContext.ofKey("b"), 99)).isEqualTo(20);
		assertThat(limiter.snapshot().calls()).containsEntry("granted", 60L);
		assertThat(((Admission.Rejection) limiter.admit(CallContext.NONE)).generation()).isEqualTo(1);
	}

	@ParameterizedTest
	@ValueSource(longs = { 1, 1_000, 90_000_000 })
	void reconfigureWhenRateIsFarFromTheOldShouldKeepTheBucket(long limit) {
		for (long former : new long[] { 1, 500, 100_000_000 }) {
			RateLimiter limiter = limiter(config(former).burst(100));
			take(limiter, CallContext.NONE, 40);
			limiter.reconfigure(config(limit).burst(100).build());
			assertThat(limiter.snapshot().gauges()).containsEntry("available", 60.0);
			assertThat(take(limiter, CallContext.NONE, 999)).isEqualTo(60);
			this.ticker.advance(Duration.ofNanos(1_000_000_000 / limit - 5));
			assertThat(limiter.tryAcquirePermit()).isFalse();
			this.ticker.advance(Duration.ofNanos(10));
			assertThat(limiter.tryAcquirePermit()).isTrue();
		}
	}

	@Test
	void reconfigureWhenBucketSleptThroughSeveralShouldEarnAtEachRate() {
		RateLimiter limiter = limiter(config(10).burst(100));
		CallContext sleeper = CallContext.ofKey("sleeper");
		take(limiter, sleeper, 100);
		this.ticker.advance(Duration.ofSeconds(2));
		limiter.reconfigure(config(3).burst(100).build());
		this.ticker.advance(Duration.ofSeconds(2));
		limiter.reconfigure(config(1_000_000).burst(100).build());
		limiter.reconfigure(config(7).burst(100).build());
		this.ticker.advance(Duration.ofSeconds(3));
		assertThat(take(limiter, sleeper, 999)).isEqualTo(20 + 6 + 21);
	}

	@Test
	void reconfigureWhenBurstShrinksShouldLackAtMostTheWholeBurst() {
		RateLimiter limiter = limiter(config(1).burst(1_000));
		take(limiter, CallContext.NONE, 1_000);
		limiter.reconfigure(config(1).burst(5).build());
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(take(limiter, CallContext.NONE, 9)).isEqualTo(1);
		this.ticker.advance(Duration.ofHours(1));
		assertThat(take(limiter, CallContext.NONE, 9)).isEqualTo(5);
	}

	@ParameterizedTest
	@EnumSource
	void reconfigureWhenCallsWaitShouldKeepTheirTurn(RateLimiterAlgorithm algorithm) {
		RateLimiterConfig.Builder config = config(1).algorithm(algorithm).maxWait(Duration.ofSeconds(9));
		RateLimiter limiter = limiter(config);
		take(limiter, CallContext.NONE, 1);
		CompletableFuture<Admission> decision = ((Turn) limiter.admit(CallContext.NONE)).decision()
			.toCompletableFuture();
		Turn second = (Turn) limiter.admit(CallContext.NONE);
		limiter.reconfigure(config.limit(2).burst(2).adaptive(AdaptiveConfig.builder().maxRate(2).build()).build());
		assertThat(limiter.snapshot().gauges()).containsEntry("waiting", 2.0);
		second.cancel();
		assertThat(limiter.snapshot().gauges()).containsEntry("waiting", 1.0);
		assertThat(limiter.tryAcquirePermit()).as("nobody overtakes").isFalse();
		this.ticker.advance(Duration.ofMillis(1_017));
		assertThat(decision).isDone();
		assertThat(limiter.snapshot().calls()).containsEntry("waited", 1L).containsEntry("cancelled", 1L);
	}

	@Test
	void reconfigureWhenWaiterGivesUpLaterShouldReturnExactlyItsPermits() {
		RateLimiter limiter = limiter(config(10).burst(1).maxWait(Duration.ofSeconds(9)));
		take(limiter, CallContext.NONE, 1);
		Turn turn = (Turn) limiter.admit(CallContext.NONE);
		Turn later = (Turn) limiter.admit(CallContext.NONE);
		limiter.reconfigure(config(1_000).burst(1).build());
		later.cancel();
		turn.cancel();
		assertThat(limiter.tryAcquirePermit()).isFalse();
		this.ticker.advance(Duration.ofMillis(1));
		assertThat(take(limiter, CallContext.NONE, 9)).isEqualTo(1);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	@Trap(13)
	void reconfigureWhenWindowsAreCountedAnewShouldForgetNothingEarly(boolean exact) {
		RateLimiterConfig.Builder window = config(10).algorithm(RateLimiterAlgorithm.SLIDING_WINDOW);
		RateLimiter limiter = limiter(window.exact(exact));
		take(limiter, CallContext.NONE, 4);
		this.ticker.advance(Duration.ofMillis(500));
		take(limiter, CallContext.NONE, 6);
		limiter.reconfigure(window.exact(!exact).build());
		this.ticker.advance(Duration.ofMillis(499));
		assertThat(limiter.tryAcquirePermit()).isFalse();
		this.ticker.advance(Duration.ofMillis(20));
		assertThat(take(limiter, CallContext.NONE, 99)).isEqualTo(4);
		limiter.reconfigure(window.period(Duration.ofSeconds(2)).build());
		this.ticker.advance(Duration.ofMillis(1_480));
		assertThat(limiter.tryAcquirePermit()).isFalse();
		this.ticker.advance(Duration.ofMillis(70));
		assertThat(take(limiter, CallContext.NONE, 99)).isEqualTo(6);
	}

	@Test
	void reconfigureWhenRateHasAdaptedShouldKeepItsProportion() {
		RateLimiter limiter = limiter(config(100).algorithm(RateLimiterAlgorithm.ADAPTIVE));
		((Permit) limiter.admit(CallContext.NONE)).failed(new IllegalStateException("down"), 0);
		this.ticker.advance(Duration.ofSeconds(1));
		limiter.tryAcquirePermit();
		limiter.reconfigure(config(1_000).algorithm(RateLimiterAlgorithm.ADAPTIVE).build());
		assertThat(limiter.snapshot().gauges()).containsEntry("current-rate", 800.0);
	}

	@Test
	void reconfigureWhenAlgorithmChangesShouldBeginAfresh() {
		RateLimiter limiter = limiter(config(10).maxWait(Duration.ofSeconds(1)));
		take(limiter, CallContext.NONE, 10);
		Turn turn = (Turn) limiter.admit(CallContext.NONE);
		limiter.reconfigure(config(10).algorithm(RateLimiterAlgorithm.SLIDING_WINDOW).build());
		turn.cancel();
		assertThat(take(limiter, CallContext.NONE, 99)).isEqualTo(10);
		assertThat(((Admission.Rejection) limiter.admit(CallContext.NONE)).explain())
			.isEqualTo("rate limiter 'orders' is exhausted: 10 in any 1s; next permit in 1017 ms");
	}

	@Test
	void reconfigureShouldTellListeners() {
		RateLimiter limiter = limiter(config(10));
		RecordingListener listener = new RecordingListener();
		limiter.addListener(listener);
		limiter.reconfigure(config(20).mode(Mode.SHADOW).build());
		assertThat(listener.await(1)).singleElement().satisfies((event) -> {
			assertThat(event.kind()).isEqualTo("reconfigured");
			assertThat(event.message()).isEqualTo("rate-limiter 'orders' was reconfigured: 20 per 1s, burst 20");
			assertThat(event.snapshot().config()).containsEntry("limit", 20L).containsEntry("mode", "shadow");
		});
	}

	@Test
	void reconfigureWhenThreadsTakeMeanwhileShouldLoseAndGrantNothingTwice() throws Exception {
		RateLimiter limiter = limiter(config(1_000).burst(200_000));
		AtomicBoolean over = new AtomicBoolean();
		AtomicLong granted = new AtomicLong();
		CompletableFuture<?>[] takers = new CompletableFuture<?>[3];
		for (int taker = 0; taker < takers.length; taker++) {
			takers[taker] = CompletableFuture.runAsync(() -> {
				while (!over.get()) {
					granted.addAndGet(limiter.tryAcquirePermit() ? 1 : 0);
				}
			}, (task) -> new Thread(task).start());
		}
		for (int change = 0; change < 2_000; change++) {
			limiter.reconfigure(config(1 + change % 7 * 5_000).burst(200_000).build());
		}
		over.set(true);
		CompletableFuture.allOf(takers).get();
		granted.addAndGet(ManualTicker.drain(limiter));
		assertThat(granted.get()).isBetween(200_000L - 2_000, 200_000L);
	}

	@ParameterizedTest
	@EnumSource
	void callWhenInShadowShouldPassAndBeCounted(RateLimiterAlgorithm algorithm) throws Exception {
		RateLimiter limiter = limiter(config(2).algorithm(algorithm).mode(Mode.SHADOW).maxWait(Duration.ofMinutes(1)));
		for (int call = 0; call < 5; call++) {
			assertThat(limiter.call(() -> "done")).isEqualTo("done");
		}
		assertThat(limiter.tryAcquirePermit()).isTrue();
		assertThat(this.ticker.sleeps()).isEmpty();
		assertThat(limiter.snapshot().rejections()).containsEntry("limit", 4L);
		assertThat(limiter.snapshot().calls()).containsEntry("granted", 2L);
	}

	private RateLimiter limiter(RateLimiterConfig.Builder config) {
		return new RateLimiter("orders", config.build(), this.ticker.source());
	}

	private static RateLimiterConfig.Builder config(long limit) {
		return RateLimiterConfig.builder().limit(limit);
	}

	private static int take(RateLimiter limiter, CallContext context, int most) {
		int granted = 0;
		for (int call = 0; call < most; call++) {
			granted += (limiter.tryAcquire(context) instanceof Permit) ? 1 : 0;
		}
		return granted;
	}

}
