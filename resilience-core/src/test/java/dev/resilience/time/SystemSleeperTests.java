package dev.resilience.time;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import org.assertj.core.api.InstanceOfAssertFactories;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class SystemSleeperTests {

	private static final long HOUR = TimeUnit.HOURS.toNanos(1);

	private static final long SHORT = TimeUnit.MILLISECONDS.toNanos(5);

	private final Sleeper sleeper = Sleeper.system();

	private final Ticker ticker = Ticker.system();

	@Test
	void sleepShouldLastAtLeastAsLongAsAsked() throws InterruptedException {
		long start = this.ticker.read();
		this.sleeper.sleep(SHORT);
		assertThat(this.ticker.read() - start).isGreaterThanOrEqualTo(SHORT);
	}

	@Test
	void sleepWhenWokenForNothingShouldGoOnSleeping() throws InterruptedException {
		LockSupport.unpark(Thread.currentThread());
		long start = this.ticker.read();
		this.sleeper.sleep(SHORT);
		assertThat(this.ticker.read() - start).isGreaterThanOrEqualTo(SHORT);
	}

	@Test
	void sleepWhenNothingIsLeftShouldReturnAtOnce() throws InterruptedException {
		long start = this.ticker.read();
		this.sleeper.sleep(0);
		this.sleeper.sleep(Long.MIN_VALUE);
		assertThat(this.ticker.read() - start).isLessThan(HOUR);
	}

	@Test
	void sleepWhenInterruptedBeforeShouldThrowAndClearTheFlag() {
		for (long nanos : new long[] { HOUR, 0 }) {
			Thread.currentThread().interrupt();
			assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> this.sleeper.sleep(nanos));
			assertThat(Thread.currentThread().isInterrupted()).isFalse();
		}
	}

	@Test
	void sleepWhenInterruptedMeanwhileShouldThrowAndClearTheFlag() {
		CompletableFuture<Boolean> flagAfterwards = new CompletableFuture<>();
		Thread thread = new Thread(() -> {
			try {
				this.sleeper.sleep(HOUR);
			}
			catch (InterruptedException ex) {
				flagAfterwards.complete(Thread.currentThread().isInterrupted());
			}
		});
		thread.setDaemon(true);
		thread.start();
		await(() -> thread.getState() == Thread.State.TIMED_WAITING);
		thread.interrupt();
		assertThat(flagAfterwards).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(false);
	}

	@Test
	void scheduleShouldRunTheTaskLaterOnAnotherThreadThanTheTimers() {
		CompletableFuture<String> thread = new CompletableFuture<>();
		long start = this.ticker.read();
		this.sleeper.schedule(() -> thread.complete(Thread.currentThread().getName()), SHORT);
		assertThat(thread).succeedsWithin(Duration.ofSeconds(10)).isNotEqualTo("resilience-timer");
		assertThat(this.ticker.read() - start).isGreaterThanOrEqualTo(SHORT);
	}

	@Test
	void cancelShouldFreeTheTimerAtOnce() {
		List<Sleeper.Timer> timers = new ArrayList<>();
		for (int timer = 0; timer < 1_000; timer++) {
			timers.add(this.sleeper.schedule(() -> {
			}, HOUR));
		}
		assertThat(waiting()).isGreaterThanOrEqualTo(1_000);
		timers.forEach(Sleeper.Timer::cancel);
		timers.forEach(Sleeper.Timer::cancel);
		assertThat(waiting()).isLessThan(1_000);
	}

	@Test
	void scheduleWhenAllWorkersAreBusyShouldUseNoMoreAndLoseNoTask() throws InterruptedException {
		SystemSleeper small = new SystemSleeper(2);
		CountDownLatch release = new CountDownLatch(1);
		Set<Thread> threads = ConcurrentHashMap.newKeySet();
		AtomicInteger ran = new AtomicInteger();
		for (int task = 0; task < 50; task++) {
			small.schedule(() -> {
				threads.add(Thread.currentThread());
				awaitRelease(release);
				ran.incrementAndGet();
			}, 0);
		}
		await(() -> threads.size() == 2);
		CompletableFuture<String> late = new CompletableFuture<>();
		small.schedule(() -> late.complete("late"), SHORT);
		AtomicInteger cancelled = new AtomicInteger();
		Sleeper.Timer timer = small.schedule(cancelled::incrementAndGet, 0);
		timer.cancel();
		release.countDown();
		await(() -> ran.get() == 50);
		assertThat(late).succeedsWithin(Duration.ofSeconds(10));
		assertThat(threads).hasSize(2).allMatch(Thread::isDaemon);
		assertThat(cancelled).hasValue(0);
	}

	@Test
	void scheduleWhenManyTasksBlockShouldRunTheNextAllTheSame() {
		CountDownLatch release = new CountDownLatch(1);
		for (int task = 0; task < 100; task++) {
			Sleeper.system().schedule(() -> awaitRelease(release), 0);
		}
		CompletableFuture<String> next = new CompletableFuture<>();
		Sleeper.system().schedule(() -> next.complete("next"), SHORT);
		assertThat(next).succeedsWithin(Duration.ofSeconds(10));
		release.countDown();
	}

	@Test
	void scheduleWhenTrafficIsLightShouldLeaveTheOtherWorkersIdle() {
		SystemSleeper small = new SystemSleeper(3);
		CountDownLatch release = new CountDownLatch(1);
		Set<Thread> threads = ConcurrentHashMap.newKeySet();
		AtomicInteger ran = new AtomicInteger();
		for (int task = 0; task < 3; task++) {
			small.schedule(() -> {
				threads.add(Thread.currentThread());
				awaitRelease(release);
				ran.incrementAndGet();
			}, 0);
		}
		await(() -> threads.size() == 3);
		release.countDown();
		Set<Thread> used = ConcurrentHashMap.newKeySet();
		for (int task = 0; task < 9; task++) {
			int before = 3 + task;
			await(() -> ran.get() == before && threads.stream().allMatch(SystemSleeperTests::isIdle));
			small.schedule(() -> {
				used.add(Thread.currentThread());
				ran.incrementAndGet();
			}, 0);
		}
		await(() -> ran.get() == 12);
		assertThat(used).hasSize(1);
	}

	@Test
	void scheduleWhenBriefTasksComeInBurstsShouldGetByWithFewWorkers() {
		SystemSleeper busy = new SystemSleeper(1_024);
		Set<Thread> threads = ConcurrentHashMap.newKeySet();
		AtomicInteger ran = new AtomicInteger();
		int tasks = 40;
		for (int burst = 1; burst <= 100; burst++) {
			for (int task = 0; task < tasks; task++) {
				busy.schedule(() -> {
					threads.add(Thread.currentThread());
					ran.incrementAndGet();
				}, TimeUnit.MICROSECONDS.toNanos(25L * task));
			}
			int expected = burst * tasks;
			await(() -> ran.get() == expected);
		}
		assertThat(threads).hasSizeLessThan(100);
	}

	private static boolean isIdle(Thread worker) {
		return worker.getState() == Thread.State.TIMED_WAITING;
	}

	@Test
	void scheduleBriefWhenAllWorkersAreBusyShouldNotWaitForThem() {
		SystemSleeper small = new SystemSleeper(1);
		CountDownLatch release = new CountDownLatch(1);
		small.schedule(() -> awaitRelease(release), 0);
		CompletableFuture<String> brief = new CompletableFuture<>();
		CompletableFuture<String> other = new CompletableFuture<>();
		small.schedule(() -> other.complete("other"), 0);
		small.scheduleBrief(() -> brief.complete("brief"), SHORT);
		assertThat(brief).succeedsWithin(Duration.ofSeconds(10));
		assertThat(other).isNotDone();
		release.countDown();
		assertThat(other).succeedsWithin(Duration.ofSeconds(10));
	}

	@Test
	void cancelWhenTheTaskIsQueuedShouldKeepItFromRunning() {
		SystemSleeper small = new SystemSleeper(1);
		CountDownLatch release = new CountDownLatch(1);
		CountDownLatch begun = new CountDownLatch(1);
		small.schedule(() -> {
			begun.countDown();
			awaitRelease(release);
		}, 0);
		await(() -> begun.getCount() == 0);
		AtomicInteger ran = new AtomicInteger();
		Sleeper.Timer queued = small.schedule(ran::incrementAndGet, 0);
		await(() -> assertThat(small).extracting("workers", InstanceOfAssertFactories.type(Workers.class))
			.actual()
			.waiting() == 1);
		queued.cancel();
		CompletableFuture<String> next = new CompletableFuture<>();
		small.schedule(() -> next.complete("next"), 0);
		release.countDown();
		assertThat(next).succeedsWithin(Duration.ofSeconds(10));
		assertThat(ran).hasValue(0);
	}

	@Test
	void scheduleShouldRunTheTaskWithoutThreadLocalsOfWhoeverSetTheTimer() {
		InheritableThreadLocal<String> tenant = new InheritableThreadLocal<>();
		tenant.set("acme");
		try {
			CompletableFuture<String> seen = new CompletableFuture<>();
			new SystemSleeper(1).schedule(() -> seen.complete(String.valueOf(tenant.get())), 0);
			assertThat(seen).succeedsWithin(Duration.ofSeconds(10)).isEqualTo("null");
		}
		finally {
			tenant.remove();
		}
	}

	private static void awaitRelease(CountDownLatch release) {
		try {
			assertThat(release.await(10, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private int waiting() {
		return assertThat(this.sleeper)
			.extracting("timers", InstanceOfAssertFactories.type(ScheduledThreadPoolExecutor.class))
			.actual()
			.getQueue()
			.size();
	}

	private static void await(Callable<Boolean> condition) {
		Awaitility.await().atMost(Duration.ofSeconds(10)).pollInterval(Duration.ofMillis(1)).until(condition);
	}

}
