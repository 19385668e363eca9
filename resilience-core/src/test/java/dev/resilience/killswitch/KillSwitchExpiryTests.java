package dev.resilience.killswitch;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.resilience.PolicyEvent;
import dev.resilience.RecordingListener;
import dev.resilience.Trap;
import dev.resilience.time.FakeTicker;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Stops that end by themselves.
 */
class KillSwitchExpiryTests {

	private static final Cause BUDGET = Cause.automatic("error-budget");

	private final FakeTicker time = new FakeTicker();

	private final KillSwitches switches = new KillSwitches(this.time.source());

	private final KillSwitch refunds = this.switches.declare("payments.refunds");

	private final KillSwitch payments = this.switches.registry().get("payments");

	private final KillSwitch orders = this.switches.declare("orders");

	private final RecordingListener listener = new RecordingListener();

	@Test
	@Trap(40)
	void callWhenTheStopHasExpiredShouldPassByItself() throws Exception {
		this.switches.activate("payments", order().expiresIn(Duration.ofMinutes(10)).build());
		this.switches.activate("global", order().expiresAt(FakeTicker.EPOCH.plusSeconds(30)).build());
		this.time.advance(Duration.ofMinutes(10).minusNanos(1));
		assertThat(stopped(this.refunds).stop().switchName()).isEqualTo("payments");
		this.time.advance(Duration.ofNanos(1));
		assertThat(this.refunds.<String>call(() -> "refunded")).isEqualTo("refunded");
	}

	@Test
	void expiryShouldGoByTheWallClock() {
		Instant end = FakeTicker.EPOCH.plus(Duration.ofMinutes(10));
		this.switches.activate("payments", order().expiresAt(end).build());
		this.time.shiftClock(Duration.ofMinutes(-1));
		this.time.advance(Duration.ofMinutes(10));
		assertThat(this.payments.isActive()).isTrue();
		this.time.shiftClock(Duration.ofMinutes(1));
		assertThat(this.payments.isActive()).isFalse();
	}

	@Test
	void expiryWhenTheClockJumpsAheadAndBackShouldNotEndAStopEarly() {
		this.switches.activate("payments", order().expiresIn(Duration.ofMinutes(10)).build());
		this.time.shiftClock(Duration.ofDays(1));
		KillSwitchActiveException stopped = stopped(this.refunds);
		assertThat(stopped.retryAfter()).isEqualTo(Duration.ofMinutes(10));
		assertThat(this.payments.snapshot().state()).isEqualTo("ACTIVE");
		assertThat(this.switches.activate("orders", order().build()).changed()).isTrue();
		this.time.shiftClock(Duration.ofDays(-1));
		this.time.advance(Duration.ofMinutes(10).minusNanos(1));
		assertThat(this.payments.isActive()).isTrue();
		this.time.advance(Duration.ofNanos(1));
		assertThat(this.payments.isActive()).isFalse();
	}

	@Test
	void expiryWhenAnOrderComesWhileTheClockIsAheadShouldNotBeSooner() {
		this.switches.activate("payments", order().expiresIn(Duration.ofMinutes(10)).build());
		this.time.shiftClock(Duration.ofDays(1));
		this.switches.activate("payments", order().expiresIn(Duration.ofMinutes(1)).build());
		this.time.advance(Duration.ofMinutes(10).minusNanos(1));
		assertThat(this.payments.isActive()).isTrue();
		this.time.advance(Duration.ofNanos(1));
		assertThat(this.payments.isActive()).isFalse();
	}

	@Test
	void expiryWhenItIsBeyondTheTickersRangeShouldStand() {
		this.switches.activate("payments", order().expiresAt(Instant.MAX).build());
		this.time.advance(Duration.ofDays(365));
		assertThat(stopped(this.payments).retryAfter()).isGreaterThan(Duration.ofDays(365));
	}

	@Test
	void activateWhenItStandsExactlySoShouldNotLookAtTheTicker() {
		Activation order = order().expiresAt(FakeTicker.EPOCH.plus(Duration.ofMinutes(10))).build();
		this.switches.activate("payments", order);
		this.time.advance(Duration.ofMinutes(1));
		this.time.shiftClock(Duration.ofMinutes(-1));
		assertThat(this.switches.activate("payments", order).changed()).isFalse();
	}

	@Test
	void activateWhenItWouldEndTheStandingOrderSoonerShouldRefuse() {
		Duration minutes = Duration.ofMinutes(10);
		this.switches.activate("payments", order().expiresIn(minutes).build());
		this.switches.activate("orders", order().build());
		for (String name : List.of("payments", "orders")) {
			assertThatIllegalArgumentException()
				.isThrownBy(() -> this.switches.activate(name, order().expiresIn(minutes.minusNanos(1)).build()))
				.withMessageContaining("must not be sooner than that of the standing order, "
						+ (name.equals("orders") ? "which only a release ends" : "2026-01-01T12:10:00Z"));
		}
		assertThat(this.switches.activate("payments", order().expiresIn(minutes).actor("bob").build()).changed())
			.isTrue();
		this.time.advance(minutes.minusNanos(1));
		assertThat(this.payments.isActive()).isTrue();
		this.time.advance(Duration.ofDays(1));
		assertThat(this.orders.isActive()).isTrue();
	}

	@Test
	void flipsShouldLeaveOtherThreadsFreeToFlip() throws Exception {
		elsewhere(() -> this.switches.activate("payments", order().build()));
		elsewhere(() -> this.switches.release("payments", Cause.PERSON, "alice", "fixed"));
		elsewhere(() -> this.switches.activate("payments", order().expiresIn(Duration.ofMinutes(1)).build()));
		this.time.advance(Duration.ofMinutes(1));
		elsewhere(this.payments::snapshot);
		elsewhere(() -> this.switches.activate("payments", order().build()));
		assertThat(this.payments.isActive()).isTrue();
	}

	private static void elsewhere(Runnable work) throws Exception {
		CompletableFuture.runAsync(work, (task) -> {
			Thread thread = new Thread(task);
			thread.setDaemon(true);
			thread.start();
		}).get(10, TimeUnit.SECONDS);
	}

	@Test
	@Trap(40)
	void expiryShouldLeaveOtherStopsAlone() {
		this.switches.activate("payments", order().build());
		this.switches.activate("payments", order().cause(BUDGET).expiresIn(Duration.ofMinutes(1)).build());
		this.time.advance(Duration.ofMinutes(1));
		assertThat(this.payments.snapshot().details().get("activations"))
			.asInstanceOf(InstanceOfAssertFactories.list(Map.class))
			.singleElement()
			.extracting((stop) -> stop.get("cause"))
			.isEqualTo("person");
		assertThat(this.payments.isActive()).isTrue();
	}

	@Test
	void expiryShouldBeToldOnceByTheFirstCallThatPasses() throws Exception {
		this.payments.addListener(this.listener);
		this.switches.activate("payments", order().expiresIn(Duration.ofMinutes(1)).build());
		this.time.advance(Duration.ofMinutes(1));
		this.refunds.<String>call(() -> "refunded");
		this.listener.await(2);
		this.refunds.<String>call(() -> "refunded");
		this.payments.snapshot();
		this.switches.activate("payments", order().build());
		List<PolicyEvent> events = this.listener.await(3);
		assertThat(events).extracting(PolicyEvent::kind).containsExactly("activated", "expired", "activated");
		assertThat(events.get(1).message()).isEqualTo("kill switch 'payments' expired for cause 'person'");
		assertThat(events.get(1).details()).containsEntry("actor", "alice")
			.containsEntry("reason", "provider double-charges")
			.containsEntry("expiresAt", FakeTicker.EPOCH.plusSeconds(60));
		assertThat(events.get(1).snapshot().state()).isEqualTo("INACTIVE");
	}

	@Test
	void expiryShouldBeToldByASnapshotOrByTheNextFlip() {
		this.switches.registry().addListener(this.listener);
		this.switches.activate("payments", order().expiresIn(Duration.ofMinutes(1)).build());
		this.time.advance(Duration.ofMinutes(1));
		this.orders.snapshot();
		this.listener.await(2);
		this.switches.activate("payments", order().expiresIn(Duration.ofMinutes(1)).build());
		this.time.advance(Duration.ofMinutes(1));
		this.switches.release("orders", Cause.PERSON, "alice", "fixed");
		assertThat(this.listener.await(4)).extracting(PolicyEvent::kind)
			.containsExactly("activated", "expired", "activated", "expired");
	}

	private static KillSwitchActiveException stopped(KillSwitch policy) {
		Callable<String> callee = () -> {
			throw new AssertionError("The callee was called");
		};
		return catchThrowableOfType(KillSwitchActiveException.class, () -> policy.call(callee));
	}

	private static Activation.Builder order() {
		return Activation.builder().reason("provider double-charges").actor("alice");
	}

}
