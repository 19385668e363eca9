package dev.resilience.circuitbreaker;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.resilience.PolicyEvent;
import dev.resilience.PolicySnapshot;
import dev.resilience.RecordingListener;
import dev.resilience.Trap;
import dev.resilience.time.FakeTicker;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(10)
class CircuitBreakerListenerTests {

	private final FakeTicker ticker = new FakeTicker();

	private final CircuitBreaker breaker = new CircuitBreaker("payments",
			CircuitBreakerConfig.builder().successThreshold(1).build(), this.ticker.source());

	@Test
	void onEventWhenTransitionShouldTellWhatChanged() {
		RecordingListener events = new RecordingListener();
		this.breaker.addListener(events);
		open();
		PolicyEvent event = events.await(1).get(0);
		assertThat(event.kind()).isEqualTo("transition");
		assertThat(event.message()).isEqualTo("circuit breaker 'payments' went from CLOSED to OPEN: "
				+ "5 consecutive failures, last java.io.IOException");
		assertThat(event.details()).containsOnly(Map.entry("from", "CLOSED"), Map.entry("to", "OPEN"),
				Map.entry("reason", "5 consecutive failures, last java.io.IOException"));
		assertThat(event.snapshot().state()).isEqualTo("OPEN");
		assertThat(event.snapshot().transitions()).containsEntry("CLOSED->OPEN", 1L);
	}

	@Test
	void onEventWhenTransitionShouldCallTheMethodOfTheState() throws Exception {
		Calls calls = new Calls();
		this.breaker.addListener(calls);
		open();
		this.ticker.advance(Duration.ofSeconds(60));
		this.breaker.call(() -> "trial");
		this.breaker.disable("false alarm");
		this.breaker.forceOpen("real alarm");
		calls.await("transition OPEN", "open OPEN", "transition HALF_OPEN", "half-open HALF_OPEN", "transition CLOSED",
				"close CLOSED", "transition DISABLED", "transition FORCED_OPEN", "open FORCED_OPEN");
	}

	@Test
	void onEventWhenRejectionIsAnnouncedShouldNotBeATransition() {
		RecordingListener events = new RecordingListener();
		Calls calls = new Calls();
		this.breaker.addListener(calls);
		this.breaker.addListener(events);
		this.breaker.forceOpen("alarm");
		this.breaker.tryAcquire();
		assertThat(events.await(2).get(1).kind()).isEqualTo("rejection");
		this.breaker.reset("over");
		calls.await("transition FORCED_OPEN", "open FORCED_OPEN", "transition CLOSED", "close CLOSED");
	}

	@Test
	@Trap(48)
	void transitionWhenAListenerBlocksOrThrowsShouldDelayNobody() throws Exception {
		CountDownLatch release = new CountDownLatch(1);
		RecordingListener events = new RecordingListener();
		AtomicBoolean resumed = new AtomicBoolean();
		this.breaker.addListener((event) -> {
			if (!resumed.get()) {
				block(release, resumed);
			}
		});
		this.breaker.addListener((event) -> {
			throw new IllegalStateException("listener");
		});
		this.breaker.addListener(events);
		CircuitBreaker other = new CircuitBreaker("orders", this.breaker.config(), this.ticker.source());
		other.addListener(events);
		try {
			open();
			this.ticker.advance(Duration.ofSeconds(60));
			this.breaker.call(() -> "trial");
			other.forceOpen("alarm");
			assertThat(events.await(4)).extracting((event) -> event.name() + " " + event.details().get("to"))
				.contains("orders FORCED_OPEN")
				.containsSubsequence("payments OPEN", "payments HALF_OPEN", "payments CLOSED");
			assertThat(resumed).as("the first listener is still blocked").isFalse();
		}
		finally {
			release.countDown();
		}
	}

	private void open() {
		for (int index = 0; index < 5; index++) {
			this.breaker.recordFailure(new IOException("refused"));
		}
		assertThat(this.breaker.state()).isEqualTo(CircuitState.OPEN);
	}

	private static void block(CountDownLatch release, AtomicBoolean resumed) {
		try {
			assertThat(release.await(5, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
		finally {
			resumed.set(true);
		}
	}

	private static final class Calls implements CircuitBreakerListener {

		private final List<String> heard = new CopyOnWriteArrayList<>();

		@Override
		public void onTransition(String name, PolicySnapshot snapshot) {
			hear("transition", name, snapshot);
		}

		@Override
		public void onOpen(String name, PolicySnapshot snapshot) {
			hear("open", name, snapshot);
		}

		@Override
		public void onHalfOpen(String name, PolicySnapshot snapshot) {
			hear("half-open", name, snapshot);
		}

		@Override
		public void onClose(String name, PolicySnapshot snapshot) {
			hear("close", name, snapshot);
		}

		private void hear(String method, String name, PolicySnapshot snapshot) {
			assertThat(name).isEqualTo("payments");
			this.heard.add(method + " " + snapshot.state());
		}

		void await(String... expected) {
			Awaitility.await()
				.atMost(Duration.ofSeconds(5))
				.pollInterval(Duration.ofMillis(1))
				.untilAsserted(() -> assertThat(this.heard).containsExactly(expected));
		}

	}

}
