package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;

import dev.resilience.PolicyRegistry;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.circuitbreaker.CircuitBreakerMode;
import dev.resilience.circuitbreaker.CircuitOpenException;
import dev.resilience.circuitbreaker.CircuitState;
import dev.resilience.circuitbreaker.SlidingWindow;
import dev.resilience.spring.annotation.CircuitProtected;
import org.junit.jupiter.api.Test;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class CircuitBreakerSettingsTests {

	private static final String BREAKER = "resilience.circuit-breakers.payments.";

	private static final String PRESET = "resilience.circuit-breaker-presets.";

	private final ApplicationContextRunner runner = new ApplicationContextRunner().withConfiguration(Contexts.ours());

	@Test
	void settingsWhenAllAreGivenShouldAllBeBound() {
		this.runner.withBean("unwell", Predicate.class, () -> (value) -> Objects.equals(value, 503))
			.withPropertyValues(BREAKER + "window.type=time", BREAKER + "window.size=30s", BREAKER + "minimum-calls=7",
					BREAKER + "failure-rate-threshold=33.3", BREAKER + "slow-call-duration=2s",
					BREAKER + "slow-call-rate-threshold=80", BREAKER + "open-duration-multiplier=1.5",
					BREAKER + "max-open-duration=5m", BREAKER + "record-result=unwell", BREAKER + "call-timeout=3s",
					BREAKER + "call-timeout-interrupt=false", BREAKER + "max-keys=9", BREAKER + "mode=shadow")
			.run((context) -> {
				CircuitBreakerConfig config = breaker(context).config();
				assertThat(config.window()).isEqualTo(SlidingWindow.ofTime(Duration.ofSeconds(30))
					.minimumCalls(7)
					.failureRateThreshold(33.3)
					.slowCallDuration(Duration.ofSeconds(2))
					.slowCallRateThreshold(80)
					.build());
				assertThat(config.openDurationMultiplier()).isEqualTo(1.5);
				assertThat(config.maxOpenDuration()).isEqualTo(Duration.ofMinutes(5));
				assertThat(config.callTimeout()).isEqualTo(Duration.ofSeconds(3));
				assertThat(config.callTimeoutInterrupt()).isFalse();
				assertThat(config.maxKeys()).isEqualTo(9);
				assertThat(config.mode()).isEqualTo(CircuitBreakerMode.SHADOW);
				breaker(context).call(() -> 503);
				assertThat(breaker(context).snapshot().calls()).containsEntry("failed", 1L);
			});
	}

	@Test
	void windowWhenOnlyTypeIsGivenShouldHaveTheDefaultSize() {
		this.runner.withPropertyValues(BREAKER + "window.type=count")
			.run((context) -> assertThat(breaker(context).config().window())
				.isEqualTo(SlidingWindow.ofCalls(100).build()));
	}

	@Test
	void windowWhenSizeDoesNotFitTheTypeShouldFailAtStart() {
		assertFails("'window.size' is '60s' but must be a number of calls", BREAKER + "window.type=count",
				BREAKER + "window.size=60s");
		assertFails("'window.size' is '100' but must have a unit", BREAKER + "window.type=time",
				BREAKER + "window.size=100");
		assertFails(
				"'slow-call-duration' is 'PT1S' but needs a window to take effect: set window.type to count or time",
				BREAKER + "slow-call-duration=1s");
	}

	@Test
	void recordResultWhenBeanIsUnknownShouldFailAtStart() {
		assertFails("'record-result' is 'unwell' but must name a bean of type java.util.function.Predicate",
				BREAKER + "record-result=unwell");
	}

	@Test
	void presetWhenDefinedByTheApplicationShouldBeBegunWith() {
		this.runner
			.withPropertyValues(PRESET + "default.success-threshold=1", PRESET + "partner.preset=external-api",
					PRESET + "partner.failure-threshold=4", PRESET + "partner.window.type=count",
					PRESET + "partner.ignore-exceptions[0]=java.lang.IllegalStateException", BREAKER + "preset=partner",
					BREAKER + "open-duration=7s")
			.run((context) -> {
				CircuitBreakerConfig config = breaker(context).config();
				assertThat(config.failureThreshold()).isEqualTo(4);
				assertThat(config.successThreshold()).isEqualTo(1);
				assertThat(config.callTimeout()).isEqualTo(Duration.ofSeconds(15));
				assertThat(config.openDuration()).isEqualTo(Duration.ofSeconds(7));
				assertThat(config.window().type()).isEqualTo(SlidingWindow.Type.COUNT);
				assertThat(config.ignoreExceptions()).containsExactly(IllegalStateException.class);
			});
	}

	@Test
	void presetWhenItIsDatabaseShouldBoundCallsWithoutInterrupt() {
		this.runner.withPropertyValues(BREAKER + "preset=database").run((context) -> {
			assertThat(breaker(context).config().callTimeout()).isEqualTo(Duration.ofSeconds(10));
			assertThat(breaker(context).config().callTimeoutInterrupt()).isFalse();
		});
	}

	@Test
	void presetWhenUnknownShouldFailAtStartNamingTheNearest() {
		assertFails("'preset' is 'partnr' but must be a known preset: nearest: partner",
				PRESET + "partner.failure-threshold=4", BREAKER + "preset=partnr");
		assertFails("'preset' is 'databse' but must be a built-in preset: nearest: database",
				PRESET + "partner.preset=databse", BREAKER + "preset=partner");
		assertFails("failure-treshold", PRESET + "partner.failure-treshold=4", BREAKER + "preset=partner");
	}

	@Test
	void keyShouldGiveEachOfItsValuesAStateOfItsOwn() {
		this.runner.withPropertyValues(BREAKER + "failure-threshold=1").withBean(Bank.class).run((context) -> {
			Bank bank = context.getBean(Bank.class);
			assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> bank.charge("alice", true));
			assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(() -> bank.charge("alice", false));
			assertThat(bank.charge("bob", false)).isEqualTo("charged");
			assertThat(breaker(context).state()).isEqualTo(CircuitState.CLOSED);
		});
	}

	private void assertFails(String message, String... properties) {
		this.runner.withPropertyValues(properties).run((context) -> {
			assertThat(context).hasFailed();
			assertThat(context.getStartupFailure()).rootCause().hasMessageContaining(message);
		});
	}

	@SuppressWarnings("unchecked")
	private static CircuitBreaker breaker(ApplicationContext context) {
		return ((PolicyRegistry<CircuitBreaker>) context.getBean("circuitBreakers", PolicyRegistry.class))
			.get("payments");
	}

	static class Bank {

		@CircuitProtected(value = "payments", key = "#customer")
		String charge(String customer, boolean down) {
			if (down) {
				throw new IllegalStateException("down");
			}
			return "charged";
		}

	}

}
