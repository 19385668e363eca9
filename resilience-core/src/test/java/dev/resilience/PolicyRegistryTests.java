package dev.resilience;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.PolicyRegistry.UnknownPolicyException;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

@Timeout(20)
class PolicyRegistryTests {

	private final FakeTicker ticker = new FakeTicker();

	private final PolicyRegistry<ScriptedGate> registry = new PolicyRegistry<>("scripted");

	@Test
	void getWhenPolicyIsKnownShouldReturnIt() {
		ScriptedGate gate = this.registry.register(gate("payments"));
		assertThat(this.registry.get("payments")).isSameAs(gate);
		assertThat(this.registry.find("payments")).containsSame(gate);
		assertThat(this.registry.all()).containsExactly(gate);
	}

	@Test
	@Trap(9)
	void getWhenPolicyIsUnknownShouldNameTheNearestAndCreateNothing() {
		List.of("orders", "payments", "payouts", "mail", "search", "stock", "users").forEach(this::register);
		assertThatExceptionOfType(UnknownPolicyException.class).isThrownBy(() -> this.registry.get("paymets"))
			.withMessageStartingWith("There is no scripted named 'paymets'. Nearest: payments, payouts, ")
			.satisfies((ex) -> {
				assertThat(ex.type()).isEqualTo("scripted");
				assertThat(ex.name()).isEqualTo("paymets");
				assertThat(ex.nearest()).hasSize(5).startsWith("payments", "payouts");
			});
		assertThat(this.registry.find("paymets")).isEmpty();
		assertThat(this.registry.all()).hasSize(7);
	}

	@Test
	void nearestShouldOrderByTheLettersThatDiffer() {
		assertThat(PolicyRegistry.nearest("", List.of("abc", "a", "ab"))).containsExactly("a", "ab", "abc");
		assertThat(PolicyRegistry.nearest("cab", List.of("ca", "cub", "xab", "cab"))).startsWith("cab").hasSize(4);
	}

	@Test
	void getWhenNameIsEndlessShouldShowItsBeginningOnly() {
		assertThatExceptionOfType(UnknownPolicyException.class).isThrownBy(() -> this.registry.get("x".repeat(100_000)))
			.withMessage("There is no scripted named '" + "x".repeat(100) + "...'. None is configured.");
	}

	@Test
	void getOrCreateWhenPolicyIsThereShouldNotMakeAnother() {
		AtomicInteger made = new AtomicInteger();
		ScriptedGate first = this.registry.getOrCreate("payments", (name) -> {
			made.incrementAndGet();
			return gate(name);
		});
		assertThat(this.registry.getOrCreate("payments", (name) -> {
			made.incrementAndGet();
			return gate(name);
		})).isSameAs(first);
		assertThat(made).hasValue(1);
	}

	@Test
	void registerWhenNameIsTakenShouldSayWhatToDo() {
		register("payments");
		assertThatIllegalArgumentException().isThrownBy(() -> register("payments"))
			.withMessage("'name' is 'payments' but must be unique among type 'scripted': choose another name");
	}

	@Test
	@Trap(47)
	void registerWhenRegistryIsFullShouldPointToKeys() {
		for (int index = 0; index < PolicyRegistry.MAX_POLICIES; index++) {
			register("tenant-" + index);
		}
		assertThatIllegalStateException().isThrownBy(() -> register("one-more"))
			.withMessageContaining("10000 policies of type 'scripted'")
			.withMessageContaining("use one policy with keys");
		assertThatIllegalStateException().isThrownBy(() -> this.registry.getOrCreate("one-more", this::gate));
	}

	@Test
	void addListenerWhenPoliciesComeBeforeAndAfterShouldHearAll() {
		RecordingListener events = new RecordingListener();
		register("before");
		this.registry.addListener(events);
		register("after");
		reject("before");
		reject("after");
		assertThat(events.await(2)).extracting(PolicyEvent::name).containsExactly("before", "after");
	}

	@Test
	void addListenerWhenPolicyIsRemovedAndAddedAgainShouldHearItOnce() {
		RecordingListener events = new RecordingListener();
		this.registry.addListener(events);
		ScriptedGate gate = this.registry.register(gate("payments"));
		assertThat(this.registry.remove("payments")).isTrue();
		gate.answer = ScriptedGate.Answer.REJECT;
		gate.tryAcquire();
		this.ticker.advance(Duration.ofSeconds(1));
		this.registry.register(gate);
		reject("payments");
		register("last");
		reject("last");
		assertThat(events.await(2)).extracting((event) -> event.name() + " " + event.details().get("count"))
			.containsExactly("payments 2", "last 1");
	}

	@Test
	void removeWhenCalledTwiceShouldTellWhetherThereWasOne() {
		register("payments");
		assertThat(this.registry.remove("payments")).isTrue();
		assertThat(this.registry.remove("payments")).isFalse();
		assertThat(this.registry.all()).isEmpty();
	}

	@Test
	void observeWhenPoliciesComeAndGoShouldFollow() {
		List<String> log = new ArrayList<>();
		register("before");
		this.registry.observe((policy) -> log.add("+" + policy.name()), (policy) -> log.add("-" + policy.name()));
		register("after");
		this.registry.remove("before");
		assertThat(log).containsExactly("+before", "+after", "-before");
	}

	private void reject(String name) {
		ScriptedGate gate = this.registry.get(name);
		gate.answer = ScriptedGate.Answer.REJECT;
		gate.tryAcquire();
	}

	private void register(String name) {
		this.registry.register(gate(name));
	}

	private ScriptedGate gate(String name) {
		return new ScriptedGate(name, this.ticker.source());
	}

}
