package dev.resilience.time;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
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
