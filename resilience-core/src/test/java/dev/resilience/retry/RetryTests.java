package dev.resilience.retry;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;

import com.sun.management.ThreadMXBean;
import dev.resilience.Admission;
import dev.resilience.CallRejectedException;
import dev.resilience.Pipeline;
import dev.resilience.PolicyEvent;
import dev.resilience.RecordingListener;
import dev.resilience.Sneaky;
import dev.resilience.Trap;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.circuitbreaker.CircuitOpenException;
import dev.resilience.fallback.Fallback;
import dev.resilience.fallback.Handler;
import dev.resilience.ratelimiter.RateLimitExceededException;
import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.ratelimiter.RateLimiterConfig;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.Ticker;
import dev.resilience.time.TimeSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

@Timeout(30)
class RetryTests {

	private final IOException down = new IOException("down");

	private final FakeTicker ticker = new FakeTicker();

	@AfterEach
	void clearInterrupt() {
		Thread.interrupted();
	}

	@Test
	void callWhenItSucceedsLaterShouldBackOffInBetween() throws Exception {
		Retry retry = retry(exact());
		Flaky callee = new Flaky(new IOException("a"), new IOException("b"), "fine");
		assertThat(retry.call(callee)).isEqualTo("fine");
		assertThat(this.ticker.sleeps()).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2));
		assertThat(retry.snapshot().calls()).containsEntry("succeeded-retried", 1L)
			.containsEntry("succeeded-first", 0L)
			.containsEntry("failed", 0L);
		assertThat(retry.snapshot().gauges()).containsEntry("retries", 2.0);
	}

	@Test
	void callWhenItNeverSucceedsShouldThrowTheLastFailureWithTheEarlierOnes() {
		Retry retry = retry(exact());
		Exception[] failures = { new IOException("a"), new IOException("b"), new IOException("c"),
				new IllegalStateException("d") };
		assertThatIllegalStateException().isThrownBy(() -> retry.call(new Flaky((Object[]) failures)))
			.isSameAs(failures[3])
			.satisfies((ex) -> assertThat(ex.getSuppressed()).containsExactly(failures[0], failures[1], failures[2]));
		assertThat(retry.snapshot().calls()).containsEntry("exhausted", 1L);
	}

	@Test
	void callWhenTheSameInstanceIsThrownAgainAndAgainShouldNotSuppressItOnItself() {
		IOException shared = new IOException("shared");
		IOException other = new IOException("other");
		for (int call = 0; call < 50; call++) {
			Retry retry = retry(exact());
			assertThatExceptionOfType(IOException.class)
				.isThrownBy(() -> retry.call(new Flaky(shared, other, shared, shared)))
				.isSameAs(shared);
		}
		assertThat(shared.getSuppressed()).hasSizeLessThanOrEqualTo(8).containsOnly(other);
	}

	@Test
	void callWhenThereAreManyFailuresShouldSuppressEightAtMost() {
		Retry retry = retry(exact().maxRetries(20).budget(new RetryBudget(0, 100)));
		List<Object> failures = new ArrayList<>();
		for (int failure = 0; failure <= 20; failure++) {
			failures.add(new IOException("number " + failure));
		}
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> retry.call(new Flaky(failures.toArray())))
			.withMessage("number 20")
			.satisfies((ex) -> assertThat(ex.getSuppressed()).hasSize(8).contains((Throwable) failures.get(19)));
	}

	@Test
	void callWhenTheLastFailureHasSuppressedOnesShouldFillUpToEight() {
		IOException last = new IOException("last");
		for (int number = 0; number < 6; number++) {
			last.addSuppressed(new IOException("its own"));
		}
		Retry retry = retry(exact());
		assertThatExceptionOfType(IOException.class)
			.isThrownBy(() -> retry.call(new Flaky(new IOException("a"), new IOException("b"), this.down, last)))
			.isSameAs(last);
		assertThat(last.getSuppressed()).hasSize(8);
	}

	@Test
	void callWhenTheFailureIsNotListedOrExcludedShouldThrowItAtOnce() {
		Retry retry = retry(
				exact().retryExceptions(List.of(IOException.class)).excludeExceptions(List.of(ConnectException.class)));
		for (Throwable failure : new Throwable[] { new IllegalStateException(), new ConnectException(),
				new StackOverflowError(), new CancellationException() }) {
			Flaky callee = new Flaky(failure);
			assertThatExceptionOfType(failure.getClass()).isThrownBy(() -> retry.call(callee)).isSameAs(failure);
			assertThat(callee.calls()).isOne();
		}
		assertThat(retry.snapshot().calls()).containsEntry("failed", 3L).containsEntry("ignored", 1L);
	}

	@Test
	void callWhenTheValueIsUnwantedShouldTryAgainAndReturnTheLast() throws Exception {
		Retry retry = retry(exact().retryResult("busy"::equals));
		assertThat(retry.call(new Flaky("busy", "fine"))).isEqualTo("fine");
		Flaky callee = new Flaky("busy");
		assertThat(retry.call(callee)).isEqualTo("busy");
		assertThat(callee.calls()).isEqualTo(4);
		assertThat(retry.snapshot().calls()).containsEntry("succeeded-retried", 1L).containsEntry("exhausted", 1L);
	}

	@Test
	void callWhenThePredicateFailsShouldReturnTheValueAndTell() throws Exception {
		Retry retry = retry(exact().retryResult((value) -> {
			throw new IllegalStateException("predicate");
		}));
		assertThat(retry.call(new Flaky("fine"))).isEqualTo("fine");
		assertThat(retry.call(new Flaky(this.down, "fine"))).isEqualTo("fine");
		assertThat(retry.snapshot().calls()).containsEntry("failed", 0L)
			.containsEntry("succeeded-first", 1L)
			.containsEntry("succeeded-retried", 1L);
		assertThat(retry.snapshot().details()).containsEntry("retryResultError", "java.lang.IllegalStateException");
	}

	@Test
	void callWhenThePredicateThrowsACheckedExceptionShouldReturnTheValueAndTell() throws Exception {
		Retry retry = retry(exact().retryResult((value) -> {
			throw Sneaky.sneaky(new IOException("predicate"));
		}));
		assertThat(retry.call(new Flaky("fine"))).isEqualTo("fine");
		assertThat(retry.snapshot().calls()).containsEntry("succeeded-first", 1L);
		assertThat(retry.snapshot().details()).containsEntry("retryResultError", "java.io.IOException");
	}

	@Test
	void callWhenTimeWouldRunOutShouldNotWaitForIt() {
		Retry retry = retry(exact().maxDuration(Duration.ofSeconds(3)));
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> retry.call(() -> {
			this.ticker.advance(Duration.ofMillis(400));
			throw this.down;
		}));
		assertThat(this.ticker.sleeps()).containsExactly(Duration.ofSeconds(1));
		assertThat(retry.snapshot().calls()).containsEntry("out-of-time", 1L);
	}

	@Test
	void callWhenTheCalleeSaysWhenShouldObeyIt() throws Exception {
		Retry retry = retry(
				exact().retryAfter((failure) -> (failure instanceof IOException) ? Duration.ofSeconds(42) : null));
		assertThat(retry.call(new Flaky(this.down, new IllegalStateException(), "fine"))).isEqualTo("fine");
		assertThat(this.ticker.sleeps()).containsExactly(Duration.ofSeconds(42), Duration.ofSeconds(2));
	}

	@Test
	void callWhenTheCalleeAsksForTheLongestDelayShouldObeyIt() throws Exception {
		Retry retry = retry(exact().retryAfter((failure) -> Duration.ofSeconds(60)));
		assertThat(retry.call(new Flaky(this.down, "fine"))).isEqualTo("fine");
		assertThat(this.ticker.sleeps()).containsExactly(Duration.ofSeconds(60));
	}

	@Test
	void callWhenTheCalleeWantsToBeLeftAloneForLongShouldGiveUp() {
		for (Duration asked : List.of(Duration.ofSeconds(61), Duration.ofSeconds(Long.MAX_VALUE))) {
			Flaky callee = new Flaky(this.down);
			assertThatExceptionOfType(IOException.class)
				.isThrownBy(() -> retry(exact().retryAfter((failure) -> asked)).call(callee));
			assertThat(callee.calls()).isOne();
		}
	}

	@Test
	void callWhenTheReaderThrowsACheckedExceptionShouldBackOffAsUsual() throws Exception {
		Retry retry = retry(exact().retryAfter((failure) -> {
			throw Sneaky.sneaky(new TimeoutException("reader"));
		}));
		assertThat(retry.call(new Flaky(this.down, "fine"))).isEqualTo("fine");
		assertThat(this.ticker.sleeps()).containsExactly(Duration.ofSeconds(1));
	}

	@Test
	void callWhenTheReaderFailsShouldBackOffAsUsual() throws Exception {
		Retry retry = retry(exact().retryAfter((failure) -> {
			throw new IllegalArgumentException("reader");
		}));
		assertThat(retry.call(new Flaky(this.down, "fine"))).isEqualTo("fine");
		assertThat(retry(exact().retryAfter((failure) -> Duration.ofSeconds(Long.MIN_VALUE)))
			.call(new Flaky(this.down, "fine"))).isEqualTo("fine");
		assertThat(this.ticker.sleeps()).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(1));
	}

	@Test
	@Trap(8)
	void callWhenAnInnerPolicyRejectsShouldThrowAtOnce() {
		Retry retry = retry(exact());
		CircuitBreaker breaker = new CircuitBreaker("payments", CircuitBreakerConfig.builder().build(),
				this.ticker.source());
		breaker.forceOpen("test");
		assertThatExceptionOfType(CircuitOpenException.class)
			.isThrownBy(() -> Pipeline.of(retry, breaker).call(() -> "never"));
		assertThat(this.ticker.sleeps()).isEmpty();
		assertThat(retry.snapshot().calls()).containsEntry("ignored", 1L);
	}

	@Test
	void callWhenALimiterRejectsShouldWaitForItOnRequest() throws Exception {
		RateLimiter limiter = new RateLimiter("orders",
				RateLimiterConfig.builder().limit(1).period(Duration.ofSeconds(30)).build(), this.ticker.source());
		limiter.tryAcquirePermit();
		assertThatExceptionOfType(RateLimitExceededException.class)
			.isThrownBy(() -> Pipeline.of(retry(exact()), limiter).call(() -> "never"));
		assertThat(Pipeline.of(retry(exact().retryRejected(true)), limiter).call(() -> "fine")).isEqualTo("fine");
		assertThat(this.ticker.sleeps()).containsExactly(Duration.ofSeconds(30));
	}

	@Test
	void callWhenTheCalleesOwnPoliciesRejectShouldRetryThat() throws Exception {
		RateLimiter inner = new RateLimiter("inner",
				RateLimiterConfig.builder().limit(1).period(Duration.ofSeconds(30)).build(), this.ticker.source());
		inner.tryAcquirePermit();
		assertThat(retry(exact()).call(() -> inner.call(() -> "fine"))).isEqualTo("fine");
		assertThat(this.ticker.sleeps()).containsExactly(Duration.ofSeconds(30));
	}

	@Test
	void callWhenInterruptedWhileItWaitsShouldStopWithTheFlagSet() {
		Retry retry = retry(exact());
		Flaky callee = new Flaky(this.down);
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> retry.call(() -> {
			Thread.currentThread().interrupt();
			return callee.call();
		})).isSameAs(this.down);
		assertThat(Thread.currentThread().isInterrupted()).isTrue();
		assertThat(callee.calls()).isOne();
		assertThat(retry.snapshot().calls()).containsEntry("ignored", 1L);
	}

	@Test
	void callWhenTheCalleeWasInterruptedShouldNotRepeatIt() {
		Flaky callee = new Flaky(new InterruptedException());
		assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> retry(exact()).call(callee));
		assertThat(callee.calls()).isOne();
	}

	@Test
	void callWhenTheBudgetIsSpentShouldLetFailuresStraightThrough() {
		Retry retry = retry(exact().maxRetries(1).baseDelay(Duration.ZERO));
		Flaky callee = new Flaky(this.down);
		for (int call = 0; call < 1_000; call++) {
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> retry.call(callee));
		}
		assertThat(callee.calls()).as("a tenth of the calls, and ten").isBetween(1_100, 1_110);
		assertThat(retry.snapshot().calls()).containsEntry("exhausted", callee.calls() - 1_000L)
			.containsEntry("out-of-budget", 2_000L - callee.calls());
	}

	@Test
	@Trap(24)
	void callWhenRetriesAreNestedShouldNotMultiplyTheLoad() {
		Retry[] retries = { retry(exact().baseDelay(Duration.ZERO)), retry(exact().baseDelay(Duration.ZERO)),
				retry(exact().baseDelay(Duration.ZERO)) };
		Flaky callee = new Flaky(this.down);
		for (int call = 0; call < 1_000; call++) {
			assertThatExceptionOfType(IOException.class)
				.isThrownBy(() -> retries[0].call(() -> retries[1].call(() -> retries[2].call(callee))));
		}
		assertThat(callee.calls()).as("not 64,000").isLessThan(1_400);
	}

	@Test
	@Trap(23)
	void callWhenAFallbackIsOutermostShouldRunItOnceAfterAllRetries() throws Exception {
		List<Throwable> handled = new ArrayList<>();
		Fallback fallback = new Fallback("backup", List.of(Handler.of(Exception.class, (argument, failure) -> {
			handled.add(failure);
			return "backup";
		})), this.ticker.source());
		Flaky callee = new Flaky(this.down);
		assertThat(Pipeline.of(fallback, retry(exact())).call(callee)).isEqualTo("backup");
		assertThat(callee.calls()).isEqualTo(4);
		assertThat(handled).containsExactly(this.down);
	}

	@Test
	@Trap(25)
	void callShouldStayOnTheCallersThreadForEveryAttempt() throws Exception {
		List<Thread> threads = new ArrayList<>();
		Flaky callee = new Flaky(this.down, this.down, "fine");
		retry(exact()).call(() -> {
			threads.add(Thread.currentThread());
			return callee.call();
		});
		assertThat(threads).hasSize(3).containsOnly(Thread.currentThread());
	}

	@Test
	void callWhenDisabledShouldCallOnce() throws Exception {
		Retry retry = retry(exact().enabled(false));
		Flaky callee = new Flaky(this.down);
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> retry.call(callee)).isSameAs(this.down);
		assertThat(callee.calls()).isOne();
		assertThat(retry.call(new Flaky("fine"))).isEqualTo("fine");
		assertThat(retry.mayRepeat()).isFalse();
		assertThat(retry.mayDelay()).isFalse();
		assertThat(retry.snapshot().state()).isEqualTo("DISABLED");
		assertThat(retry(exact()).mayRepeat()).isTrue();
		assertThat(retry(exact()).mayDelay()).isTrue();
	}

	@Test
	void callWhenARejectionIsFinalShouldNotRetryItWhoeverSentIt() {
		CallRejectedException stop = new CallRejectedException(rejection()) {

			private static final long serialVersionUID = 1L;

			@Override
			public boolean isFinal() {
				return true;
			}

		};
		Flaky callee = new Flaky(stop);
		assertThatExceptionOfType(CallRejectedException.class).isThrownBy(() -> retry(exact()).call(callee));
		assertThat(callee.calls()).isOne();
	}

	@Test
	void callWhenItSucceedsAtOnceShouldAllocateNothingAndReadNoClock() throws Exception {
		Ticker untouched = () -> {
			throw new IllegalStateException("nobody needs the time");
		};
		boolean[] built = new boolean[1];
		Retry retry = new Retry("payments", RetryConfig.builder().build(),
				new TimeSource(() -> built[0] ? untouched.read() : 0, this.ticker.source().clock(), this.ticker));
		built[0] = true;
		Callable<String> call = () -> "fine";
		ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
		double least = Double.MAX_VALUE;
		for (int round = 0; round < 4; round++) {
			long before = threads.getCurrentThreadAllocatedBytes();
			for (int index = 0; index < 100_000; index++) {
				retry.call(call);
			}
			least = Math.min(least, (threads.getCurrentThreadAllocatedBytes() - before) / 100_000.0);
		}
		assertThat(least).isLessThan(1);
	}

	@Test
	void callShouldTellOfRetriesAndOfGivingUpOnceASecond() {
		RecordingListener events = new RecordingListener();
		Retry retry = retry(exact().baseDelay(Duration.ofMillis(100)));
		retry.addListener(events);
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> retry.call(new Flaky(this.down)));
		List<PolicyEvent> told = events.await(2);
		assertThat(told).extracting(PolicyEvent::kind).containsExactly("retry", "give-up");
		assertThat(told.get(0).message())
			.isEqualTo("retry 'payments' tries again, 1 of 3, in 100 ms after java.io.IOException");
		assertThat(told.get(1).message()).isEqualTo("retry 'payments' gave up after 3 retries: exhausted");
		assertThat(told.get(1).details()).containsEntry("count", 1L).containsEntry("reason", "exhausted");
	}

	@Test
	void snapshotShouldTellTheConfiguration() {
		assertThat(retry(exact().maxDuration(Duration.ofSeconds(9))).snapshot().config()).containsEntry("enabled", true)
			.containsEntry("max-retries", 3)
			.containsEntry("max-duration", Duration.ofSeconds(9))
			.containsEntry("retry-exceptions", List.of("java.lang.Exception"))
			.containsEntry("budget.ratio", 0.1)
			.containsEntry("budget.min-per-second", 10);
	}

	private Admission.Rejection rejection() {
		RateLimiter limiter = new RateLimiter("orders", RateLimiterConfig.builder().limit(1).build(),
				this.ticker.source());
		limiter.tryAcquirePermit();
		return (Admission.Rejection) limiter.tryAcquire();
	}

	private static RetryConfig.Builder exact() {
		return RetryConfig.builder().jitter(0);
	}

	private Retry retry(RetryConfig.Builder config) {
		return new Retry("payments", config.build(), this.ticker.source());
	}

}
