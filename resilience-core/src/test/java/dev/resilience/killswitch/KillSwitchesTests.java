package dev.resilience.killswitch;

import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import dev.resilience.Policy;
import dev.resilience.PolicyEvent;
import dev.resilience.PolicyRegistry.UnknownPolicyException;
import dev.resilience.RecordingListener;
import dev.resilience.Trap;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.Ticker;
import dev.resilience.time.TimeSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class KillSwitchesTests {

	private static final Cause BUDGET = Cause.automatic("error-budget");

	private final FakeTicker time = new FakeTicker();

	private final KillSwitches switches = new KillSwitches(this.time.source());

	private final KillSwitch payments = this.switches.declare("payments");

	private final RecordingListener listener = new RecordingListener();

	@Test
	void createShouldDeclareGlobal() {
		assertThat(new KillSwitches(this.time.source()).registry().all()).extracting(Policy::name)
			.containsExactly("global");
	}

	@Test
	void declareShouldDeclareTheSwitchesAboveToo() {
		this.switches.declare("shop.orders.refunds");
		assertThat(this.switches.registry().all()).extracting(Policy::name)
			.containsExactly("global", "payments", "shop", "shop.orders", "shop.orders.refunds");
	}

	@Test
	void declareWhenDeclaredShouldReturnTheSameSwitch() {
		assertThat(this.switches.declare("payments")).isSameAs(this.payments);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", ".", "a.", ".a", "a..b", "a b", "a/b", "é", "a:b", "a\n" })
	void declareWhenNameHasAnotherFormShouldRefuse(String name) {
		assertThatIllegalArgumentException().isThrownBy(() -> this.switches.declare(name))
			.withMessageContaining("'name' is '" + name + "' but must be words of ASCII letters, digits, '-' and '_'");
	}

	@Test
	void declareWhenNameIsTooLongShouldRefuse() {
		assertThat(this.switches.declare("a".repeat(200))).isNotNull();
		assertThatIllegalArgumentException().isThrownBy(() -> this.switches.declare("b".repeat(201)))
			.withMessageContaining("must have at most 200 characters");
		assertThat(this.switches.registry().all()).hasSize(3);
	}

	@Test
	void activateWhenUndeclaredShouldCreateNothingAndNameTheNearest() {
		assertThatExceptionOfType(UnknownPolicyException.class)
			.isThrownBy(() -> this.switches.activate("paymnets", order().build()))
			.withMessageContaining("payments");
		assertThatExceptionOfType(UnknownPolicyException.class)
			.isThrownBy(() -> this.switches.release("paymnets", Cause.PERSON, "alice", "fixed"));
		assertThat(this.switches.registry().all()).hasSize(2);
		assertThat(this.payments.isActive()).isFalse();
	}

	@Test
	void activateShouldReturnHowTheSwitchStands() {
		KillSwitches.Flip flip = this.switches.activate("payments", order().build());
		assertThat(flip).isEqualTo(new KillSwitches.Flip("payments", true, 1, List.of(stop(order().build()))));
	}

	@Test
	void activateWhenExpiryIsNotInTheFutureShouldRefuse() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.switches.activate("payments", order().expiresAt(FakeTicker.EPOCH).build()))
			.withMessageContaining("'expires-at' is '2026-01-01T12:00:00Z' but must be in the future");
		assertThat(this.payments.isActive()).isFalse();
	}

	@Test
	void activateWhenTheSameCauseStandsShouldReplaceTheOrderAndKeepSinceWhen() {
		this.switches.activate("payments", order().build());
		this.time.advance(Duration.ofMinutes(1));
		Activation second = Activation.builder().reason("still double charges").actor("bob").build();
		assertThat(this.switches.activate("payments", second).stops()).containsExactly(stop(second));
	}

	@Test
	void activateWhenItStandsExactlySoShouldChangeNothing() {
		this.payments.addListener(this.listener);
		this.switches.activate("payments", order().build());
		this.time.advance(Duration.ofMinutes(1));
		KillSwitches.Flip again = this.switches.activate("payments", order().build());
		assertThat(again.changed()).isFalse();
		assertThat(again.version()).isEqualTo(1);
		this.switches.release("payments", Cause.PERSON, "alice", "fixed");
		assertThat(this.listener.await(2)).extracting(PolicyEvent::kind).containsExactly("activated", "released");
	}

	@Test
	void activateWhenTheSameCauseHasExpiredShouldBeginAnew() {
		this.switches.activate("payments", order().expiresIn(Duration.ofMinutes(1)).build());
		this.time.advance(Duration.ofMinutes(1));
		assertThat(this.switches.activate("payments", order().build()).stops()).extracting(Stop::activatedAt)
			.containsExactly(FakeTicker.EPOCH.plusSeconds(60));
	}

	@Test
	void activateWhenAutomationUsesEverNewSourcesShouldRefuseButLeaveRoomForAPerson() {
		for (int source = 0; source < 16; source++) {
			this.switches.activate("payments", order().cause(Cause.automatic("s" + source)).build());
		}
		assertThat(this.switches.activate("payments", order().cause(Cause.automatic("s0")).actor("bot").build()))
			.matches(KillSwitches.Flip::changed);
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.switches.activate("payments", order().cause(BUDGET).build()))
			.withMessageContaining("at most 16 automatic causes");
		assertThat(this.switches.activate("payments", order().build()).stops()).hasSize(17)
			.first()
			.extracting((stop) -> stop.activation().cause())
			.isEqualTo(Cause.PERSON);
	}

	@Test
	@Trap(41)
	void releaseWhenAutomationReleasesItsCauseShouldLeaveAPersonsStop() {
		this.switches.activate("payments", order().cause(BUDGET).build());
		this.switches.activate("payments", order().build());
		KillSwitches.Flip flip = this.switches.release("payments", BUDGET, "budget-bot", "budget is back");
		assertThat(flip.changed()).isTrue();
		assertThat(flip.stops()).containsExactly(stop(order().build()));
		assertThat(this.payments.isActive()).isTrue();
	}

	@Test
	@Trap(41)
	void releaseWhenOnlyAPersonsStopStandsShouldNotLetAutomationClearIt() {
		this.switches.activate("payments", order().build());
		KillSwitches.Flip flip = this.switches.release("payments", BUDGET, "budget-bot", "budget is back");
		assertThat(flip.changed()).isFalse();
		assertThat(flip.stops()).containsExactly(stop(order().build()));
		assertThat(this.payments.isActive()).isTrue();
	}

	@Test
	void releaseWhenAPersonReleasesShouldLeaveAnAutomaticStop() {
		this.switches.activate("payments", order().cause(BUDGET).build());
		this.switches.activate("payments", order().build());
		this.switches.release("payments", Cause.PERSON, "alice", "fixed");
		assertThat(this.payments.isActive()).isTrue();
		this.switches.release("payments", BUDGET, "budget-bot", "budget is back");
		assertThat(this.payments.isActive()).isFalse();
	}

	@Test
	void releaseWhenNothingStandsShouldReportNoChangeAndTellNobody() {
		this.payments.addListener(this.listener);
		assertThat(this.switches.release("payments", Cause.PERSON, "alice", "fixed"))
			.isEqualTo(new KillSwitches.Flip("payments", false, 0, List.of()));
		this.switches.activate("payments", order().build());
		assertThat(this.listener.await(1)).extracting(PolicyEvent::kind).containsExactly("activated");
	}

	@Test
	@Trap(40)
	void releaseWhenActorOrReasonIsMissingShouldRefuse() {
		this.switches.activate("payments", order().build());
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.switches.release("payments", Cause.PERSON, "", "fixed"))
			.withMessageContaining("'actor'");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.switches.release("payments", Cause.PERSON, "alice", " "))
			.withMessageContaining("'reason'");
		assertThat(this.payments.isActive()).isTrue();
	}

	@Test
	void removeFromRegistryShouldReleaseNothingAndDeclaringAgainShouldMakeItOperable() {
		KillSwitch refunds = this.switches.declare("payments.refunds");
		this.switches.activate("payments", order().build());
		this.switches.registry().remove("payments");
		assertThat(refunds.isActive()).isTrue();
		this.switches.declare("payments");
		this.switches.release("payments", Cause.PERSON, "alice", "fixed");
		assertThat(refunds.isActive()).isFalse();
	}

	@Test
	void flipShouldTellWhoWhyAndWhatStandsAfterIt() {
		this.switches.registry().addListener(this.listener);
		this.switches.activate("payments", order().ticket("INC-1").build());
		this.switches.release("payments", Cause.PERSON, "bob", "provider fixed it");
		List<PolicyEvent> events = this.listener.await(2);
		assertThat(events).extracting(PolicyEvent::name).containsOnly("payments");
		assertThat(events.get(0).kind()).isEqualTo("activated");
		assertThat(events.get(0).message())
			.isEqualTo("kill switch 'payments' is active since 2026-01-01T12:00:00Z: double charges "
					+ "(by alice, ticket INC-1)");
		assertThat(events.get(0).details()).containsExactlyInAnyOrderEntriesOf(stop("INC-1"));
		assertThat(events.get(0).snapshot().state()).isEqualTo("ACTIVE");
		assertThat(events.get(1).kind()).isEqualTo("released");
		assertThat(events.get(1).message())
			.isEqualTo("kill switch 'payments' released for cause 'person': provider fixed it (by bob)");
		assertThat(events.get(1).details()).containsExactlyInAnyOrderEntriesOf(
				Map.of("cause", "person", "reason", "provider fixed it", "actor", "bob", "activation", stop("INC-1")));
		assertThat(events.get(1).snapshot().state()).isEqualTo("INACTIVE");
	}

	@Test
	void flipWhenAStopExpiresWhileItIsToldShouldKeepTheOrderOfEvents() {
		AtomicLong seconds = new AtomicLong();
		InstantSource ticking = () -> FakeTicker.EPOCH.plusSeconds(seconds.getAndIncrement());
		Ticker ticker = () -> TimeUnit.SECONDS.toNanos(seconds.getAndIncrement());
		KillSwitches restless = new KillSwitches(new TimeSource(ticker, ticking.withZone(ZoneOffset.UTC), this.time));
		restless.registry().addListener(this.listener);
		restless.declare("payments");
		restless.activate("payments", order().expiresAt(FakeTicker.EPOCH.plusSeconds(5)).build());
		restless.activate("global", order().build());
		restless.registry().get("payments").snapshot();
		assertThat(this.listener.await(3)).extracting(PolicyEvent::kind)
			.containsExactly("activated", "activated", "expired");
	}

	private Activation.Builder order() {
		return Activation.builder().reason("double charges").actor("alice");
	}

	private Stop stop(Activation activation) {
		return new Stop("payments", activation, FakeTicker.EPOCH, null);
	}

	private Map<String, Object> stop(String ticket) {
		return Map.of("switch", "payments", "cause", "person", "reason", "double charges", "actor", "alice",
				"activatedAt", FakeTicker.EPOCH, "ticket", ticket);
	}

}
