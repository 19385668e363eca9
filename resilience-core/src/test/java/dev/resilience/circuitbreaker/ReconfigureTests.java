package dev.resilience.circuitbreaker;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

import dev.resilience.Admission;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import dev.resilience.RecordingListener;
import dev.resilience.Trap;
import dev.resilience.time.FakeTicker;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ReconfigureTests {

	private final IOException failure = new IOException("refused");

	private final FakeTicker ticker = new FakeTicker();

	private final CircuitBreakerConfig config = CircuitBreakerConfig.builder()
		.window(SlidingWindow.ofCalls(100).build())
		.build();

	private final CircuitBreaker breaker = new CircuitBreaker("payments", this.config, this.ticker.source());

	@Test
	@Trap(10)
	void reconfigureWhenOpenShouldKeepStateCountersAndInFlightPermits() {
		Permit early = (Permit) this.breaker.tryAcquire();
		fail(5);
		this.breaker.tryAcquire();
		this.breaker.reconfigure(this.config.toBuilder().failureThreshold(3).build());
		PolicySnapshot snapshot = this.breaker.snapshot();
		assertThat(snapshot.state()).isEqualTo("OPEN");
		assertThat(snapshot.calls()).containsEntry("failed", 5L);
		assertThat(snapshot.rejections()).containsEntry("open", 1L);
		assertThat(snapshot.transitions()).containsEntry("CLOSED->OPEN", 1L);
		assertThat(snapshot.details()).containsEntry("generation", 2L);
		early.succeeded("late", 0);
		assertThat(this.breaker.state()).isEqualTo(CircuitState.OPEN);
		assertThat(this.breaker.snapshot().calls()).containsEntry("succeeded", 1L);
	}

	@Test
	@Trap(10)
	void reconfigureWhenClosedShouldKeepFailuresInARowAndSwapTheThreshold() {
		fail(3);
		this.breaker.reconfigure(this.config.toBuilder().failureThreshold(4).build());
		assertThat(this.breaker.state()).isEqualTo(CircuitState.CLOSED);
		fail(1);
		assertThat(this.breaker.state()).isEqualTo(CircuitState.OPEN);
	}

	@Test
	@Trap(10)
	void reconfigureWhenWindowHasTheSameShapeShouldKeepItsContents() {
		Permit early = (Permit) this.breaker.tryAcquire();
		fail(4);
		this.breaker.reconfigure(window(SlidingWindow.ofCalls(100).minimumCalls(5).failureRateThreshold(80)));
		assertThat(this.breaker.snapshot().gauges()).containsEntry("buffered-calls", 4.0);
		early.succeeded("fine", 0);
		assertThat(this.breaker.state()).isEqualTo(CircuitState.OPEN);
		assertThat(this.breaker.snapshot().details()).containsEntry("reason", "4 failed of the latest 5 calls");
	}

	@Test
	void reconfigureWhenTimeWindowHasTheSameShapeShouldKeepItsContents() {
		this.breaker.reconfigure(window(SlidingWindow.ofTime(Duration.ofSeconds(60))));
		fail(4);
		this.breaker.reconfigure(window(SlidingWindow.ofTime(Duration.ofSeconds(60)).minimumCalls(5)));
		assertThat(this.breaker.snapshot().gauges()).containsEntry("buffered-calls", 4.0);
	}

	@Test
	void reconfigureWhenWindowHasAnotherShapeShouldBeginEmpty() {
		fail(4);
		for (SlidingWindow.Builder other : List.of(SlidingWindow.ofCalls(99),
				SlidingWindow.ofTime(Duration.ofSeconds(60)), SlidingWindow.ofTime(Duration.ofSeconds(61)),
				SlidingWindow.ofCalls(100))) {
			this.breaker.reconfigure(window(other));
			assertThat(this.breaker.snapshot().gauges()).containsEntry("buffered-calls", 0.0);
			this.breaker.recordSuccess();
			assertThat(this.breaker.snapshot().gauges()).containsEntry("buffered-calls", 1.0);
		}
	}

	@Test
	void reconfigureWhenSlowRuleIsAddedShouldMeasureFromTheNextCallOn() {
		Permit unmeasured = (Permit) this.breaker.tryAcquire();
		this.breaker.reconfigure(window(SlidingWindow.ofCalls(100).slowCallDuration(Duration.ofSeconds(1))));
		Permit measured = (Permit) this.breaker.tryAcquire();
		this.ticker.advance(Duration.ofSeconds(1));
		measured.succeeded("fine", 0);
		assertThat(this.breaker.snapshot().calls()).containsEntry("slow", 1L);
		unmeasured.abandoned();
	}

	@Test
	void reconfigureWhenOpenShouldTakeTheNewDurationFromItsBeginning() {
		fail(5);
		this.ticker.advance(Duration.ofSeconds(30));
		this.breaker.reconfigure(this.config.toBuilder().openDuration(Duration.ofSeconds(40)).build());
		assertThat(((Admission.Rejection) this.breaker.tryAcquire()).retryAfter()).isEqualTo(Duration.ofSeconds(10));
		this.breaker.reconfigure(this.config.toBuilder().openDuration(Duration.ofSeconds(30)).build());
		assertThat(this.breaker.tryAcquire()).isInstanceOf(Permit.class);
	}

	@Test
	void reconfigureWhenHalfOpenShouldChangePlacesAndLeasesAtOnce() {
		fail(5);
		this.ticker.advance(Duration.ofSeconds(60));
		Permit first = (Permit) this.breaker.tryAcquire();
		Permit second = (Permit) this.breaker.tryAcquire();
		this.breaker.reconfigure(this.config.toBuilder().halfOpenMaxCalls(1).build());
		assertThat(this.breaker.tryAcquire()).isInstanceOf(Admission.Rejection.class);
		first.abandoned();
		assertThat(this.breaker.tryAcquire()).isInstanceOf(Admission.Rejection.class);
		second.abandoned();
		assertThat(this.breaker.tryAcquire()).isInstanceOf(Permit.class);
		this.ticker.advance(Duration.ofSeconds(5));
		this.breaker.reconfigure(this.config.toBuilder().trialTimeout(Duration.ofSeconds(5)).build());
		assertThat(this.breaker.tryAcquire()).isInstanceOf(Admission.Rejection.class);
		assertThat(this.breaker.state()).isEqualTo(CircuitState.OPEN);
	}

	@Test
	void reconfigureShouldTellWhatChangedAndOnlyThen() {
		RecordingListener events = new RecordingListener();
		this.breaker.addListener(events);
		this.breaker.reconfigure(this.config);
		this.breaker.reconfigure(this.config.toBuilder().failureThreshold(7).successThreshold(1).build());
		assertThat(events.await(1)).singleElement().satisfies((event) -> {
			assertThat(event.kind()).isEqualTo("reconfigured");
			assertThat(event.message())
				.isEqualTo("circuit breaker 'payments' has other settings: failure-threshold, success-threshold");
			assertThat(event.details()).containsEntry("changed", List.of("failure-threshold", "success-threshold"));
			assertThat(event.snapshot().config()).containsEntry("failure-threshold", 7);
		});
		assertThat(this.breaker.config().failureThreshold()).isEqualTo(7);
	}

	@Test
	void reconfigureWhenASettingIsTurnedOffShouldTellItToo() {
		RecordingListener events = new RecordingListener();
		this.breaker.addListener(events);
		this.breaker.reconfigure(this.config.toBuilder()
			.callTimeout(Duration.ofSeconds(1))
			.window(SlidingWindow.ofCalls(100).slowCallDuration(Duration.ofSeconds(1)).build())
			.build());
		assertThat(this.breaker.snapshot().config()).containsEntry("slow-call-duration", Duration.ofSeconds(1));
		this.breaker.reconfigure(window(SlidingWindow.ofCalls(100)));
		assertThat(this.breaker.snapshot().config()).doesNotContainKeys("slow-call-duration", "call-timeout");
		assertThat(events.await(2).get(1).details().get("changed")).asInstanceOf(InstanceOfAssertFactories.LIST)
			.containsExactlyInAnyOrder("call-timeout", "call-timeout-interrupt", "slow-call-duration",
					"slow-call-rate-threshold");
	}

	@Test
	void reconfigureWhenPredicateDiffersShouldTellThoughItIsShownAlike() {
		RecordingListener events = new RecordingListener();
		this.breaker.addListener(events);
		this.breaker.reconfigure(this.config.toBuilder().recordResult(Objects::isNull).build());
		this.breaker.reconfigure(this.config.toBuilder().recordResult(Objects::nonNull).build());
		assertThat(events.await(2)).extracting((event) -> event.details().get("changed"))
			.containsOnly(List.of("record-result"));
	}

	@Test
	void reconfigureWhenWindowDiffersShouldTellWhichOfItsSettings() {
		RecordingListener events = new RecordingListener();
		this.breaker.addListener(events);
		this.breaker.reconfigure(window(SlidingWindow.ofCalls(99)));
		this.breaker.reconfigure(window(SlidingWindow.ofTime(Duration.ofSeconds(60))));
		assertThat(events.await(2)).extracting((event) -> event.details().get("changed"))
			.containsExactly(List.of("window.size"), List.of("window.type", "window.size"));
	}

	private CircuitBreakerConfig window(SlidingWindow.Builder window) {
		return this.config.toBuilder().window(window.build()).build();
	}

	private void fail(int times) {
		for (int time = 0; time < times; time++) {
			this.breaker.recordFailure(this.failure);
		}
	}

}
