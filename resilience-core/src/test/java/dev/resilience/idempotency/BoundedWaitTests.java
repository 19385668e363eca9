package dev.resilience.idempotency;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;

import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.time.ClosableSleeper;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.Sleeper;
import dev.resilience.time.Ticker;
import dev.resilience.time.TimeSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Duplicates that wait where timers and workers are short.
 */
@Timeout(20)
class BoundedWaitTests {

	private final FakeTicker ticker = new FakeTicker();

	private final ShortSleeper sleeper = new ShortSleeper(this.ticker);

	private final TimeSource time = new TimeSource(this.ticker, this.ticker.source().clock(), this.sleeper);

	private final MemoryIdempotencyStore store = new MemoryIdempotencyStore(this.time);

	private final IdempotentOperation operation = new IdempotentOperation("pay", IdempotencyConfig.builder().build(),
			this.store, this.time);

	private final CompletableFuture<String> work = new CompletableFuture<>();

	@Test
	void executeAsyncWhenTheOwnerIsElsewhereAndThereIsNoTimerShouldBeAConflict() {
		IdempotentOperation elsewhere = new IdempotentOperation("pay", IdempotencyConfig.builder().build(), this.store,
				this.time);
		assertThat(execute(elsewhere)).isNotDone();
		this.sleeper.refuses = true;
		requireRejected(execute(this.operation), "in-flight");
	}

	@Test
	void joinAsyncWhenThereIsNoTimerShouldBeAConflictAndWaitNoMore() {
		CompletableFuture<String> first = execute(this.operation);
		this.sleeper.refuses = true;
		for (int index = 0; index <= Execution.MAX_WAITERS; index++) {
			requireRejected(execute(this.operation), "in-flight");
		}
		this.work.complete("receipt");
		assertThat(first).isCompletedWithValue("receipt");
	}

	@Test
	void joinAsyncWhenThereIsNoWorkerToTellItShouldGetTheResultNevertheless() {
		assertThat(execute(this.operation)).isNotDone();
		CompletableFuture<String> joined = execute(this.operation);
		this.sleeper.refuses = true;
		this.work.complete("receipt");
		assertThat(joined).isCompletedWithValue("receipt");
	}

	@Test
	void joinAsyncWhenItsTimerCannotBeCancelledShouldGetTheResultNevertheless() {
		ClosableSleeper shut = new ClosableSleeper(this.ticker, new IOException("shut down"));
		IdempotentOperation joinable = operation(shut);
		assertThat(execute(joinable)).isNotDone();
		CompletableFuture<String> joined = execute(joinable);
		shut.close(true);
		this.work.complete("receipt");
		assertThat(joined).isCompletedWithValue("receipt");
	}

	@Test
	void executeAsyncWhenTheOwnerIsElsewhereAndNoTimerCanBeCancelledShouldAskAgain() {
		ClosableSleeper shut = new ClosableSleeper(this.ticker, new IOException("shut down"));
		assertThat(execute(this.operation)).isNotDone();
		CompletableFuture<String> waiting = execute(operation(shut));
		this.work.complete("receipt");
		shut.close(true);
		this.ticker.advance(Duration.ofMillis(50));
		assertThat(waiting).isCompletedWithValue("receipt");
	}

	@Test
	void joinWhenTooManyWaitShouldBeAConflictUntilOneGivesUp() {
		assertThat(execute(this.operation)).isNotDone();
		List<CompletableFuture<String>> joined = new ArrayList<>();
		for (int index = 0; index < Execution.MAX_WAITERS; index++) {
			joined.add(execute(this.operation));
		}
		assertThatThrownBy(execute(this.operation)::get).cause()
			.isInstanceOfSatisfying(IdempotencyConflictException.class, (ex) -> {
				assertThat(ex.reason()).isEqualTo("too-many-waiting");
				assertThat(ex.retryAfter()).isEqualTo(Duration.ofSeconds(5));
			})
			.hasMessageContaining("as many calls wait for it as may (1000)");
		joined.remove(0).cancel(true);
		joined.add(execute(this.operation));
		this.work.complete("receipt");
		this.ticker.advance(Duration.ZERO);
		assertThat(joined).allSatisfy((each) -> assertThat(each).isCompletedWithValue("receipt"));
		assertThat(this.operation.snapshot().rejections()).containsEntry("too-many-waiting", 1L);
	}

	@Test
	void joinWhenNoWorkerIsLeftShouldKeepItsOwnTime() {
		IdempotentOperation starved = starved(new MemoryIdempotencyStore(TimeSource.system()), 50);
		assertThat(execute(starved)).isNotDone();
		FutureTask<String> joined = Threads.untilWaiting(() -> starved.execute("key", null, () -> "again"));
		assertThatThrownBy(joined::get).cause()
			.isInstanceOfSatisfying(IdempotencyConflictException.class,
					(ex) -> assertThat(ex.reason()).isEqualTo("in-flight"));
	}

	@Test
	void executeWhenTheOwnerIsElsewhereAndNoWorkerIsLeftShouldAskAgainByItself() throws Exception {
		MemoryIdempotencyStore shared = new MemoryIdempotencyStore(TimeSource.system());
		assertThat(execute(starved(shared, 50))).isNotDone();
		IdempotentOperation starved = starved(shared, 10_000);
		FutureTask<String> waiting = Threads.untilWaiting(() -> starved.execute("key", null, () -> "again"));
		this.work.complete("receipt");
		assertThat(waiting.get()).isEqualTo("receipt");
		assertThatThrownBy(() -> starved(shared, 50).execute("key", "other", () -> "again"))
			.isInstanceOf(IdempotencyMismatchException.class);
	}

	@Test
	void executeWhenTheOwnerElsewhereTakesTooLongAndNoWorkerIsLeftShouldBeAConflict() {
		MemoryIdempotencyStore shared = new MemoryIdempotencyStore(TimeSource.system());
		assertThat(execute(starved(shared, 50))).isNotDone();
		FutureTask<String> waiting = Threads
			.untilWaiting(() -> starved(shared, 50).execute("key", null, () -> "again"));
		assertThatThrownBy(waiting::get).hasCauseInstanceOf(IdempotencyConflictException.class);
	}

	private IdempotentOperation operation(ClosableSleeper sleeper) {
		return new IdempotentOperation("pay", IdempotencyConfig.builder().build(), this.store, sleeper.source());
	}

	private CompletableFuture<String> execute(IdempotentOperation operation) {
		return operation.executeAsync("key", null, () -> this.work).toCompletableFuture();
	}

	private static void requireRejected(CompletableFuture<String> result, String reason) {
		assertThat(result).isDone();
		assertThatThrownBy(result::get).cause()
			.isInstanceOfSatisfying(IdempotencyConflictException.class,
					(ex) -> assertThat(ex.reason()).isEqualTo(reason));
	}

	/**
	 * An operation whose sleeper never gets to a task, as if all of its workers blocked.
	 */
	private static IdempotentOperation starved(IdempotencyStore store, int millis) {
		ShortSleeper sleeper = new ShortSleeper(new FakeTicker());
		return new IdempotentOperation("pay",
				IdempotencyConfig.builder().inFlightWait(Duration.ofMillis(millis)).build(), store,
				new TimeSource(Ticker.system(), Clock.systemUTC(), sleeper));
	}

	private static final class ShortSleeper implements Sleeper {

		private final Sleeper sleeper;

		private boolean refuses;

		ShortSleeper(Sleeper sleeper) {
			this.sleeper = sleeper;
		}

		@Override
		public void sleep(long nanos) throws InterruptedException {
			this.sleeper.sleep(nanos);
		}

		@Override
		public Timer schedule(Runnable task, long nanos) {
			if (this.refuses) {
				throw new RejectedExecutionException("no thread");
			}
			return this.sleeper.schedule(task, nanos);
		}

	}

}
