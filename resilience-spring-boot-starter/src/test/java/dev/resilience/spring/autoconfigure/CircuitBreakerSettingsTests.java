package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;

import dev.resilience.PolicyRegistry;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.circuitbreaker.CircuitOpenException;
import dev.resilience.circuitbreaker.CircuitState;
import dev.resilience.circuitbreaker.SlidingWindow;
import dev.resilience.config.Mode;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.aop.Warnings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.diagnostics.FailureAnalysis;
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
				assertThat(config.mode()).isEqualTo(Mode.SHADOW);
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
				"'slow-call-duration' is 'PT1S' but needs a window to take effect: set 'window.type' to count or time",
				BREAKER + "slow-call-duration=1s");
	}

	@ParameterizedTest
	@ValueSource(strings = { "window.size=50", "window.size=50s", "minimum-calls=20", "failure-rate-threshold=50",
			"slow-call-rate-threshold=90", "slow-call-duration=2s" })
	void settingOfWindowWhenBreakerHasNoneShouldFailAtStart(String setting) {
		String property = setting.substring(0, setting.indexOf('='));
		for (String window : List.of(BREAKER + "open-duration=5s", BREAKER + "window.type=none",
				"resilience.circuit-breakers.default.window.type=none")) {
			assertFails("' but needs a window to take effect: set 'window.type' to count or time, or remove it",
					BREAKER + setting, window);
			assertFails("'" + property + "' is '", BREAKER + setting, window);
		}
		this.runner
			.withPropertyValues(BREAKER + setting,
					"resilience.circuit-breakers.default.window.type="
							+ (setting.equals("window.size=50") ? "count" : "time"))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@ParameterizedTest
	@ValueSource(strings = { "circuit-breakers.default", "circuit-breaker-presets.rates" })
	void settingOfWindowWhenLayersMixShouldWarnUnlessTheBreakerSaysNone(String layer) {
		String prefix = "resilience." + layer + ".";
		ApplicationContextRunner mixed = this.runner.withPropertyValues(prefix + "failure-rate-threshold=40",
				prefix + "window.size=30s");
		if (!layer.endsWith("default")) {
			mixed = mixed.withPropertyValues(BREAKER + "preset=rates");
		}
		try (Warnings log = new Warnings(CircuitBreaker.class)) {
			mixed.withPropertyValues(BREAKER + "open-duration=5s").run((context) -> {
				String warning = String.valueOf(breaker(context).snapshot().details().get("warning"));
				assertThat(warning).contains("'failure-rate-threshold' is '40.0' but there is no window",
						"'window.size' is 'PT30S' but there is no window");
				assertThat(log.messages()).containsExactly("payments: " + warning);
			});
		}
		mixed.withPropertyValues(BREAKER + "window.type=none")
			.run((context) -> assertThat(breaker(context).snapshot().details()).doesNotContainKey("warning"));
		mixed.withPropertyValues(BREAKER + "window.type=time").run((context) -> {
			assertThat(breaker(context).snapshot().details()).doesNotContainKey("warning");
			assertThat(breaker(context).config().window().failureRateThreshold()).isEqualTo(40);
		});
	}

	@Test
	void settingOfWindowWhenPipelineNamesTheDefaultsShouldWarn() {
		this.runner
			.withPropertyValues("resilience.pipelines.all=circuit-breaker:default",
					"resilience.circuit-breakers.default.minimum-calls=7")
			.run((context) -> assertThat(registry(context).get("default").snapshot().details().get("warning"))
				.asString()
				.contains("'minimum-calls' is '7'"));
	}

	@Test
	void breakerWhenNothingOpensItShouldWarn() {
		try (Warnings log = new Warnings(CircuitBreaker.class)) {
			this.runner.withPropertyValues(BREAKER + "failure-threshold=0").run((context) -> {
				assertThat(breaker(context).snapshot().details().get("warning")).asString()
					.contains("the breaker never opens by itself");
				assertThat(log.messages()).singleElement()
					.asString()
					.startsWith("payments: 'failure-threshold' is '0' and there is no window");
			});
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			textBlock = """
					partner.failure-treshold=4 | 'failure-treshold' is '4' but there is no such setting: nearest: failure-threshold
					default.failure-treshold=4 | 'failure-treshold' is '4' but there is no such setting: nearest: failure-threshold
					partner.window.sise=4 | nearest: window.size
					partner.success-threshold=0 | 'success-threshold' is '0' but must be at least 1
					default.success-threshold=0 | 'success-threshold' is '0' but must be at least 1
					partner.failure-rate-threshold=400 | 'failure-rate-threshold' is '400.0' but must be above 0
					partner.open-duration=5 | must have a unit
					partner.record-result=unwel | 'record-result' is 'unwel' but must name a bean of type java.util.function.Predicate: nearest: unwell
					default.record-result=unwel | nearest: unwell
					partner.preset=databse | must be a built-in preset: nearest: database
					default.preset=databse | must be a known preset: nearest: database
					""")
	void presetWhenNoBreakerUsesItShouldBeCheckedAtStart(String setting, String message) {
		this.runner.withBean("unwell", Predicate.class, () -> (value) -> false)
			.withPropertyValues(PRESET + setting)
			.run((context) -> {
				FailureAnalysis analysis = Contexts.analysis(context);
				assertThat(analysis.getDescription())
					.startsWith(PRESET + setting.substring(0, setting.indexOf('.')) + ": ")
					.contains(message);
				assertThat(analysis.getAction()).startsWith("Correct").doesNotContain("{}");
			});
	}

	@Test
	void presetWhenItIsForBreakersWithWindowsShouldPass() {
		this.runner
			.withPropertyValues(PRESET + "slow.slow-call-duration=1s", PRESET + "slow.minimum-calls=5",
					PRESET + "default.failure-rate-threshold=40", BREAKER + "preset=slow", BREAKER + "window.type=time")
			.run((context) -> assertThat(breaker(context).config().window().slowCallDuration())
				.isEqualTo(Duration.ofSeconds(1)));
	}

	@ParameterizedTest
	@ValueSource(strings = { "moderate", "critical-service", "Critical-Service", "criticalservice" })
	void presetWhenNamedLikeBuiltInShouldFailAtStart(String name) {
		this.runner.withPropertyValues(PRESET + name + ".failure-threshold=4").run((context) -> {
			FailureAnalysis analysis = Contexts.analysis(context);
			assertThat(analysis.getDescription()).contains(PRESET)
				.contains("'" + name + "' but must not be the name of a built-in preset: give yours a name of its own");
			assertThat(analysis.getAction()).startsWith("Rename the preset");
		});
	}

	@Test
	void recordResultShouldBeShownByTheNameOfItsBean() {
		this.runner.withBean("unwell", Predicate.class, () -> (value) -> false)
			.withPropertyValues(BREAKER + "record-result=unwell")
			.run((context) -> assertThat(breaker(context).snapshot().config()).containsEntry("record-result",
					"unwell"));
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

	@ParameterizedTest
	@ValueSource(strings = { "failure-threshold", "failureThreshold", "failure_threshold", "FAILURETHRESHOLD" })
	void presetWhenItSpellsSettingsItsOwnWayShouldBeatWhatItBeginsWith(String threshold) {
		this.runner
			.withPropertyValues(PRESET + "default.call-timeout=4s", PRESET + "default.success_threshold=6",
					PRESET + "mine.preset=external-api", PRESET + "mine." + threshold + "=9",
					PRESET + "mine.callTimeout=2s", BREAKER + "preset=mine")
			.run((context) -> {
				CircuitBreakerConfig config = breaker(context).config();
				assertThat(config.failureThreshold()).isEqualTo(9);
				assertThat(config.callTimeout()).isEqualTo(Duration.ofSeconds(2));
				assertThat(config.successThreshold()).isEqualTo(6);
			});
	}

	@Test
	void presetWhenEnvironmentVariableSetsItShouldBeatWhatItBeginsWith() {
		this.runner
			.withInitializer(Contexts.variables(Map.of("RESILIENCE_CIRCUITBREAKERPRESETS_MINE_FAILURETHRESHOLD", "9",
					"RESILIENCE_CIRCUITBREAKERPRESETS_MINE_OPENDURATION", "7s")))
			.withPropertyValues(PRESET + "mine.preset=conservative", PRESET + "default.open-duration=5s",
					BREAKER + "preset=mine")
			.run((context) -> {
				assertThat(breaker(context).config().failureThreshold()).isEqualTo(9);
				assertThat(breaker(context).config().openDuration()).isEqualTo(Duration.ofSeconds(7));
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "[0]=java.lang.ArithmeticException", "=java.lang.ArithmeticException" })
	void listOfPresetWhenItsDefaultHasOneTooShouldReplaceIt(String list) {
		this.runner
			.withPropertyValues(PRESET + "default.ignore-exceptions[0]=java.io.IOException",
					PRESET + "default.ignore-exceptions[1]=java.lang.IllegalStateException",
					PRESET + "default.record-exceptions=java.io.IOException,java.lang.IllegalStateException",
					PRESET + "mine.ignore-exceptions" + list, PRESET + "mine.recordExceptions" + list,
					BREAKER + "preset=mine")
			.run((context) -> {
				assertThat(breaker(context).config().ignoreExceptions()).containsExactly(ArithmeticException.class);
				assertThat(breaker(context).config().recordExceptions()).containsExactly(ArithmeticException.class);
			});
	}

	@Test
	void listOfPresetWhenTwoSourcesGiveItShouldComeFromTheFirst() {
		this.runner
			.withInitializer(Contexts.variables(Map.of("RESILIENCE_CIRCUITBREAKERPRESETS_MINE_IGNOREEXCEPTIONS_0",
					"java.lang.ArithmeticException")))
			.withPropertyValues(PRESET + "mine.ignore-exceptions=java.io.IOException,java.lang.IllegalStateException",
					BREAKER + "preset=mine")
			.run((context) -> assertThat(breaker(context).config().ignoreExceptions())
				.containsExactly(ArithmeticException.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "mine", "default" })
	void presetWhenItBeginsWithPlaceholderShouldResolveIt(String preset) {
		this.runner
			.withPropertyValues("base=external-api", PRESET + preset + ".preset=${base}", PRESET + "mine.max-keys=9",
					BREAKER + "preset=mine")
			.run((context) -> assertThat(breaker(context).config().callTimeout()).isEqualTo(Duration.ofSeconds(15)));
	}

	@Test
	void presetWhenItBeginsWithAnotherThanItsDefaultShouldTakeNothingOfThat() {
		this.runner
			.withPropertyValues(PRESET + "default.preset=external-api", PRESET + "mine.preset=conservative",
					BREAKER + "preset=mine")
			.run((context) -> {
				assertThat(breaker(context).config().callTimeout()).isNull();
				assertThat(breaker(context).config().openDuration()).isEqualTo(Duration.ofMinutes(2));
			});
	}

	@Test
	void presetWhenItBringsValuesShouldTellWhereEachComesFrom() {
		this.runner
			.withPropertyValues(PRESET + "default.max-keys=7", PRESET + "mine.preset=external-api",
					PRESET + "mine.failureThreshold=9", BREAKER + "preset=mine")
			.run((context) -> {
				PolicyOrigins origins = context.getBean(PolicyOrigins.class);
				assertThat(origins.origin(CircuitBreaker.TYPE, "payments", "failure-threshold"))
					.contains(PRESET + "mine.failureThreshold");
				assertThat(origins.origin(CircuitBreaker.TYPE, "payments", "max-keys"))
					.contains(PRESET + "default.max-keys");
				assertThat(origins.origin(CircuitBreaker.TYPE, "payments", "call-timeout"))
					.isEqualTo("preset external-api");
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

	private static CircuitBreaker breaker(ApplicationContext context) {
		return registry(context).get("payments");
	}

	@SuppressWarnings("unchecked")
	private static PolicyRegistry<CircuitBreaker> registry(ApplicationContext context) {
		return context.getBean("circuitBreakers", PolicyRegistry.class);
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
