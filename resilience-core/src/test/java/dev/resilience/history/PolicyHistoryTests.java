package dev.resilience.history;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import dev.resilience.PolicyRegistry;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class PolicyHistoryTests {

	private final FakeTicker ticker = new FakeTicker();

	private final PolicyRegistry<CircuitBreaker> breakers = new PolicyRegistry<>(CircuitBreaker.TYPE);

	private final CircuitBreaker breaker = this.breakers
		.register(new CircuitBreaker("payments", CircuitBreakerConfig.builder().build(), this.ticker.source()));

	private final PolicyHistory history = new PolicyHistory(List.of(this.breakers), this.ticker.source());

	@Test
	void recentWhenNothingMovedShouldBeEmpty() {
		this.ticker.advance(Duration.ofMinutes(2));
		assertThat(recent()).isEqualTo(new Recent(Collections.emptyMap(), Collections.emptyMap()));
	}

	@Test
	void recentShouldTellEachSecond() throws Exception {
		for (int calls = 1; calls <= 3; calls++) {
			calls(calls);
			this.ticker.advance(Duration.ofSeconds(1));
		}
		this.ticker.advance(Duration.ofSeconds(2));
		assertThat(recent().seconds().get("succeeded")).hasSize(60).endsWith(1, 2, 3, 0, 0).startsWith(0, 0);
		assertThat(recent().minutes().get("succeeded")).hasSize(60).endsWith(0, 6);
		assertThat(recent().seconds()).containsOnlyKeys("succeeded");
	}

	@Test
	void recentShouldForgetSecondsAfterAMinuteAndMinutesAfterAnHour() throws Exception {
		calls(5);
		this.ticker.advance(Duration.ofSeconds(60));
		assertThat(sum(recent().seconds())).isEqualTo(5);
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(sum(recent().seconds())).isZero();
		this.ticker.advance(Duration.ofMinutes(58));
		assertThat(sum(recent().minutes())).isEqualTo(5);
		this.ticker.advance(Duration.ofMinutes(2));
		assertThat(sum(recent().minutes())).isZero();
	}

	@Test
	void recentWhenCallsPausedForOverAMinuteShouldShowOnlyThoseAfterIt() throws Exception {
		calls(5);
		this.ticker.advance(Duration.ofSeconds(90));
		calls(3);
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(sum(recent().seconds())).isEqualTo(3);
		assertThat(sum(recent().minutes())).isEqualTo(8);
	}

	@Test
	void recentShouldReuseItsSlots() throws Exception {
		for (int second = 0; second < 200; second++) {
			calls(2);
			this.ticker.advance(Duration.ofSeconds(1));
		}
		assertThat(recent().seconds().get("succeeded")).containsOnly(2);
		assertThat(recent().minutes().get("succeeded")).endsWith(118, 120, 120, 42);
	}

	@Test
	void recentWhenCountersWereClearedShouldGoOn() throws Exception {
		calls(5);
		this.ticker.advance(Duration.ofSeconds(1));
		this.breaker.clear();
		calls(2);
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(recent().seconds().get("succeeded")).endsWith(5, 2);
	}

	@Test
	void recentShouldTellRejectionsOfAllReasons() {
		this.breaker.forceOpen("test");
		IntStream.range(0, 4).forEach((call) -> this.breaker.tryAcquire());
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(recent().seconds().get("rejections")).endsWith(4);
	}

	@Test
	void recentWhenTheTickerStepsBackShouldGoOn() throws Exception {
		this.ticker.advance(Duration.ofSeconds(10));
		this.ticker.advance(Duration.ofSeconds(-5));
		calls(3);
		this.ticker.advance(Duration.ofSeconds(7));
		assertThat(sum(recent().seconds())).isEqualTo(3);
	}

	@Test
	void recentWhenThePolicyIsRemovedShouldBeForgotten() {
		this.breakers.remove("payments");
		assertThat(this.history.recent(this.breaker)).isEmpty();
	}

	@Test
	void policyThatIsAddedLaterShouldBeSeen() throws Exception {
		CircuitBreaker later = this.breakers
			.register(new CircuitBreaker("later", CircuitBreakerConfig.builder().build(), this.ticker.source()));
		later.call(() -> "value");
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(this.history.recent(later).orElseThrow().seconds().get("succeeded")).endsWith(1);
	}

	@Test
	void closeShouldEndLooking() {
		assertThat(this.ticker.timers()).isOne();
		this.history.close();
		assertThat(this.ticker.timers()).isZero();
		assertThat(this.history.recent(this.breaker)).isEmpty();
	}

	private void calls(int number) throws Exception {
		for (int call = 0; call < number; call++) {
			this.breaker.call(() -> "value");
		}
	}

	private Recent recent() {
		return this.history.recent(this.breaker).orElseThrow();
	}

	private static int sum(Map<String, List<Integer>> counts) {
		return counts.getOrDefault("succeeded", List.of()).stream().mapToInt(Integer::intValue).sum();
	}

}
