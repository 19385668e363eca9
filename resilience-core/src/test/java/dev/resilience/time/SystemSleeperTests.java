package dev.resilience.time;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

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
		Runnable task = new Task();
		WeakReference<Runnable> reference = new WeakReference<>(task);
		Sleeper.Timer timer = this.sleeper.schedule(task, HOUR);
		task = null;
		System.gc();
		assertThat(reference.get()).as("held by the timer").isNotNull();
		timer.cancel();
		await(() -> {
			System.gc();
			return reference.get() == null;
		});
	}

	private static final class Task implements Runnable {

		@Override
		public void run() {
		}

	}

	private static void await(Callable<Boolean> condition) {
		Awaitility.await().atMost(Duration.ofSeconds(10)).pollInterval(Duration.ofMillis(1)).until(condition);
	}

}
