package dev.resilience.time;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import dev.resilience.Trap;
import dev.resilience.time.Deadline.End;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

@Timeout(30)
class DeadlinesTests {

	private static final long SECOND = 1_000_000_000;

	private final FakeTicker ticker = new FakeTicker();

	private final Deadlines deadlines = Deadlines.of(this.ticker.source());

	@AfterEach
	void clearInterrupt() {
		Thread.interrupted();
	}

	@ParameterizedTest
	@ValueSource(
			longs = { Long.MIN_VALUE, -1_000_000_001, -SECOND, 0, 3, Long.MAX_VALUE - 1_000_000_000, Long.MAX_VALUE })
	void beginWhenTickerIsNegativeOrWrapsShouldFireAtTheDeadline(long origin) {
		FakeTicker time = new FakeTicker(origin);
		Deadline deadline = Deadlines.of(time.source()).begin(SECOND, true);
		time.advance(Duration.ofNanos(SECOND - 1));
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
		time.advance(Duration.ofMillis(1));
		assertThat(Thread.currentThread().isInterrupted()).isTrue();
		assertThat(deadline.end(null)).isEqualTo(End.STOPPED);
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
	}

	@Test
	void endWhenInTimeShouldLeaveNothingBehind() {
		for (int work = 0; work < 1_000; work++) {
			assertThat(this.deadlines.begin(SECOND, true).end(null)).isEqualTo(End.IN_TIME);
		}
		assertThat(this.ticker.timers()).isOne();
		this.ticker.advance(Duration.ofHours(1));
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
		assertThat(this.ticker.timers()).as("no work, no timer").isZero();
	}

	@Test
	void scanShouldComeSoonHoweverFarTheDeadline() {
		// Between two scans, threads that are gone are held.
		this.deadlines.begin(3_600 * SECOND, true).end(null);
		this.ticker.advance(Duration.ofSeconds(11));
		assertThat(this.ticker.timers()).isZero();
	}

	@Test
	void endWhenScansCameBeforeTheDeadlineShouldStillTellInTime() {
		Deadline deadline = this.deadlines.begin(60 * SECOND, true);
		this.ticker.advance(Duration.ofSeconds(59));
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
		this.ticker.advance(Duration.ofSeconds(2));
		assertThat(deadline.end(null)).isEqualTo(End.STOPPED);
	}

	@Test
	void beginWhenEarlierThanTheNextScanShouldBringItForward() {
		Deadline outer = this.deadlines.begin(10 * SECOND, true);
		Deadline inner = this.deadlines.begin(SECOND, true);
		assertThat(this.ticker.timers()).as("not both").isOne();
		this.ticker.advance(Duration.ofNanos(SECOND + 7));
		assertThat(inner.end(null)).isEqualTo(End.STOPPED);
		this.ticker.advance(Duration.ofSeconds(8));
		assertThat(Thread.currentThread().isInterrupted()).as("the outer one is not over").isFalse();
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(outer.end(null)).isEqualTo(End.STOPPED);
	}

	@ParameterizedTest
	@CsvSource({ "11, 15", "15, 11" })
	void scanWhenThereAreSeveralShouldComeForTheNearest(long outer, long inner) {
		Deadline first = this.deadlines.begin(outer * SECOND, true);
		Deadline second = this.deadlines.begin(inner * SECOND, true);
		this.ticker.advance(Duration.ofMillis(10_999));
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
		this.ticker.advance(Duration.ofMillis(2));
		assertThat(Thread.currentThread().isInterrupted()).isTrue();
		assertThat(second.end(null)).isEqualTo((inner < outer) ? End.STOPPED : End.IN_TIME);
		assertThat(first.end(null)).isEqualTo((outer < inner) ? End.STOPPED : End.IN_TIME);
	}

	@Test
	@Trap(22)
	void endWhenTheInterruptIsUnderWayShouldWaitForItAndTakeItBack() throws Exception {
		CountDownLatch interrupting = new CountDownLatch(1);
		CountDownLatch delivered = new CountDownLatch(1);
		CountDownLatch ended = new CountDownLatch(1);
		boolean[] leaked = new boolean[1];
		Thread thread = new Thread(() -> {
			Deadline deadline = this.deadlines.begin(SECOND, true);
			awaitQuietly(interrupting);
			deadline.end(null);
			ended.countDown();
			awaitQuietly(delivered);
			leaked[0] = Thread.currentThread().isInterrupted();
		}) {

			@Override
			public void interrupt() {
				interrupting.countDown();
				awaitAtMost(ended, 50);
				super.interrupt();
				delivered.countDown();
			}

		};
		thread.start();
		while (this.ticker.timers() == 0) {
			Thread.onSpinWait();
		}
		this.ticker.advance(Duration.ofSeconds(2));
		thread.join();
		assertThat(leaked).containsExactly(false);
	}

	@Test
	void endWhenSomebodyElseInterruptedBeforeShouldLeaveThatAlone() {
		Deadline deadline = this.deadlines.begin(SECOND, true);
		Thread.currentThread().interrupt();
		this.ticker.advance(Duration.ofSeconds(2));
		assertThat(deadline.end(null)).isEqualTo(End.PASSED);
		assertThat(Thread.currentThread().isInterrupted()).isTrue();
	}

	@Test
	void endWhenInterruptedOnceMoreAfterTheInterruptionShouldLeaveOne() {
		Deadline deadline = this.deadlines.begin(SECOND, true);
		this.ticker.advance(Duration.ofSeconds(2));
		assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> this.ticker.sleep(1));
		Thread.currentThread().interrupt();
		assertThat(deadline.end(new InterruptedException())).isEqualTo(End.STOPPED);
		assertThat(Thread.currentThread().isInterrupted()).isTrue();
	}

	@Test
	void endWhenTheWorkSetTheFlagAgainShouldTakeItBack() {
		Deadline deadline = this.deadlines.begin(SECOND, true);
		this.ticker.advance(Duration.ofSeconds(2));
		assertThat(deadline.end(new IllegalStateException("wrapped"))).isEqualTo(End.STOPPED);
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
	}

	@Test
	@Trap(22)
	void endWhenInnerAndOuterAreOverShouldInterruptTheOuterOnce() {
		Deadline outer = this.deadlines.begin(2 * SECOND, true);
		Deadline inner = this.deadlines.begin(SECOND, true);
		this.ticker.advance(Duration.ofSeconds(3));
		assertThat(inner.end(null)).isEqualTo(End.STOPPED);
		assertThat(Thread.currentThread().isInterrupted()).as("the outer work is still to stop").isTrue();
		assertThat(outer.end(null)).isEqualTo(End.STOPPED);
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
	}

	@Test
	void endWhenOnlyTheOuterIsOverShouldLeaveItsInterruptToIt() {
		Deadline outer = this.deadlines.begin(SECOND, true);
		Deadline inner = this.deadlines.begin(5 * SECOND, true);
		this.ticker.advance(Duration.ofSeconds(2));
		assertThat(inner.end(null)).isEqualTo(End.IN_TIME);
		assertThat(Thread.currentThread().isInterrupted()).isTrue();
		assertThat(outer.end(null)).isEqualTo(End.STOPPED);
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
	}

	@Test
	void endWhenItMayNotInterruptShouldOnlyTell() {
		Deadline deadline = this.deadlines.begin(SECOND, false);
		this.ticker.advance(Duration.ofSeconds(2));
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
		assertThat(deadline.end(null)).isEqualTo(End.PASSED);
	}

	@Test
	void scanWhenTheNextTimerCannotBeSetShouldHaveWhoeverBeginsNextSetIt() {
		ClosableSleeper sleeper = new ClosableSleeper(this.ticker);
		Deadlines closable = Deadlines.of(sleeper.source());
		closable.begin(SECOND, true).end(null);
		this.ticker.advance(Duration.ofMillis(500));
		Deadline outer = closable.begin(SECOND, true);
		sleeper.close(true);
		this.ticker.advance(Duration.ofMillis(501));
		assertThat(this.ticker.timers()).isZero();
		sleeper.close(false);
		Deadline inner = closable.begin(60 * SECOND, true);
		this.ticker.advance(Duration.ofMillis(500));
		assertThat(Thread.currentThread().isInterrupted()).isTrue();
		assertThat(inner.end(null)).isEqualTo(End.IN_TIME);
		assertThat(outer.end(null)).isEqualTo(End.STOPPED);
	}

	@Test
	void beginWhenItCannotWakeTheScanShouldNotForgetThoseWhoReliedOnIt() {
		List<Long> wakes = new ArrayList<>();
		Deadlines failing = new Deadlines(this.ticker) {

			private boolean failed;

			@Override
			void wakeAt(long at) {
				if (!this.failed) {
					this.failed = true;
					CompletableFuture.runAsync(() -> begin(2 * SECOND, true), (task) -> new Thread(task).start())
						.join();
					throw new IllegalStateException("shut down");
				}
				wakes.add(at);
			}

		};
		assertThatIllegalStateException().isThrownBy(() -> failing.begin(SECOND, true));
		failing.begin(5 * SECOND, true).end(null);
		assertThat(wakes).singleElement(InstanceOfAssertFactories.LONG).isLessThanOrEqualTo(this.ticker.read() + 7);
		failing.scan();
		assertThat(failing.nanosUntilScan()).isBetween(SECOND, 2 * SECOND + 7);
	}

	@Test
	void beginOnSystemTimeShouldStopEveryThreadInTime() throws Exception {
		Deadlines system = Deadlines.of(TimeSource.system());
		int threads = 8;
		AtomicInteger stopped = new AtomicInteger();
		CountDownLatch done = new CountDownLatch(threads);
		for (int index = 0; index < threads; index++) {
			long nanos = TimeUnit.MILLISECONDS.toNanos(5 + 5 * (index % 3));
			new Thread(() -> {
				for (int round = 0; round < 8; round++) {
					long start = System.nanoTime();
					Deadline deadline = system.begin(nanos, true);
					while (!Thread.currentThread().isInterrupted()) {
						LockSupport.parkNanos(10 * SECOND);
					}
					if (deadline.end(null) == End.STOPPED && System.nanoTime() - start >= nanos
							&& !Thread.currentThread().isInterrupted()) {
						stopped.incrementAndGet();
					}
				}
				done.countDown();
			}).start();
		}
		assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
		assertThat(stopped).hasValue(8 * threads);
	}

	@Test
	@Trap(22)
	void endWhenDeadlinesComeAsTheWorkEndsShouldNeverLeakAnInterrupt() throws Exception {
		Deadlines system = Deadlines.of(TimeSource.system());
		AtomicInteger leaks = new AtomicInteger();
		AtomicInteger stops = new AtomicInteger();
		CountDownLatch done = new CountDownLatch(4);
		for (int index = 0; index < 4; index++) {
			new Thread(() -> {
				long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(300);
				for (int round = 0; System.nanoTime() - until < 0; round++) {
					Deadline deadline = system.begin(1_000 + 1_000 * (round % 8), true);
					for (int spin = 0; spin < round % 4_000; spin++) {
						Thread.onSpinWait();
					}
					stops.addAndGet((deadline.end(null) == End.STOPPED) ? 1 : 0);
					leaks.addAndGet(Thread.interrupted() ? 1 : 0);
				}
				done.countDown();
			}).start();
		}
		assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
		assertThat(stops).hasPositiveValue();
		assertThat(leaks).hasValue(0);
	}

	private static void awaitQuietly(CountDownLatch latch) {
		awaitAtMost(latch, 10_000);
	}

	private static void awaitAtMost(CountDownLatch latch, long millis) {
		long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
		while (latch.getCount() > 0 && System.nanoTime() - until < 0) {
			Thread.onSpinWait();
		}
	}

}
