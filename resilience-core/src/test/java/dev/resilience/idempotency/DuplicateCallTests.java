package dev.resilience.idempotency;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.Trap;
import dev.resilience.idempotency.store.IdempotencyStore.Status;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Duplicates that meet the first call while it runs in the same JVM.
 */
@Timeout(20)
class DuplicateCallTests {

	private final FakeTicker ticker = new FakeTicker();

	private final ScriptedStore store = new ScriptedStore(new MemoryIdempotencyStore(this.ticker.source()));

	private final IdempotentOperation operation = new IdempotentOperation("pay", IdempotencyConfig.builder().build(),
			this.store, this.ticker.source());

	private final AtomicInteger effects = new AtomicInteger();

	@Test
	void executeWhenManyThreadsShareAKeyShouldHaveOneEffectAndOneResult() throws Exception {
		IdempotentOperation real = new IdempotentOperation("pay", IdempotencyConfig.builder().build(),
				new MemoryIdempotencyStore(TimeSource.system()), TimeSource.system());
		ExecutorService executor = Executors.newFixedThreadPool(64);
		try {
			for (int round = 0; round < 200; round++) {
				String key = "key" + round;
				List<Object> results = Threads.together(executor, 64, () -> real.execute(key, "same", () -> {
					this.effects.incrementAndGet();
					return new Object();
				}));
				assertThat(this.effects).hasValue(round + 1);
				assertThat(results).containsOnly(results.get(0));
			}
		}
		finally {
			executor.shutdownNow();
		}
		assertThat(real.snapshot().calls().values().stream().mapToLong(Long::longValue).sum()).isEqualTo(200 * 64);
		assertThat(real.snapshot().calls()).containsEntry("first", 200L);
		assertThat(real.snapshot().gauges()).containsEntry("in-flight", 0.0);
	}

	@Test
	void executeWhenManyThreadsFailShouldNeverRunTwoAtOnce() throws Exception {
		IdempotentOperation real = new IdempotentOperation("pay", IdempotencyConfig.builder().build(),
				new MemoryIdempotencyStore(TimeSource.system()), TimeSource.system());
		AtomicInteger running = new AtomicInteger();
		for (int round = 0; round < 20; round++) {
			String key = "key" + round;
			List<Boolean> failed = Threads.together(32, () -> {
				try {
					real.execute(key, null, () -> {
						this.effects.addAndGet((running.incrementAndGet() > 1) ? 1 : 0);
						running.decrementAndGet();
						throw new IllegalStateException("declined");
					});
					return false;
				}
				catch (IllegalStateException ex) {
					return true;
				}
			});
			assertThat(failed).containsOnly(true);
		}
		assertThat(this.effects).as("overlapping runs").hasValue(0);
	}

	@Test
	void joinWhenTheFirstRunsShouldAskNoStoreAndGetItsResult() throws Exception {
		FirstCall first = new FirstCall(null);
		FutureTask<String> duplicate = Threads.untilWaiting(() -> execute(null));
		assertThat(duplicate.isDone()).isFalse();
		first.end("receipt");
		assertThat(duplicate.get()).isEqualTo("receipt");
		assertThat(this.store.claims.sent).hasValue(1);
		assertThat(calls("joined")).isEqualTo(1);
		assertThat(this.ticker.timers()).as("only the heartbeat").isEqualTo(1);
	}

	@Test
	@Trap(32)
	void joinWhenTheFirstReturnsNullShouldWaitForIt() throws Exception {
		FirstCall first = new FirstCall(null);
		FutureTask<@Nullable String> duplicate = Threads.<@Nullable String>untilWaiting(() -> execute(null));
		assertThat(duplicate.isDone()).as("a duplicate in progress gets no null").isFalse();
		first.end(null);
		assertThat(duplicate.get()).isNull();
		assertThat(this.effects).hasValue(0);
	}

	@Test
	void joinWhenTheFirstFailsShouldGetTheSameFailure() throws Exception {
		FirstCall first = new FirstCall(null);
		FutureTask<String> duplicate = Threads.untilWaiting(() -> execute(null));
		IllegalStateException failure = new IllegalStateException("declined");
		first.fail(failure);
		assertThatThrownBy(duplicate::get).hasCause(failure);
		assertThatThrownBy(first.task::get).hasCause(failure);
		assertThat(this.effects).hasValue(0);
	}

	@Test
	void joinWhenTheFirstTimesOutShouldBeToldThatTheOutcomeIsUnknown() throws Exception {
		FirstCall first = new FirstCall(null);
		FutureTask<String> duplicate = Threads.untilWaiting(() -> execute(null));
		TimeoutException failure = new TimeoutException();
		first.fail(failure);
		assertThatThrownBy(duplicate::get).cause()
			.isInstanceOfSatisfying(IdempotencyConflictException.class,
					(ex) -> assertThat(ex.reason()).isEqualTo("outcome-unknown"));
		assertThat(this.operation.lookup("key").orElseThrow().status()).isEqualTo(Status.ABANDONED);
		assertThat(this.store.releases.sent).hasValue(0);
	}

	@Test
	void joinWhenTheFirstIsInterruptedShouldBeToldThatTheOutcomeIsUnknown() throws Exception {
		FirstCall first = new FirstCall(null);
		FutureTask<String> duplicate = Threads.untilWaiting(() -> execute(null));
		first.thread.interrupt();
		assertThatThrownBy(duplicate::get).cause()
			.isInstanceOfSatisfying(IdempotencyConflictException.class,
					(ex) -> assertThat(ex.reason()).isEqualTo("outcome-unknown"));
		assertThat(this.store.releases.sent).hasValue(0);
	}

	@Test
	@Trap(27)
	void joinWhenItGivesUpShouldLeaveTheClaimAndTheCallAlone() throws Exception {
		FirstCall first = new FirstCall(null);
		FutureTask<String> duplicate = Threads.untilWaiting(() -> execute(null));
		this.ticker.advance(Duration.ofSeconds(5));
		assertThatThrownBy(duplicate::get).cause().isInstanceOfSatisfying(IdempotencyConflictException.class, (ex) -> {
			assertThat(ex.reason()).isEqualTo("in-flight");
			assertThat(ex.retryAfter()).isEqualTo(Duration.ofSeconds(5));
		});
		assertFirstUntouched(first);
	}

	@Test
	@Trap(27)
	void joinWhenItIsInterruptedShouldLeaveTheClaimAndTheCallAlone() throws Exception {
		FirstCall first = new FirstCall(null);
		FutureTask<String> duplicate = new FutureTask<>(() -> execute(null));
		Threads.waiting(duplicate).interrupt();
		assertThatThrownBy(duplicate::get).hasCauseInstanceOf(InterruptedException.class);
		assertFirstUntouched(first);
	}

	@Test
	@Trap({ 27, 37 })
	void joinWhenItIsCancelledShouldLeaveTheClaimAndTheCallAlone() throws Exception {
		FirstCall first = new FirstCall(null);
		CompletableFuture<String> duplicate = executeAsync(null);
		assertThat(duplicate.cancel(true)).isTrue();
		assertThat(this.ticker.timers()).as("only the heartbeat").isEqualTo(1);
		assertFirstUntouched(first);
	}

	@Test
	void joinWhenTheFingerprintDiffersShouldBeAMismatchAtOnce() throws Exception {
		FirstCall first = new FirstCall("one");
		assertThatExceptionOfType(IdempotencyMismatchException.class).isThrownBy(() -> execute("two"));
		assertThatThrownBy(executeAsync("two")::get).hasCauseInstanceOf(IdempotencyMismatchException.class);
		first.end("receipt");
		assertThat(this.effects).hasValue(0);
	}

	@Test
	void joinWhenTheFirstTurnsOutToBeTheMismatchShouldGetTheStoredResult() throws Exception {
		this.operation.execute("key", "right", () -> "receipt");
		CompletableFuture<Void> gate = this.store.claims.hold();
		CompletableFuture<String> wrong = executeAsync("wrong");
		CompletableFuture<String> right = executeAsync("right");
		assertThat(right).isNotDone();
		gate.complete(null);
		this.ticker.advance(Duration.ZERO);
		assertThatThrownBy(wrong::get).hasCauseInstanceOf(IdempotencyMismatchException.class);
		assertThat(right).isCompletedWithValue("receipt");
	}

	@Test
	void joinWhenTheFirstIsGrantedAnotherFingerprintShouldBeAMismatchThen() throws Exception {
		CompletableFuture<Void> gate = this.store.claims.hold();
		CompletableFuture<String> work = new CompletableFuture<>();
		CompletableFuture<String> first = future("one", work);
		CompletableFuture<String> stranger = executeAsync("two");
		assertThat(stranger).isNotDone();
		gate.complete(null);
		this.ticker.advance(Duration.ZERO);
		assertThatThrownBy(stranger::get).hasCauseInstanceOf(IdempotencyMismatchException.class);
		work.complete("receipt");
		assertThat(first).isCompletedWithValue("receipt");
	}

	@Test
	void joinWhenTheFirstGivesUpBeforeItsClaimShouldRunItself() throws Exception {
		CompletableFuture<Void> gate = this.store.claims.hold();
		CompletableFuture<String> first = executeAsync(null);
		CompletableFuture<String> second = executeAsync(null);
		first.cancel(true);
		this.ticker.advance(Duration.ZERO);
		gate.complete(null);
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(second).isCompletedWithValue("duplicate");
		assertThat(this.effects).hasValue(1);
	}

	@Test
	void joinWhenTheFirstGivesUpShouldAskOnlyAfterItsLateClaimIsGivenBack() {
		CompletableFuture<Void> granted = this.store.claims.hold();
		CompletableFuture<Void> released = this.store.releases.hold();
		CompletableFuture<String> first = executeAsync(null);
		CompletableFuture<String> second = executeAsync(null);
		first.cancel(true);
		this.ticker.advance(Duration.ZERO);
		granted.complete(null);
		this.ticker.advance(Duration.ZERO);
		assertThat(this.store.claims.sent).as("the claim is not given back yet").hasValue(1);
		released.complete(null);
		this.ticker.advance(Duration.ZERO);
		assertThat(second).isCompletedWithValue("duplicate");
		assertThat(this.store.claims.sent).hasValue(2);
	}

	@Test
	void joinWhenTheFirstGivesUpBetweenItsQuestionsShouldAskItself() throws Exception {
		IdempotentOperation elsewhere = new IdempotentOperation("pay", IdempotencyConfig.builder().build(), this.store,
				this.ticker.source());
		CompletableFuture<String> work = new CompletableFuture<>();
		CompletableFuture<String> owner = elsewhere.executeAsync("key", null, () -> work).toCompletableFuture();
		CompletableFuture<String> first = executeAsync(null);
		CompletableFuture<String> second = executeAsync(null);
		first.cancel(true);
		this.ticker.advance(Duration.ZERO);
		assertThat(this.store.claims.sent).hasValue(3);
		work.complete("receipt");
		assertThat(owner).isCompletedWithValue("receipt");
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(second).isCompletedWithValue("receipt");
	}

	@Test
	void joinAsyncShouldNotBlockAndBeBoundedByATimer() throws Exception {
		FirstCall first = new FirstCall(null);
		CompletableFuture<String> late = executeAsync(null);
		this.ticker.advance(Duration.ofSeconds(4));
		CompletableFuture<String> intime = executeAsync(null);
		this.ticker.advance(Duration.ofSeconds(1));
		assertThatThrownBy(late::get).hasCauseInstanceOf(IdempotencyConflictException.class);
		first.end("receipt");
		this.ticker.advance(Duration.ZERO);
		assertThat(intime).isCompletedWithValue("receipt");
	}

	@Test
	void joinAsyncWhenItsDependentsAreSlowShouldNotDelayTheFirst() throws Exception {
		FirstCall first = new FirstCall(null);
		CompletableFuture<Thread> completer = executeAsync(null).thenApply((value) -> Thread.currentThread());
		first.end("receipt");
		assertThat(completer).isNotDone();
		this.ticker.advance(Duration.ZERO);
		assertThat(completer).isCompletedWithValue(Thread.currentThread());
	}

	private void assertFirstUntouched(FirstCall first) throws Exception {
		this.ticker.advance(Duration.ofMinutes(1));
		CompletableFuture<String> another = executeAsync(null);
		assertThat(another).as("the first call can still be joined").isNotDone();
		assertThat(this.operation.lookup("key").orElseThrow().status()).isEqualTo(Status.IN_PROGRESS);
		assertThat(this.store.releases.sent).hasValue(0);
		first.end("receipt");
		this.ticker.advance(Duration.ZERO);
		assertThat(another).isCompletedWithValue("receipt");
		assertThat(this.operation.<@Nullable String>execute("key", null, () -> "again")).isEqualTo("receipt");
		assertThat(this.effects).hasValue(0);
	}

	private @Nullable String execute(@Nullable String fingerprint) throws Exception {
		return this.operation.<@Nullable String>execute("key", fingerprint, () -> {
			this.effects.incrementAndGet();
			return "duplicate";
		});
	}

	private CompletableFuture<String> executeAsync(@Nullable String fingerprint) {
		return this.operation.executeAsync("key", fingerprint, () -> {
			this.effects.incrementAndGet();
			return CompletableFuture.completedFuture("duplicate");
		}).toCompletableFuture();
	}

	private CompletableFuture<String> future(String fingerprint, CompletableFuture<String> work) {
		return this.operation.executeAsync("key", fingerprint, () -> work).toCompletableFuture();
	}

	private long calls(String outcome) {
		return this.operation.snapshot().calls().getOrDefault(outcome, -1L);
	}

	/**
	 * A call on a thread of its own, that ends when the test says so.
	 */
	private final class FirstCall {

		final FutureTask<@Nullable String> task;

		final Thread thread;

		private final CompletableFuture<@Nullable String> end = new CompletableFuture<>();

		FirstCall(@Nullable String fingerprint) throws InterruptedException {
			CountDownLatch running = new CountDownLatch(1);
			this.task = new FutureTask<>(() -> DuplicateCallTests.this.operation.<@Nullable String>execute("key",
					fingerprint, () -> work(running)));
			this.thread = new Thread(this.task);
			this.thread.setDaemon(true);
			this.thread.start();
			running.await();
		}

		private @Nullable String work(CountDownLatch running) throws Exception {
			running.countDown();
			try {
				return this.end.get(10, TimeUnit.SECONDS);
			}
			catch (ExecutionException ex) {
				throw (Exception) ex.getCause();
			}
		}

		void end(@Nullable String value) throws Exception {
			this.end.complete(value);
			assertThat(this.task.get()).isEqualTo(value);
		}

		void fail(Exception failure) {
			this.end.completeExceptionally(failure);
			assertThatThrownBy(this.task::get).hasCause(failure);
		}

	}

}
