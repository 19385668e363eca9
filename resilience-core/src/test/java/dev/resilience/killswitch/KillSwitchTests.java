package dev.resilience.killswitch;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

import com.sun.management.ThreadMXBean;
import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.CallRejectedException.Category;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import dev.resilience.PolicySnapshot.Health;
import dev.resilience.Trap;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

class KillSwitchTests {

	private static final Cause BUDGET = Cause.automatic("error-budget");

	private final FakeTicker time = new FakeTicker();

	private final KillSwitches switches = new KillSwitches(this.time.source());

	private final KillSwitch refunds = this.switches.declare("payments.refunds");

	private final KillSwitch payments = this.switches.registry().get("payments");

	private final KillSwitch orders = this.switches.declare("orders");

	@Test
	void callWhenNothingIsActiveShouldPass() throws Exception {
		assertThat(this.refunds.<String>call(() -> "refunded")).isEqualTo("refunded");
	}

	@Test
	void callWhenNothingIsActiveShouldAllocateNothing() throws Throwable {
		ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
		int calls = 10_000;
		long before = 0;
		for (int call = -calls; call < calls; call++) {
			if (call == 0) {
				before = threads.getCurrentThreadAllocatedBytes();
			}
			this.refunds.call(CallContext.NONE, this, (self) -> self);
		}
		assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(calls);
	}

	@Test
	void callWhenItsOwnSwitchIsActiveShouldStop() {
		this.switches.activate("payments.refunds", order().build());
		KillSwitchActiveException stopped = stopped(this.refunds);
		assertThat(stopped.reason()).isEqualTo("active");
		assertThat(stopped.isFinal()).isTrue();
		assertThat(stopped.category()).isEqualTo(Category.UNAVAILABLE);
		assertThat(stopped.decisionId()).isEqualTo("kill-switch:payments.refunds:1");
		assertThat(stopped.stop().switchName()).isEqualTo("payments.refunds");
	}

	@Test
	void callWhenASwitchAboveIsActiveShouldStop() {
		this.switches.activate("payments", order().build());
		assertThat(stopped(this.refunds).reason()).isEqualTo("ancestor");
		assertThat(this.orders.isActive()).isFalse();
	}

	@Test
	void callWhenGlobalIsActiveShouldStop() {
		this.switches.activate("global", order().build());
		assertThat(stopped(this.refunds).reason()).isEqualTo("ancestor");
		assertThat(stopped(this.orders).reason()).isEqualTo("ancestor");
		assertThat(stopped(this.switches.declare("declared.later")).reason()).isEqualTo("ancestor");
		assertThat(stopped(this.switches.registry().get("global")).reason()).isEqualTo("active");
	}

	@Test
	void callWhenOnlyASwitchBelowOrBesideIsActiveShouldPass() throws Exception {
		KillSwitch pay = this.switches.declare("pay");
		this.switches.activate("payments.refunds", order().build());
		assertThat(this.payments.<String>call(() -> "paid")).isEqualTo("paid");
		assertThat(this.orders.<String>call(() -> "ordered")).isEqualTo("ordered");
		assertThat(pay.<String>call(() -> "paid")).isEqualTo("paid");
	}

	@Test
	void callWhenReleasedShouldPassAgain() throws Exception {
		this.switches.activate("payments", order().build());
		this.switches.release("payments", Cause.PERSON, "alice", "fixed");
		assertThat(this.refunds.<String>call(() -> "refunded")).isEqualTo("refunded");
	}

	@Test
	void callAsyncWhenActiveShouldFailTheStage() {
		this.switches.activate("payments", order().build());
		CompletableFuture<String> result = this.refunds.callAsync(() -> CompletableFuture.completedFuture("refunded"))
			.toCompletableFuture();
		assertThatExceptionOfType(CompletionException.class).isThrownBy(result::join)
			.withCauseInstanceOf(KillSwitchActiveException.class);
	}

	@Test
	void tryAcquireShouldAnswerWithoutAnException() {
		assertThat(this.refunds.tryAcquire()).isInstanceOf(Permit.class);
		this.switches.activate("payments", order().build());
		assertThat(this.refunds.tryAcquire()).isInstanceOfSatisfying(Admission.Rejection.class,
				(rejection) -> assertThat(rejection.policy()).isSameAs(this.refunds));
	}

	@Test
	@Trap(40)
	void rejectionShouldTellWhoWhyAndSinceWhen() {
		this.switches.activate("payments", order().ticket("INC-1").expiresIn(Duration.ofHours(1)).build());
		this.time.advance(Duration.ofMinutes(1));
		assertThat(stopped(this.payments))
			.hasMessage("kill switch 'payments' is active since 2026-01-01T12:00:00Z: provider double-charges "
					+ "(by alice, ticket INC-1); until 2026-01-01T13:00:00Z");
	}

	@Test
	void rejectionWhenSeveralStopsStandShouldTellTheNearestAndAPersonsFirst() {
		this.switches.activate("global", order().build());
		this.switches.activate("payments", order().cause(BUDGET).actor("budget-bot").build());
		assertThat(stopped(this.refunds))
			.hasMessage("kill switch 'payments' is active since 2026-01-01T12:00:00Z: provider double-charges "
					+ "(by budget-bot, automatic:error-budget); it covers 'payments.refunds'; and 1 more");
		this.switches.activate("payments", order().build());
		assertThat(stopped(this.refunds).stop().activation().cause()).isEqualTo(Cause.PERSON);
	}

	@Test
	void retryAfterWhenAllStopsExpireShouldBeTheTimeToTheLast() {
		this.switches.activate("payments", order().expiresIn(Duration.ofMinutes(10)).build());
		this.switches.activate("payments", order().cause(BUDGET).expiresIn(Duration.ofMinutes(5)).build());
		this.switches.activate("orders", order().build());
		this.time.advance(Duration.ofMinutes(1));
		KillSwitchActiveException stopped = stopped(this.refunds);
		assertThat(stopped.retryAfter()).isEqualTo(Duration.ofMinutes(9));
		this.time.advance(Duration.ofMinutes(20));
		assertThat(stopped.retryAfter()).isEqualTo(Duration.ZERO);
	}

	@Test
	void retryAfterWhenOneStopHasNoEndShouldBeUnknown() {
		this.switches.activate("payments", order().expiresIn(Duration.ofMinutes(10)).build());
		this.switches.activate("global", order().build());
		assertThat(stopped(this.refunds).retryAfter()).isNull();
	}

	@Test
	@Trap(40)
	void snapshotWhenActiveShouldTellWhoWhyAndSinceWhen() {
		this.switches.activate("payments", order().ticket("INC-1").expiresIn(Duration.ofHours(1)).build());
		PolicySnapshot snapshot = this.payments.snapshot();
		assertThat(snapshot.type()).isEqualTo("kill-switch");
		assertThat(snapshot.state()).isEqualTo("ACTIVE");
		assertThat(snapshot.states()).containsExactly("INACTIVE", "ACTIVE");
		assertThat(snapshot.health()).isEqualTo(Health.DEGRADED);
		assertThat(snapshot.transitions()).isEqualTo(Map.of("INACTIVE->ACTIVE", 1L));
		assertThat(snapshot.details()).containsEntry("activeBy", "payments")
			.containsEntry("version", 1L)
			.containsEntry("obeys", List.of("payments", "global"))
			.containsEntry("activations",
					List.of(Map.of("switch", "payments", "cause", "person", "reason", "provider double-charges",
							"actor", "alice", "activatedAt", FakeTicker.EPOCH, "ticket", "INC-1", "expiresAt",
							FakeTicker.EPOCH.plusSeconds(3600))));
	}

	@Test
	void snapshotWhenASwitchAboveIsActiveShouldNameIt() {
		this.switches.activate("payments", order().build());
		assertThat(this.refunds.snapshot().state()).isEqualTo("ACTIVE");
		assertThat(this.refunds.snapshot().details()).containsEntry("activeBy", "payments");
		assertThat(this.refunds.snapshot().transitions()).isEqualTo(Map.of("INACTIVE->ACTIVE", 1L));
		assertThat(this.orders.snapshot().transitions()).isEmpty();
	}

	@Test
	void snapshotWhenGlobalIsActiveShouldBeOutOfService() {
		this.switches.activate("global", order().build());
		assertThat(this.switches.registry().get("global").snapshot().health()).isEqualTo(Health.OUT_OF_SERVICE);
		assertThat(this.orders.snapshot().health()).isEqualTo(Health.OUT_OF_SERVICE);
	}

	@Test
	void snapshotWhenInactiveShouldBeUp() {
		this.switches.activate("payments", order().build());
		this.switches.release("payments", Cause.PERSON, "alice", "fixed");
		PolicySnapshot snapshot = this.payments.snapshot();
		assertThat(snapshot.state()).isEqualTo("INACTIVE");
		assertThat(snapshot.health()).isEqualTo(Health.UP);
		assertThat(snapshot.details()).doesNotContainKey("activeBy").containsEntry("activations", List.of());
		assertThat(snapshot.transitions()).isEqualTo(Map.of("INACTIVE->ACTIVE", 1L, "ACTIVE->INACTIVE", 1L));
	}

	@Test
	void snapshotShouldCountRejectionsByReason() {
		this.switches.activate("payments", order().build());
		stopped(this.payments);
		stopped(this.refunds);
		stopped(this.refunds);
		assertThat(this.payments.snapshot().rejections()).isEqualTo(Map.of("active", 1L, "ancestor", 0L));
		assertThat(this.refunds.snapshot().rejections()).isEqualTo(Map.of("active", 0L, "ancestor", 2L));
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
