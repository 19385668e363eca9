package dev.resilience.retry;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import dev.resilience.Pipeline;
import dev.resilience.Sneaky;
import dev.resilience.Trap;
import dev.resilience.bulkhead.Bulkhead;
import dev.resilience.bulkhead.BulkheadConfig;
import dev.resilience.time.ClosableSleeper;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(30)
class AsyncRetryTests {

	private final FakeTicker ticker = new FakeTicker();

	@Test
	void callAsyncWhenItSucceedsLaterShouldWaitWithoutAThread() {
		Retry retry = retry(exact());
		Flaky callee = new Flaky(new IOException(), new IOException(), "fine");
		CompletableFuture<Object> call = retry.callAsync(callee).toCompletableFuture();
		assertThat(call).isNotDone();
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(call).isNotDone();
		this.ticker.advance(Duration.ofSeconds(2));
		assertThat(call).isCompletedWithValue("fine");
		assertThat(this.ticker.sleeps()).isEmpty();
		assertThat(this.ticker.timers()).isZero();
		assertThat(retry.snapshot().calls()).containsEntry("succeeded-retried", 1L);
	}

	@Test
	void callAsyncWhenItSucceedsAtOnceShouldSetNoTimer() {
		Retry retry = retry(exact());
		assertThat(retry.callAsync(new Flaky("fine")).toCompletableFuture()).isCompletedWithValue("fine");
		assertThat(this.ticker.timers()).isZero();
		assertThat(retry.snapshot().calls()).containsEntry("succeeded-first", 1L);
	}

	@Test
	@Trap(20)
	void callAsyncWhenTheSecondAttemptThrowsAtOnceShouldCompleteTheFuture() {
		IOException first = new IOException("first");
		IllegalStateException second = new IllegalStateException("second");
		Flaky callee = new Flaky(first);
		CompletableFuture<Object> call = retry(exact().maxRetries(1)).callAsync(() -> {
			if (callee.calls() > 0) {
				throw second;
			}
			return callee.get();
		}).toCompletableFuture();
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(failureOf(call)).isSameAs(second).hasSuppressedException(first);
	}

	@Test
	@Trap(20)
	void callAsyncWhenTheFirstAttemptThrowsAtOnceShouldRetryIt() {
		Flaky callee = new Flaky(new IllegalStateException("first"), "fine");
		CompletableFuture<Object> call = retry(exact()).callAsync(thrower(callee)).toCompletableFuture();
		assertThat(call).isNotDone();
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(call).isCompletedWithValue("fine");
	}

	@Test
	@Trap(20)
	@SuppressWarnings("NullAway")
	void callAsyncWhenAnAttemptReturnsNoStageShouldCompleteTheFuture() {
		CompletableFuture<Object> call = retry(exact().maxRetries(1)).<Object>callAsync(() -> null)
			.toCompletableFuture();
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(failureOf(call)).isInstanceOf(NullPointerException.class);
	}

	@Test
	@Trap(20)
	void callAsyncWhenThePredicateFailsShouldReturnTheValue() {
		CompletableFuture<Object> call = retry(exact().retryResult((value) -> {
			throw new IllegalStateException("predicate");
		})).callAsync(new Flaky("fine")).toCompletableFuture();
		assertThat(call).isCompletedWithValue("fine");
		assertThat(retry(exact().retryResult((value) -> {
			throw Sneaky.sneaky(new IOException("predicate"));
		})).callAsync(new Flaky("fine"))).isCompletedWithValue("fine");
	}

	@Test
	@Trap(20)
	void callAsyncWhenNoTimerCanBeSetShouldCompleteTheFuture() {
		IOException failure = new IOException();
		ClosableSleeper shut = new ClosableSleeper(this.ticker);
		shut.close(true);
		Retry retry = new Retry("payments", exact().build(), shut.source());
		assertThat(failureOf(retry.callAsync(new Flaky(failure)).toCompletableFuture())).isSameAs(failure);
		assertThat(retry.snapshot().calls()).containsEntry("failed", 1L);
	}

	@Test
	@Trap(20)
	void cancelWhenTheTimerCannotBeCancelledShouldCompleteTheFuture() {
		ClosableSleeper shut = new ClosableSleeper(this.ticker, new IOException("shut down"));
		Retry retry = new Retry("payments", exact().build(), shut.source());
		Flaky callee = new Flaky(new IOException(), "never");
		CompletableFuture<Object> call = retry.callAsync(callee).toCompletableFuture();
		shut.close(true);
		assertThat(call.cancel(true)).isTrue();
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(call).isCancelled();
		assertThat(callee.calls()).isOne();
	}

	@Test
	void callAsyncWhenItNeverSucceedsShouldFailWithTheLastAndTheEarlierOnes() {
		Exception[] failures = { new IOException("a"), new IOException("b"), new IOException("c"),
				new IOException("d") };
		CompletableFuture<Object> call = retry(exact()).callAsync(new Flaky((Object[]) failures)).toCompletableFuture();
		this.ticker.advance(Duration.ofSeconds(7));
		assertThat(failureOf(call)).isSameAs(failures[3]);
		assertThat(failures[3].getSuppressed()).containsExactly(failures[0], failures[1], failures[2]);
	}

	@Test
	void callAsyncWhenTheValueIsUnwantedShouldTryAgainAndReturnTheLast() {
		Flaky callee = new Flaky("busy");
		CompletableFuture<Object> call = retry(exact().retryResult("busy"::equals)).callAsync(callee)
			.toCompletableFuture();
		this.ticker.advance(Duration.ofSeconds(7));
		assertThat(call).isCompletedWithValue("busy");
		assertThat(callee.calls()).isEqualTo(4);
	}

	@Test
	void callAsyncWhenManyAttemptsFailAtOnceShouldNotNestThem() {
		Retry retry = retry(exact().maxRetries(1000).baseDelay(Duration.ZERO).budget(new RetryBudget(0, 1_000_000)));
		List<Integer> depths = new ArrayList<>();
		CompletableFuture<Object> call = retry.callAsync(() -> {
			depths.add(new Throwable().getStackTrace().length);
			return CompletableFuture.failedFuture(new IOException());
		}).toCompletableFuture();
		this.ticker.advance(Duration.ZERO);
		assertThat(call).isCompletedExceptionally();
		assertThat(depths).hasSize(1001);
		assertThat(depths.get(1000)).isEqualTo(depths.get(1));
	}

	@Test
	@Trap(21)
	void cancelWhenItWaitsShouldFreeTheTimerAndStop() {
		Retry retry = retry(exact());
		Flaky callee = new Flaky(new IOException());
		CompletableFuture<Object> call = retry.callAsync(callee).toCompletableFuture();
		assertThat(call.cancel(true)).isTrue();
		assertThat(call).isCancelled();
		assertThat(this.ticker.timers()).isZero();
		this.ticker.advance(Duration.ofHours(1));
		assertThat(callee.calls()).isOne();
		assertThat(retry.snapshot().calls()).containsEntry("ignored", 1L);
	}

	@Test
	void cancelWhenAnAttemptRunsShouldCancelIt() {
		CompletableFuture<Object> running = new CompletableFuture<>();
		CompletableFuture<Object> call = retry(exact()).callAsync(() -> running).toCompletableFuture();
		assertThat(call.cancel(true)).isTrue();
		assertThat(running).isCancelled();
		assertThat(call).isCancelled();
		assertThat(this.ticker.timers()).isZero();
	}

	@Test
	void cancelWhenAnAttemptIsAboutToRunShouldCancelItToo() {
		CompletableFuture<Object> running = new CompletableFuture<>();
		CompletableFuture<CompletableFuture<Object>> call = new CompletableFuture<>();
		call.complete(retry(exact()).callAsync(() -> {
			if (call.isDone()) {
				call.join().cancel(true);
				return running;
			}
			return CompletableFuture.<Object>failedFuture(new IOException());
		}).toCompletableFuture());
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(running).isCancelled();
		assertThat(call.join()).isCancelled();
	}

	@Test
	void cancelWhenTheAttemptCannotBeCancelledShouldHoldItsPlaceAndRetryNoMore() {
		Bulkhead bulkhead = new Bulkhead("orders", BulkheadConfig.builder().maxConcurrentCalls(1).build(),
				this.ticker.source());
		CompletableFuture<Object> running = new CompletableFuture<>();
		CompletableFuture<Object> call = Pipeline.of(bulkhead, retry(exact()))
			.callAsync(running::minimalCompletionStage)
			.toCompletableFuture();
		assertThat(call.cancel(true)).isTrue();
		assertThat(bulkhead.snapshot().gauges()).containsEntry("in-use", 1.0);
		running.completeExceptionally(new IOException());
		assertThat(bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0);
		assertThat(this.ticker.timers()).isZero();
	}

	@Test
	void cancelWhenAttemptsComeAndGoShouldAlwaysEndTheCall() throws Exception {
		Retry retry = Retry.of("payments",
				exact().maxRetries(1000).baseDelay(Duration.ZERO).budget(new RetryBudget(0, 1_000_000)).build());
		for (int round = 0; round < 200; round++) {
			CountDownLatch under = new CountDownLatch(1 + round % 4);
			CompletableFuture<Object> call = retry.<Object>callAsync(() -> {
				under.countDown();
				return CompletableFuture.failedFuture(new IOException());
			}).toCompletableFuture();
			assertThat(under.await(10, TimeUnit.SECONDS)).isTrue();
			call.cancel(true);
			assertThat(failureOf(call)).isNotNull();
			assertThat(call.isDone()).isTrue();
		}
		assertThat(retry.snapshot().calls().values().stream().mapToLong(Long::longValue).sum()).isEqualTo(200);
	}

	@Test
	void callAsyncWhenDisabledShouldCallOnceAndNeverThrow() {
		Retry retry = retry(exact().enabled(false));
		IllegalStateException failure = new IllegalStateException();
		assertThat(failureOf(retry.callAsync(thrower(new Flaky(failure))).toCompletableFuture())).isSameAs(failure);
		assertThat(this.ticker.timers()).isZero();
		assertThat(retry.callAsync(new Flaky("fine")).toCompletableFuture()).isCompletedWithValue("fine");
	}

	private static Supplier<CompletionStage<Object>> thrower(Flaky callee) {
		return () -> {
			try {
				return CompletableFuture.completedFuture(callee.call());
			}
			catch (RuntimeException ex) {
				throw ex;
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		};
	}

	private static Throwable failureOf(CompletableFuture<Object> call) {
		try {
			throw new AssertionError("It returned " + call.get(5, TimeUnit.SECONDS));
		}
		catch (ExecutionException ex) {
			return Objects.requireNonNull(ex.getCause());
		}
		catch (InterruptedException | TimeoutException ex) {
			throw new AssertionError("The call does not end", ex);
		}
		catch (CancellationException ex) {
			return ex;
		}
	}

	private static RetryConfig.Builder exact() {
		return RetryConfig.builder().jitter(0);
	}

	private Retry retry(RetryConfig.Builder config) {
		return new Retry("payments", config.build(), this.ticker.source());
	}

}
