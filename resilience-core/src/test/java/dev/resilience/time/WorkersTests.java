package dev.resilience.time;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(30)
class WorkersTests {

	private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

	private final List<Runnable> hired = new ArrayList<>();

	private final Queue<Runnable> later = new ArrayDeque<>();

	private final AtomicInteger ran = new AtomicInteger();

	private boolean closed;

	/**
	 * Workers whose threads come only when the test {@linkplain #come lets them}.
	 */
	private Workers slow(int most) {
		return new Workers((worker) -> {
			if (this.closed) {
				throw new OutOfMemoryError("unable to create native thread");
			}
			this.hired.add(worker);
			return new Thread();
		}, most, this.later::add);
	}

	private Thread come(int worker) {
		Thread thread = Daemons.named("worker").newThread(this.hired.get(worker));
		thread.start();
		return thread;
	}

	@Test
	void executeWhenAWorkerIsOnItsWayShouldSendForNoOther() {
		Workers workers = slow(10);
		for (int task = 0; task < 5; task++) {
			workers.execute(this.ran::incrementAndGet);
		}
		assertThat(this.hired).hasSize(1);
		assertThat(workers.waiting()).isEqualTo(5);
	}

	@Test
	void executeWhenTheTaskOfTheOneThatCameBlocksShouldHaveSentForAnother() {
		Workers workers = new Workers(Daemons.named("worker"), 10, this.later::add);
		CountDownLatch release = new CountDownLatch(1);
		CountDownLatch blocked = new CountDownLatch(9);
		for (int task = 0; task < 9; task++) {
			workers.execute(() -> {
				blocked.countDown();
				awaitQuietly(release);
			});
		}
		CompletableFuture<String> last = new CompletableFuture<>();
		workers.execute(() -> last.complete("last"));
		awaitQuietly(blocked);
		assertThat(last).succeedsWithin(TEN_SECONDS);
		release.countDown();
	}

	@Test
	void executeWhenAllHaveNothingToDoShouldSendForTheLatest() {
		Workers workers = slow(10);
		workers.execute(this.ran::incrementAndGet);
		Thread only = come(0);
		await(() -> only.getState() == Thread.State.TIMED_WAITING);
		workers.execute(this.ran::incrementAndGet);
		await(() -> this.ran.get() == 2);
		assertThat(this.hired).hasSize(1);
	}

	@Test
	void executeWhenAnIdleWorkerWasInterruptedShouldStillSendForIt() {
		Workers workers = slow(10);
		workers.execute(this.ran::incrementAndGet);
		Thread only = come(0);
		await(() -> only.getState() == Thread.State.TIMED_WAITING);
		only.interrupt();
		await(() -> !only.isInterrupted() && only.getState() == Thread.State.TIMED_WAITING);
		workers.execute(this.ran::incrementAndGet);
		await(() -> this.ran.get() == 2);
		assertThat(this.hired).hasSize(1);
	}

	@Test
	void executeWhenTheTaskBeforeLeftTheInterruptFlagShouldRunWithoutIt() {
		Workers workers = slow(1);
		CompletableFuture<Boolean> flag = new CompletableFuture<>();
		workers.execute(() -> Thread.currentThread().interrupt());
		workers.execute(() -> flag.complete(Thread.currentThread().isInterrupted()));
		come(0);
		assertThat(flag).succeedsWithin(TEN_SECONDS).isEqualTo(false);
	}

	@Test
	void executeWhenATaskThrewShouldUseAnotherWorker() {
		ThreadFactory quiet = (worker) -> {
			Thread thread = Daemons.named("worker").newThread(worker);
			thread.setUncaughtExceptionHandler((dead, ex) -> this.ran.incrementAndGet());
			return thread;
		};
		Workers workers = new Workers(quiet, 1, this.later::add);
		workers.execute(() -> {
			throw new IllegalStateException("broken");
		});
		CompletableFuture<String> next = new CompletableFuture<>();
		workers.execute(() -> next.complete("next"));
		assertThat(next).succeedsWithin(TEN_SECONDS);
		await(() -> this.ran.get() == 1);
	}

	@Test
	void executeWhenNoThreadIsToBeHadShouldTryAgainOnceForAllTasks() {
		Workers workers = slow(1);
		this.closed = true;
		workers.execute(this.ran::incrementAndGet);
		workers.execute(this.ran::incrementAndGet);
		assertThat(this.later).hasSize(1);
		this.later.remove().run();
		assertThat(this.later).as("still none").hasSize(1);
		this.closed = false;
		this.later.remove().run();
		come(0);
		await(() -> this.ran.get() == 2);
		assertThat(this.later).isEmpty();
	}

	private static void awaitQuietly(CountDownLatch latch) {
		try {
			assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void await(Callable<Boolean> condition) {
		Awaitility.await().atMost(TEN_SECONDS).pollInterval(Duration.ofMillis(1)).until(condition);
	}

}
