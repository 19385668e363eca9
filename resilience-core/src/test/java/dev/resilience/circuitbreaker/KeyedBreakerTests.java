package dev.resilience.circuitbreaker;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.Permit;
import dev.resilience.PolicyEvent;
import dev.resilience.PolicySnapshot;
import dev.resilience.RecordingListener;
import dev.resilience.Sneaky;
import dev.resilience.Trap;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.Ticker;
import dev.resilience.time.TimeSource;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

class KeyedBreakerTests {

	private final IOException failure = new IOException("refused");

	private final FakeTicker ticker = new FakeTicker();

	private final CircuitBreakerConfig.Builder config = CircuitBreakerConfig.builder();

	@Test
	void callWhenOneKeyFailsShouldOpenThatKeyOnly() throws Exception {
		CircuitBreaker breaker = breaker();
		fail(breaker, "alice", 5);
		assertThatExceptionOfType(CircuitOpenException.class)
			.isThrownBy(() -> breaker.call(CallContext.ofKey("alice"), () -> "never"))
			.withMessageStartingWith("circuit breaker 'payments' is OPEN for a key since 12:00:00Z: 5 consecutive")
			.satisfies((ex) -> assertThat(ex.reason()).isEqualTo("open"));
		assertThat(breaker.call(CallContext.ofKey("bob"), () -> "fine")).isEqualTo("fine");
		assertThat(breaker.call(() -> "fine")).isEqualTo("fine");
		PolicySnapshot snapshot = breaker.snapshot();
		assertThat(snapshot.state()).isEqualTo("CLOSED");
		assertThat(snapshot.health()).as("one key's outage is not the breaker's").isEqualTo(PolicySnapshot.Health.UP);
		assertThat(snapshot.gauges()).containsEntry("keys", 2.0).containsEntry("open-keys", 1.0);
		assertThat(snapshot.calls()).containsEntry("failed", 5L).containsEntry("succeeded", 2L);
		assertThat(snapshot.rejections()).containsEntry("open", 1L);
		assertThat(snapshot.transitions()).containsExactly(Map.entry("CLOSED->OPEN", 1L));
		assertThat(snapshot.toString()).doesNotContain("alice", "bob");
	}

	@Test
	void callWhenKeysTrialSucceedsShouldCloseThatKey() throws Exception {
		this.config.successThreshold(1);
		CircuitBreaker breaker = breaker();
		fail(breaker, "alice", 5);
		this.ticker.advance(Duration.ofSeconds(60));
		assertThat(breaker.call(CallContext.ofKey("alice"), () -> "trial")).isEqualTo("trial");
		assertThat(breaker.snapshot().gauges()).containsEntry("open-keys", 0.0);
	}

	@Test
	void transitionWhenManyKeysOpenShouldTellOnceASecondWithoutKeys() {
		CircuitBreaker breaker = breaker();
		RecordingListener events = new RecordingListener();
		breaker.addListener(events);
		for (int key = 0; key < 50; key++) {
			fail(breaker, "key-" + key, 5);
		}
		this.ticker.advance(Duration.ofSeconds(1));
		fail(breaker, "alice", 5);
		breaker.forceOpen("the last event");
		List<PolicyEvent> heard = events.await(3);
		assertThat(heard).extracting(PolicyEvent::kind)
			.containsExactly("key-transition", "key-transition", "transition");
		assertThat(heard.get(0).details()).containsEntry("count", 1L).containsEntry("to", "OPEN");
		assertThat(heard.get(1).details()).containsEntry("count", 50L);
		assertThat(heard.toString()).doesNotContain("key-1", "alice");
	}

	@Test
	@Trap(1)
	void orderShouldHoldForAllKeysAndForgetThem() throws Exception {
		CircuitBreaker breaker = breaker();
		fail(breaker, "alice", 5);
		Permit early = permit(breaker, "bob");
		breaker.forceOpen("maintenance");
		assertThat(rejection(breaker, "carol").reason()).isEqualTo("forced-open");
		breaker.disable("false alarm");
		assertThat(breaker.call(CallContext.ofKey("alice"), () -> "fine")).isEqualTo("fine");
		for (int call = 0; call < 10; call++) {
			early.failed(this.failure, 0);
			fail(breaker, "bob", 1);
		}
		assertThat(breaker.state()).isEqualTo(CircuitState.DISABLED);
		breaker.reset("all is well");
		assertThat(breaker.snapshot().gauges()).containsEntry("keys", 0.0).containsEntry("open-keys", 0.0);
		assertThat(breaker.call(CallContext.ofKey("bob"), () -> "fine")).isEqualTo("fine");
	}

	@Test
	void orderWhenItsTimeIsOverShouldLetKeysBeginAnew() throws Exception {
		CircuitBreaker breaker = breaker();
		fail(breaker, "alice", 5);
		breaker.forceOpen("maintenance", Duration.ofMinutes(1));
		assertThat(rejection(breaker, "alice").retryAfter()).isEqualTo(Duration.ofMinutes(1));
		this.ticker.advance(Duration.ofMinutes(1));
		assertThat(breaker.call(CallContext.ofKey("alice"), () -> "fine")).isEqualTo("fine");
		assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
	}

	@Test
	void resetWhenKeyIsOpenShouldLetItBeginAnew() throws Exception {
		CircuitBreaker breaker = breaker();
		assertThat(breaker.reset("alice", "nobody called yet")).isFalse();
		fail(breaker, "alice", 5);
		fail(breaker, "bob", 5);
		RecordingListener events = new RecordingListener();
		breaker.addListener(events);
		assertThat(breaker.reset("carol", "nobody knows her")).isFalse();
		assertThat(breaker.reset("alice", "her bank is back")).isTrue();
		assertThat(events.await(1).get(0).message())
			.isEqualTo("circuit breaker 'payments' was reset for a key: her bank is back");
		assertThat(breaker.call(CallContext.ofKey("alice"), () -> "fine")).isEqualTo("fine");
		assertThat(breaker.snapshot().gauges()).containsEntry("open-keys", 1.0);
		assertThat(rejection(breaker, "bob").reason()).isEqualTo("open");
		assertThatIllegalArgumentException().isThrownBy(() -> breaker.reset("bob", " "));
	}

	@Test
	void callWhenKeysFloodShouldForgetOnlyHealthyOnes() {
		this.config.maxKeys(10);
		CircuitBreaker breaker = breaker();
		fail(breaker, "open", 5);
		fail(breaker, "failing", 4);
		Permit inFlight = permit(breaker, "in-flight");
		for (int key = 0; key < 1000; key++) {
			permit(breaker, "flood-" + key).succeeded("fine", 0);
		}
		assertThat(breaker.snapshot().gauges()).containsEntry("keys", 10.0);
		assertThat(rejection(breaker, "open").reason()).isEqualTo("open");
		fail(breaker, "failing", 1);
		assertThat(rejection(breaker, "failing").reason()).isEqualTo("open");
		fail(breaker, "in-flight", 4);
		inFlight.failed(this.failure, 0);
		assertThat(rejection(breaker, "in-flight").reason()).as("no failure is lost").isEqualTo("open");
	}

	@Test
	void callWhenFamilyIsFullShouldShareTheOverflow() {
		this.config.maxKeys(2);
		CircuitBreaker breaker = breaker();
		fail(breaker, "a", 1);
		fail(breaker, "b", 1);
		fail(breaker, "c", 3);
		fail(breaker, "d", 2);
		assertThat(rejection(breaker, "e").reason()).isEqualTo("open");
		assertThat(breaker.tryAcquire(CallContext.ofKey("a"))).isInstanceOf(Permit.class);
	}

	@Test
	void callWhenItsOutcomeCannotBeReadShouldLetItsKeyBeForgotten() {
		this.config.maxKeys(2).recordResult((value) -> {
			throw Sneaky.sneaky(new IOException("not a response"));
		});
		CircuitBreaker breaker = breaker();
		for (int key = 0; key < 10; key++) {
			permit(breaker, key).succeeded("fine", 0);
		}
		fail(breaker, "last", 5);
		assertThat(permit(breaker, "another")).as("no overflow is shared").isNotNull();
	}

	@Test
	void callWhenItsOutcomeCannotBeNotedShouldLetItsKeyBeForgotten() {
		AtomicBoolean broken = new AtomicBoolean();
		Ticker faulty = () -> {
			if (broken.get()) {
				throw new IllegalStateException("ticker");
			}
			return this.ticker.read();
		};
		this.config.maxKeys(2).window(SlidingWindow.ofTime(Duration.ofSeconds(10)).build());
		CircuitBreaker breaker = new CircuitBreaker("payments", this.config.build(),
				new TimeSource(faulty, this.ticker.source().clock(), this.ticker));
		for (int key = 0; key < 10; key++) {
			Permit permit = permit(breaker, key);
			broken.set(true);
			assertThatIllegalStateException().isThrownBy(() -> permit.succeeded("fine", 1));
			broken.set(false);
		}
		fail(breaker, "last", 5);
		assertThat(permit(breaker, "another")).as("no overflow is shared").isNotNull();
	}

	@Test
	void callWhenKeysHaveNoCallsInFlightShouldLetThemBeForgotten() throws Exception {
		this.config.maxKeys(2).successThreshold(1);
		CircuitBreaker breaker = breaker();
		permit(breaker, "abandoned").abandoned();
		fail(breaker, "rejected", 5);
		assertThat(rejection(breaker, "rejected").reason()).isEqualTo("open");
		this.ticker.advance(Duration.ofSeconds(60));
		breaker.call(CallContext.ofKey("rejected"), () -> "trial");
		fail(breaker, "last", 5);
		fail(breaker, "but one", 4);
		assertThat(permit(breaker, "but one")).as("no overflow is shared").isNotNull();
		assertThat(breaker.snapshot().gauges()).containsEntry("keys", 2.0).containsEntry("open-keys", 1.0);
	}

	@Test
	void failedWhenTheKeyIsForgottenShouldMoveNothing() {
		this.config.failureThreshold(1);
		CircuitBreaker breaker = breaker();
		Permit alice = permit(breaker, "alice");
		Permit bob = permit(breaker, "bob");
		breaker.reset("alice", "her bank is back");
		alice.failed(this.failure, 0);
		assertThat(breaker.snapshot().transitions()).isEmpty();
		breaker.reset("all is well");
		bob.failed(this.failure, 0);
		assertThat(breaker.snapshot().transitions()).isEmpty();
		assertThat(breaker.snapshot().calls()).containsEntry("failed", 2L);
	}

	@Test
	void callWhenAKeysWindowHoldsSuccessesOnlyShouldLetItBeForgotten() {
		this.config.maxKeys(2).window(SlidingWindow.ofCalls(10).build());
		CircuitBreaker breaker = breaker();
		for (int key = 0; key < 10; key++) {
			permit(breaker, key).succeeded("fine", 0);
		}
		fail(breaker, "last", 5);
		assertThat(rejection(breaker, "last").reason()).isEqualTo("open");
		assertThat(permit(breaker, "another")).as("no overflow is shared").isNotNull();
	}

	@Test
	void reconfigureShouldReachKeysWithTheirNextCall() {
		CircuitBreaker breaker = breaker();
		fail(breaker, "alice", 4);
		fail(breaker, "bob", 5);
		breaker.reconfigure(this.config.failureThreshold(3)
			.openDuration(Duration.ofSeconds(10))
			.window(SlidingWindow.ofCalls(10).slowCallDuration(Duration.ofSeconds(1)).build())
			.build());
		this.ticker.advance(Duration.ofSeconds(10));
		assertThat(permit(breaker, "bob")).as("a trial").isNotNull();
		Permit slow = permit(breaker, "carol");
		this.ticker.advance(Duration.ofSeconds(1));
		slow.succeeded("fine", 0);
		assertThat(breaker.snapshot().calls()).containsEntry("slow", 1L);
		fail(breaker, "alice", 1);
		assertThat(rejection(breaker, "alice").explain()).contains("5 consecutive failures");
	}

	@Test
	void memberShouldBeLean() {
		int keys = 100_000;
		CircuitBreaker breaker = CircuitBreaker.of("payments", this.config.maxKeys(keys).failureThreshold(5).build());
		long before = used();
		for (int key = 0; key < keys; key++) {
			fail(breaker, "customer-" + key, 1);
		}
		long bytes = used() - before;
		assertThat(breaker.snapshot().gauges()).containsEntry("keys", (double) keys);
		assertThat(bytes).isLessThan(30_000_000);
	}

	private static long used() {
		Runtime runtime = Runtime.getRuntime();
		long used = Long.MAX_VALUE;
		for (int round = 0; round < 3; round++) {
			System.gc();
			used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
		}
		return used;
	}

	private CircuitBreaker breaker() {
		return new CircuitBreaker("payments", this.config.build(), this.ticker.source());
	}

	private void fail(CircuitBreaker breaker, Object key, int times) {
		for (int time = 0; time < times; time++) {
			permit(breaker, key).failed(this.failure, 0);
		}
	}

	private static Permit permit(CircuitBreaker breaker, Object key) {
		Admission admission = breaker.tryAcquire(CallContext.ofKey(key));
		assertThat(admission).isInstanceOf(Permit.class);
		return (Permit) admission;
	}

	private static Admission.Rejection rejection(CircuitBreaker breaker, Object key) {
		Admission admission = breaker.tryAcquire(CallContext.ofKey(key));
		assertThat(admission).isInstanceOf(Admission.Rejection.class);
		return (Admission.Rejection) admission;
	}

}
