package dev.resilience.time;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class FakeTickerTests {

	private final FakeTicker time = new FakeTicker();

	private final List<String> ran = new ArrayList<>();

	@Test
	void readShouldStartNegativeAndMoveOnlyWhenMoved() {
		long start = this.time.read();
		assertThat(start).isNegative();
		assertThat(this.time.read()).isEqualTo(start);
		this.time.advance(Duration.ofSeconds(2));
		assertThat(this.time.read() - start).isEqualTo(2_000_000_000L);
	}

	@Test
	void readWhenAtTheEndOfTheRangeShouldWrap() {
		FakeTicker atTheEnd = new FakeTicker(Long.MAX_VALUE);
		atTheEnd.advance(Duration.ofNanos(1));
		assertThat(atTheEnd.read()).isEqualTo(Long.MIN_VALUE);
		assertThat(atTheEnd.read() - Long.MAX_VALUE).isEqualTo(1);
	}

	@Test
	void advanceShouldMoveTheWallClockToo() {
		this.time.advance(Duration.ofMillis(5));
		assertThat(this.time.source().clock().instant()).isEqualTo(FakeTicker.EPOCH.plusMillis(5));
	}

	@Test
	void cancelWhenTaskIsBriefShouldForgetIt() {
		this.time.scheduleBrief(() -> this.ran.add("never"), 10).cancel();
		this.time.advance(Duration.ofNanos(10));
		assertThat(this.ran).isEmpty();
	}

	@Test
	void shiftClockShouldLeaveTheTickerAlone() {
		long start = this.time.read();
		this.time.shiftClock(Duration.ofHours(-1));
		this.time.shiftClock(Duration.ofMinutes(-1));
		assertThat(this.time.source().clock().instant()).isEqualTo(FakeTicker.EPOCH.minus(Duration.ofMinutes(61)));
		assertThat(this.time.read()).isEqualTo(start);
	}

	@Test
	void advanceShouldRunDueTimersInOrderEachAtItsOwnMoment() {
		schedule("second", 20);
		schedule("first", 10);
		schedule("also second", 20);
		schedule("later", 31);
		this.time.advance(Duration.ofNanos(30));
		assertThat(this.ran).containsExactly("first at 10", "second at 20", "also second at 20");
		assertThat(this.time.timers()).isEqualTo(1);
		assertThat(elapsed()).isEqualTo(30);
	}

	@Test
	void advanceWhenATimerSchedulesAnotherShouldRunThatOneInTime() {
		this.time.schedule(() -> schedule("chained", 5), 10);
		this.time.advance(Duration.ofNanos(15));
		assertThat(this.ran).containsExactly("chained at 15");
	}

	@Test
	void advanceWhenBackShouldRunNothing() {
		schedule("timer", 0);
		this.time.advance(Duration.ofNanos(-10));
		assertThat(this.ran).isEmpty();
		assertThat(elapsed()).isEqualTo(-10);
	}

	@Test
	void cancelShouldForgetTheTimer() {
		Sleeper.Timer timer = schedule("cancelled", 10);
		timer.cancel();
		timer.cancel();
		this.time.advance(Duration.ofNanos(10));
		assertThat(this.ran).isEmpty();
		assertThat(this.time.timers()).isZero();
	}

	@Test
	void sleepShouldMoveTimeAndBeRemembered() throws InterruptedException {
		schedule("timer", 10);
		this.time.sleep(15);
		this.time.sleep(-1);
		assertThat(this.ran).containsExactly("timer at 10");
		assertThat(elapsed()).isEqualTo(15);
		assertThat(this.time.sleeps()).containsExactly(Duration.ofNanos(15), Duration.ofNanos(-1));
	}

	@Test
	void sleepWhenInterruptedShouldThrowClearTheFlagAndNotMoveTime() {
		Thread.currentThread().interrupt();
		assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> this.time.sleep(10));
		assertThat(Thread.interrupted()).isFalse();
		assertThat(elapsed()).isZero();
		assertThat(this.time.sleeps()).isEmpty();
	}

	private Sleeper.Timer schedule(String name, long nanos) {
		return this.time.schedule(() -> this.ran.add(name + " at " + elapsed()), nanos);
	}

	private long elapsed() {
		return this.time.read() + 1_000_000_000L;
	}

}
