package dev.resilience.spring.annotation;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.time.Duration;

import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.spring.aop.Starter;
import org.junit.jupiter.api.Test;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Settings and placeholders in annotations.
 */
class InlineSettingsTests {

	private final ApplicationContextRunner bare = Starter.bare();

	@Test
	void inlineSettingsShouldMakeThePolicy() {
		Starter.with(this.bare, Inline.class).run((context) -> {
			CircuitBreakerConfig config = Starter.breaker(context, "database").config();
			assertThat(config.failureThreshold()).isEqualTo(3);
			assertThat(config.openDuration()).isEqualTo(Duration.ofSeconds(10));
		});
	}

	@Test
	void propertiesShouldWinOverInlineSettingsAndTheseOverDefaults() {
		Starter.with(this.bare, Inline.class)
			.withPropertyValues("resilience.circuit-breakers.database.failure-threshold=7",
					"resilience.circuit-breakers.default.open-duration=1m",
					"resilience.circuit-breakers.default.success-threshold=9")
			.run((context) -> {
				CircuitBreakerConfig config = Starter.breaker(context, "database").config();
				assertThat(config.failureThreshold()).isEqualTo(7);
				assertThat(config.openDuration()).isEqualTo(Duration.ofSeconds(10));
				assertThat(config.successThreshold()).isEqualTo(9);
			});
	}

	@Test
	void inlineSettingsWhenSpeltTheirOwnWayShouldWinOverDefaultsAndPreset() {
		Starter.with(this.bare, InlineSpelling.class)
			.withPropertyValues("base=external-api", "resilience.circuit-breakers.default.success-threshold=9",
					"resilience.circuit-breakers.default.ignore-exceptions[0]=java.io.IOException",
					"resilience.circuit-breakers.default.ignore-exceptions[1]=java.lang.IllegalStateException",
					"resilience.circuit-breakers.default.record-exceptions=java.io.IOException,java.lang.Error",
					"resilience.circuit-breakers.spelling.recordExceptions[0]=java.lang.Exception")
			.run((context) -> {
				CircuitBreakerConfig config = Starter.breaker(context, "spelling").config();
				assertThat(config.callTimeout()).isEqualTo(Duration.ofSeconds(2));
				assertThat(config.callTimeoutInterrupt()).isTrue();
				assertThat(config.successThreshold()).isEqualTo(6);
				assertThat(config.ignoreExceptions()).containsExactly(ArithmeticException.class);
				assertThat(config.recordExceptions()).containsExactly(Exception.class);
			});
	}

	@Test
	void inlineSettingsOfLazyBeanShouldCountBeforeItIsMade() {
		this.bare.withBean("inline", Inline.class, Inline::new, (definition) -> definition.setLazyInit(true))
			.run((context) -> {
				assertThat(context.getBeanFactory().containsSingleton("inline")).isFalse();
				assertThat(Starter.breaker(context, "database").config().failureThreshold()).isEqualTo(3);
			});
	}

	@Test
	void inlineSettingsOfMetaAnnotationShouldCount() {
		Starter.with(this.bare, WithMetaAnnotation.class)
			.run((context) -> assertThat(Starter.breaker(context, "meta").config().failureThreshold()).isEqualTo(4));
	}

	@Test
	void placeholdersInInlineSettingsShouldBeResolved() {
		Starter.with(this.bare, InlinePlaceholder.class)
			.withPropertyValues("threshold=6", "breaker=resolved")
			.run((context) -> assertThat(Starter.breaker(context, "resolved").config().failureThreshold())
				.isEqualTo(6));
	}

	@Test
	void sameInlineSettingsInTwoPlacesShouldAgree() {
		Starter.with(this.bare, Inline.class, InlineAgain.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(Starter.breaker(context, "database").config().failureThreshold()).isEqualTo(3);
		});
	}

	@Test
	void differentInlineSettingsInTwoPlacesShouldFailTheStart() {
		FailureAnalysis told = Starter.fail(Starter.with(this.bare, Inline.class, InlineOtherwise.class));
		assertThat(told.getDescription()).contains("@CircuitProtected(\"database\")", "failure-threshold=3",
				"failure-threshold=4", InlineOtherwise.class.getSimpleName());
		assertThat(told.getAction()).contains("once");
	}

	@Test
	void inlineSettingWithoutValueShouldFailTheStart() {
		FailureAnalysis told = Starter.fail(Starter.with(this.bare, InlineMalformed.class));
		assertThat(told.getDescription()).contains("'failure-threshold'", "property=value",
				InlineMalformed.class.getSimpleName());
	}

	@Test
	void inlineSettingThatIsGivenTwiceShouldFailTheStart() {
		FailureAnalysis told = Starter.fail(Starter.with(this.bare, InlineTwice.class));
		assertThat(told.getDescription()).contains("'failureThreshold' twice", InlineTwice.class.getSimpleName());
	}

	@Test
	void inlineSettingThatBreaksItsRuleShouldFailTheStart() {
		FailureAnalysis told = Starter.fail(Starter.with(this.bare, InlineNegative.class));
		assertThat(told.getDescription()).contains("failure-threshold", "-1", "must not be negative");
		assertThat(told.getAction()).contains("annotation");
	}

	@Test
	void placeholderShouldNameThePolicy() {
		Starter.with(Starter.runner(), Placeholder.class).withPropertyValues("breaker=payments").run((context) -> {
			context.getBean(Placeholder.class).call();
			assertSucceeded(context, "payments");
		});
	}

	@Test
	void placeholderWithoutValueShouldTakeItsDefault() {
		Starter.run((context) -> {
			context.getBean(PlaceholderWithDefault.class).call();
			assertSucceeded(context, "other");
		}, PlaceholderWithDefault.class);
	}

	@Test
	void placeholderWithoutValueOrDefaultShouldFailTheStart() {
		FailureAnalysis told = Starter.fail(Placeholder.class);
		assertThat(told.getDescription()).contains("Placeholder.call()", "@CircuitProtected(value)", "${breaker}");
		assertThat(told.getAction()).contains("${name:default}");
	}

	@Test
	void placeholderWithoutValueInInlineSettingsShouldFailTheStart() {
		FailureAnalysis told = Starter.fail(Starter.with(this.bare, InlinePlaceholder.class));
		assertThat(told.getDescription()).contains("${breaker}");
	}

	private static void assertSucceeded(ApplicationContext context, String breaker) {
		assertThat(Starter.breaker(context, breaker).snapshot().calls()).containsEntry("succeeded", 1L);
	}

	static class Inline {

		@CircuitProtected(value = "database", config = { "failure-threshold=3", "open-duration = 10s" })
		public void call() {
		}

	}

	static class InlineSpelling {

		@CircuitProtected(value = "spelling", config = { "Preset=${base}", "callTimeout=2s", "SUCCESS_THRESHOLD=6",
				"ignoreExceptions[0]=java.lang.ArithmeticException" })
		public void call() {
		}

	}

	@CircuitProtected(value = "database", config = { "open-duration = 10s", "failure-threshold=3" })
	static class InlineAgain {

		public void call() {
		}

	}

	static class InlineOtherwise {

		@CircuitProtected(value = "database", config = "failure-threshold=4")
		public void call() {
		}

	}

	static class InlineMalformed {

		@CircuitProtected(value = "database", config = "failure-threshold")
		public void call() {
		}

	}

	static class InlineTwice {

		@CircuitProtected(value = "database", config = { "failure-threshold=3", "failureThreshold=4" })
		public void call() {
		}

	}

	static class InlineNegative {

		@CircuitProtected(value = "database", config = "failure-threshold=-1")
		public void call() {
		}

	}

	static class InlinePlaceholder {

		@CircuitProtected(value = "${breaker}", config = "failure-threshold=${threshold}")
		public void call() {
		}

	}

	static class Placeholder {

		@CircuitProtected("${breaker}")
		public void call() {
		}

	}

	static class PlaceholderWithDefault {

		@CircuitProtected("${breaker:other}")
		public void call() {
		}

	}

	@CircuitProtected(value = "meta", config = "failure-threshold=4")
	@Retention(RetentionPolicy.RUNTIME)
	@interface Meta {

	}

	static class WithMetaAnnotation {

		@Meta
		public void call() {
		}

	}

}
