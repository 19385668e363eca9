package dev.resilience.circuitbreaker;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;

import dev.resilience.Trap;
import dev.resilience.circuitbreaker.Window.Tally;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class WindowTests {

	private static final Duration MINUTE = Duration.ofSeconds(60);

	private final FakeTicker ticker = new FakeTicker();

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 31, 32, 33, 100, 1000 })
	void countWindowShouldHoldExactlyTheLatestOutcomes(int size) {
		Window window = new CountWindow(size);
		Deque<Integer> expected = new ArrayDeque<>();
		Random random = new Random(size);
		for (int call = 0; call < 5 * size + 100; call++) {
			int outcome = random.nextInt(4);
			window.record(outcome);
			expected.add(outcome);
			if (expected.size() > size) {
				expected.remove();
			}
			Tally tally = window.tally();
			assertThat(tally.calls()).isEqualTo(expected.size());
			assertThat(tally.failed()).isEqualTo(expected.stream().filter((bits) -> (bits & 1) != 0).count());
			assertThat(tally.slow()).isEqualTo(expected.stream().filter((bits) -> (bits & 2) != 0).count());
			assertThat(window.isHealthy()).isEqualTo(expected.stream().allMatch((bits) -> bits == 0));
		}
	}

	@Test
	void timeWindowShouldForgetNoOutcomeEarlyAndCountNoneLate() {
		Window window = timeWindow();
		window.record(Window.FAILED);
		this.ticker.advance(Duration.ofMillis(58_999));
		assertThat(window.tally().failed()).as("within the window less a slice").isEqualTo(1);
		assertThat(window.isHealthy()).isFalse();
		for (int half = 0; half < 4; half++) {
			window.record(0);
			this.ticker.advance(Duration.ofMillis(500));
		}
		assertThat(window.tally()).as("older than the window").isEqualTo(new Tally(4, 0, 0));
		assertThat(window.isHealthy()).isTrue();
		this.ticker.advance(Duration.ofDays(1));
		assertThat(window.tally()).isEqualTo(Tally.EMPTY);
	}

	@Test
	void timeWindowWhenOutcomesComeAtAnyTimeShouldNeverCountOneThatIsTooOld() {
		Window window = timeWindow();
		Deque<Long> recorded = new ArrayDeque<>();
		Random random = new Random(7);
		for (int call = 0; call < 3000; call++) {
			window.record(Window.FAILED);
			recorded.add(this.ticker.read());
			this.ticker.advance(Duration.ofMillis(random.nextInt(400)));
			long now = this.ticker.read();
			long young = recorded.stream().filter((at) -> now - at < 60_000_000_000L).count();
			long safe = recorded.stream().filter((at) -> now - at <= 59_000_000_000L).count();
			assertThat(window.tally().failed()).isBetween(safe, young);
		}
	}

	@Test
	void timeWindowWhenBusyShouldLookAtTheTickerNowAndThen() {
		Window window = timeWindow();
		for (int call = 0; call < 1000; call++) {
			window.record(0);
		}
		this.ticker.advance(MINUTE.multipliedBy(10));
		window.record(Window.FAILED);
		assertThat(window.tally()).as("a failure looks").isEqualTo(new Tally(1, 1, 0));
		for (int call = 0; call < 999; call++) {
			window.record(0);
		}
		this.ticker.advance(MINUTE.multipliedBy(10));
		for (int call = 0; call < 100; call++) {
			window.record(0);
		}
		assertThat(window.tally().calls()).as("at most seven go to the slice that is over").isBetween(93L, 100L);
	}

	@Test
	void verdictWhenTheFrameIsOldShouldLookFirst() {
		SlidingWindow settings = SlidingWindow.ofTime(MINUTE).minimumCalls(101).build();
		Window window = timeWindow();
		for (int call = 0; call < 100; call++) {
			window.record(Window.FAILED);
		}
		this.ticker.advance(MINUTE.multipliedBy(10));
		window.record(0);
		assertThat(window.verdict(settings)).isNull();
	}

	@Test
	@Trap(4)
	void timeWindowWhenTickerStandsStillShouldStillCount() {
		Window window = timeWindow();
		fail(window, 20);
		assertThat(window.verdict(SlidingWindow.ofTime(MINUTE).build())).isEqualTo("20 failed of the latest 20 calls");
	}

	@ParameterizedTest
	@Trap(4)
	@ValueSource(strings = { "PT-0.5S", "PT-2S", "PT-1H", "PT-2562047H" })
	void timeWindowWhenTickerStepsBackShouldGoOnMoving(Duration step) {
		Window window = timeWindow();
		for (int call = 0; call < 10_000; call++) {
			window.record(0);
		}
		this.ticker.advance(step);
		for (int second = 0; second < 61; second++) {
			window.record(Window.FAILED);
			this.ticker.advance(Duration.ofSeconds(1));
		}
		assertThat(window.tally().calls()).as("the successes are forgotten in time").isLessThan(100);
		assertThat(window.verdict(SlidingWindow.ofTime(MINUTE).build())).isNotNull();
	}

	@Test
	@Trap(4)
	void timeWindowWhenTickerRunsBackwardsShouldGoOnMoving() {
		Window window = timeWindow();
		for (int call = 0; call < 10_000; call++) {
			window.record(0);
		}
		for (int second = 0; second < 130; second++) {
			window.record(Window.FAILED);
			this.ticker.advance(Duration.ofSeconds(-1));
		}
		assertThat(window.tally().calls()).isLessThan(200);
	}

	@Test
	@Trap(4)
	void timeWindowWhenTickerWrapsShouldMeasureAllTheSame() {
		FakeTicker wrapping = new FakeTicker(Long.MAX_VALUE - Duration.ofSeconds(30).toNanos());
		Window window = new TimeWindow(MINUTE, wrapping);
		window.record(Window.FAILED);
		wrapping.advance(Duration.ofSeconds(40));
		window.record(0);
		assertThat(window.tally()).isEqualTo(new Tally(2, 1, 0));
		wrapping.advance(Duration.ofSeconds(30));
		assertThat(window.tally()).isEqualTo(new Tally(1, 0, 0));
	}

	private Window timeWindow() {
		return new TimeWindow(MINUTE, this.ticker);
	}

	private static void fail(Window window, int calls) {
		for (int call = 0; call < calls; call++) {
			window.record(Window.FAILED);
		}
	}

}
