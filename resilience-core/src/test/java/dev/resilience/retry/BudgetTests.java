package dev.resilience.retry;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class BudgetTests {

	private final FakeTicker ticker = new FakeTicker(Long.MAX_VALUE - 5);

	private final AtomicLong calls = new AtomicLong();

	@Test
	void takeWhenThereAreFewCallsShouldPayFromTheReserve() {
		Budget budget = budget(0.1, 10);
		assertThat(drain(budget)).isEqualTo(10);
		this.ticker.advance(Duration.ofMillis(500));
		assertThat(drain(budget)).isEqualTo(5);
		this.ticker.advance(Duration.ofHours(1));
		assertThat(drain(budget)).as("it holds a second's worth").isEqualTo(10);
	}

	@Test
	void takeShouldPayForAShareOfRecentCalls() {
		Budget budget = budget(0.1, 0);
		for (int second = 0; second < 100; second++) {
			this.calls.addAndGet(1_000);
			this.ticker.advance(Duration.ofSeconds(1));
			budget.left();
		}
		assertThat(drain(budget)).as("what ten seconds earn").isBetween(950, 1_050);
		this.calls.addAndGet(500);
		assertThat(drain(budget)).isEqualTo(50);
	}

	@Test
	void takeAfterALongSilenceShouldNotLiveOnOldCalls() {
		Budget budget = budget(0.1, 0);
		this.calls.addAndGet(3_600_000);
		this.ticker.advance(Duration.ofHours(1));
		assertThat(drain(budget)).as("a thousand calls a second, of which ten seconds count").isEqualTo(1_000);
	}

	@Test
	void takeWhenTheTickerStepsBackShouldGiveNothingAway() {
		Budget budget = budget(0.1, 10);
		drain(budget);
		this.ticker.advance(Duration.ofHours(-1));
		assertThat(budget.take()).isFalse();
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(drain(budget)).isEqualTo(10);
	}

	private int drain(Budget budget) {
		int taken = 0;
		while (taken < 10_000 && budget.take()) {
			taken++;
		}
		return taken;
	}

	private Budget budget(double ratio, int minPerSecond) {
		return new Budget(new RetryBudget(ratio, minPerSecond), this.ticker, this.calls::get);
	}

}
