package dev.resilience.spring.autoconfigure;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeoutException;

import dev.resilience.PolicyRegistry;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.config.Mode;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.killswitch.KillSwitches;
import dev.resilience.ratelimiter.AdaptiveConfig;
import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.ratelimiter.RateLimiterAlgorithm;
import dev.resilience.ratelimiter.RateLimiterConfig;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.Idempotent;
import org.junit.jupiter.api.Test;

import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.ResolvableType;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How policies are bound from the configuration.
 */
class PolicyPropertiesTests {

	private final ApplicationContextRunner contexts = new ApplicationContextRunner().withConfiguration(Contexts.ours());

	@Test
	void bindWhenEveryBreakerKeyIsSetShouldConfigureBreaker() {
		this.contexts.withInitializer(Contexts.yaml("""
				resilience:
				  circuit-breakers:
				    payments:
				      failure-threshold: 7
				      open-duration: 90s
				      half-open-max-calls: 4
				      trial-timeout: 1500ms
				      success-threshold: 6
				      record-exceptions: [java.io.IOException, java.util.concurrent.TimeoutException]
				      ignore-exceptions: java.io.FileNotFoundException
				""")).run((context) -> {
			CircuitBreakerConfig config = breaker(context, "payments").config();
			assertThat(config.failureThreshold()).isEqualTo(7);
			assertThat(config.openDuration()).isEqualTo(Duration.ofSeconds(90));
			assertThat(config.halfOpenMaxCalls()).isEqualTo(4);
			assertThat(config.trialTimeout()).isEqualTo(Duration.ofMillis(1500));
			assertThat(config.successThreshold()).isEqualTo(6);
			assertThat(config.recordExceptions()).containsExactly(IOException.class, TimeoutException.class);
			assertThat(config.ignoreExceptions()).containsExactly(java.io.FileNotFoundException.class);
		});
	}

	@Test
	void bindWhenEveryLimiterKeyIsSetShouldConfigureLimiter() {
		this.contexts.withInitializer(Contexts.yaml("""
				resilience:
				  rate-limiters:
				    orders:
				      { algorithm: adaptive, limit: 20, period: 10s, burst: 5, max-wait: 250ms, max-waiting: 3,
				        max-keys: 99, error-threshold: 15, adjustment-factor: 30, adjustment-period: 2s,
				        min-rate: 4, max-rate: 40, mode: shadow }
				    exports: { algorithm: sliding-window, limit: 7, exact: true }
				""")).run((context) -> {
			assertThat(limiter(context, "orders").config()).isEqualTo(new RateLimiterConfig(20, Duration.ofSeconds(10),
					5, Duration.ofMillis(250), 3, 99, RateLimiterAlgorithm.ADAPTIVE, false,
					new AdaptiveConfig(15, 30, Duration.ofSeconds(2), 4L, 40L), Mode.SHADOW));
			assertThat(limiter(context, "exports").config()).isEqualTo(RateLimiterConfig.builder()
				.limit(7)
				.algorithm(RateLimiterAlgorithm.SLIDING_WINDOW)
				.exact(true)
				.build());
		});
	}

	@Test
	void bindWhenEveryIdempotencyKeyIsSetShouldConfigureOperationsAndStore() {
		this.contexts.withUserConfiguration(Beans.class).withInitializer(Contexts.yaml("""
				resilience:
				  idempotency: { store: memory, ttl: 2h, lease: 10s, in-flight-wait: 0s, max-entries: 12 }
				  circuit-breakers:
				    inline: {preset: moderate}
				""")).run((context) -> {
			IdempotentOperation operation = registry(context, IdempotentOperation.class).get("charge");
			assertThat(operation.snapshot().config()).containsEntry("ttl", Duration.ofHours(2))
				.containsEntry("lease", Duration.ofSeconds(10))
				.containsEntry("in-flight-wait", Duration.ZERO);
			assertThat(context.getBean(IdempotencyStore.class)).isInstanceOfSatisfying(MemoryIdempotencyStore.class,
					(store) -> assertThat(store.maxEntries()).isEqualTo(12));
		});
	}

	@Test
	void bindWhenSwitchesAreDeclaredShouldDeclareThemAndThoseAbove() {
		this.contexts.withPropertyValues("resilience.kill-switches.declared=payments.refunds,mail")
			.run((context) -> assertThat(context.getBean(KillSwitches.class).registry().all())
				.extracting((policy) -> policy.name())
				.containsExactly("global", "mail", "payments", "payments.refunds"));
	}

	@Test
	void bindWhenDefaultIsSetShouldGiveItToOthersAndBeNoPolicyItself() {
		this.contexts.withInitializer(Contexts.yaml("""
				resilience:
				  circuit-breakers:
				    default: { failure-threshold: 9, open-duration: 5s }
				    payments: { open-duration: 7s }
				  rate-limiters:
				    default: { limit: 3 }
				    orders: { burst: 1 }
				""")).run((context) -> {
			CircuitBreakerConfig config = breaker(context, "payments").config();
			assertThat(config.failureThreshold()).isEqualTo(9);
			assertThat(config.openDuration()).isEqualTo(Duration.ofSeconds(7));
			assertThat(limiter(context, "orders").config().limit()).isEqualTo(3);
			assertThat(breakers(context).find("default")).isEmpty();
		});
	}

	@Test
	void bindWhenPolicyNamesPresetShouldBeatValuesOfDefault() {
		this.contexts.withInitializer(Contexts.yaml("""
				resilience:
				  circuit-breakers:
				    default: { failure-threshold: 9, half-open-max-calls: 8, preset: aggressive }
				    payments: { preset: critical-service, success-threshold: 4 }
				    mail: { success-threshold: 5 }
				""")).run((context) -> {
			CircuitBreakerConfig payments = breaker(context, "payments").config();
			assertThat(payments.failureThreshold()).isEqualTo(2);
			assertThat(payments.openDuration()).isEqualTo(Duration.ofMinutes(5));
			assertThat(payments.successThreshold()).isEqualTo(4);
			assertThat(payments.halfOpenMaxCalls()).isEqualTo(8);
			CircuitBreakerConfig mail = breaker(context, "mail").config();
			assertThat(mail.failureThreshold()).isEqualTo(9);
			assertThat(mail.openDuration()).isEqualTo(Duration.ofSeconds(30));
			assertThat(mail.successThreshold()).isEqualTo(5);
		});
	}

	@Test
	void bindWhenAnnotationGivesSettingsShouldStandBetweenPropertiesAndDefault() {
		this.contexts.withUserConfiguration(Beans.class).withInitializer(Contexts.yaml("""
				resilience:
				  circuit-breakers:
				    default: { success-threshold: 9, open-duration: 9s }
				    inline: { failure-threshold: 4 }
				""")).run((context) -> {
			CircuitBreakerConfig config = breaker(context, "inline").config();
			assertThat(config.failureThreshold()).isEqualTo(4);
			assertThat(config.openDuration()).isEqualTo(Duration.ofSeconds(11));
			assertThat(config.successThreshold()).isEqualTo(9);
		});
	}

	@Test
	void bindWhenValuesHaveOriginsShouldTellThem() {
		this.contexts.withUserConfiguration(Beans.class)
			.withInitializer(Contexts.yaml("""
					resilience:
					  circuit-breakers:
					    default:
					      half-open-max-calls: 8
					    inline:
					      failure-threshold: 4
					      preset: database
					"""))
			.withInitializer(Contexts.variables(Map.of("RESILIENCE_CIRCUITBREAKERS_INLINE_TRIALTIMEOUT", "3s")))
			.run((context) -> {
				PolicyOrigins origins = context.getBean(PolicyOrigins.class);
				assertThat(origins.origin("circuit-breaker", "inline", "failure-threshold")).contains("application.yml")
					.contains("6:26");
				assertThat(origins.origin("circuit-breaker", "inline", "half-open-max-calls"))
					.contains("application.yml")
					.contains("4:28");
				assertThat(origins.origin("circuit-breaker", "inline", "success-threshold"))
					.isEqualTo("preset database");
				assertThat(origins.origin("circuit-breaker", "inline", "open-duration")).isEqualTo("preset database");
				assertThat(origins.origin("circuit-breaker", "inline", "ignore-exceptions")).isEqualTo("annotation");
				assertThat(origins.origin("circuit-breaker", "inline", "trial-timeout"))
					.contains("RESILIENCE_CIRCUITBREAKERS_INLINE_TRIALTIMEOUT");
				assertThat(origins.origin("circuit-breaker", "inline", "record-exceptions")).isEqualTo("default");
			});
	}

	@Test
	void bindWhenNamesAreRelaxedShouldFindThem() {
		this.contexts
			.withPropertyValues("resilience.circuitBreakers.payments.failureThreshold=3",
					"resilience.circuit_breakers.payments.open_duration=3s",
					"resilience.circuitbreakers.payments.SUCCESSTHRESHOLD=3")
			.run((context) -> {
				CircuitBreakerConfig config = breaker(context, "payments").config();
				assertThat(config.failureThreshold()).isEqualTo(3);
				assertThat(config.openDuration()).isEqualTo(Duration.ofSeconds(3));
				assertThat(config.successThreshold()).isEqualTo(3);
			});
	}

	@Test
	void bindWhenEnvironmentVariableIsSetShouldBeatYaml() {
		this.contexts.withInitializer(Contexts.yaml("""
				resilience:
				  circuit-breakers:
				    payments: { failure-threshold: 4 }
				    payment-api: { failure-threshold: 4 }
				"""))
			.withInitializer(Contexts.variables(Map.of("RESILIENCE_CIRCUITBREAKERS_PAYMENTS_FAILURETHRESHOLD", "6",
					"RESILIENCE_CIRCUITBREAKERS_PAYMENTAPI_FAILURETHRESHOLD", "8",
					"RESILIENCE_CIRCUITBREAKERS_MAIL_FAILURETHRESHOLD", "10", "RESILIENCE_HOME", "/opt/resilience")))
			.run((context) -> {
				assertThat(breakers(context).all()).extracting(CircuitBreaker::name)
					.containsExactly("mail", "payment-api", "payments");
				assertThat(breaker(context, "payments").config().failureThreshold()).isEqualTo(6);
				assertThat(breaker(context, "payment-api").config().failureThreshold()).isEqualTo(8);
				assertThat(breaker(context, "mail").config().failureThreshold()).isEqualTo(10);
			});
	}

	@Test
	void bindWhenNameHasDotsOrCapitalsShouldKeepIt() {
		this.contexts.withInitializer(Contexts.yaml("""
				resilience:
				  circuit-breakers:
				    "[payments.eu]": { failure-threshold: 4 }
				    paymentsUs: { failure-threshold: 6 }
				    "[payments/UK]": { failure-threshold: 8 }
				    default: { success-threshold: 3 }
				""")).run((context) -> {
			assertThat(breaker(context, "payments.eu").config().failureThreshold()).isEqualTo(4);
			assertThat(breaker(context, "payments.eu").config().successThreshold()).isEqualTo(3);
			assertThat(breaker(context, "paymentsUs").config().failureThreshold()).isEqualTo(6);
			assertThat(breaker(context, "payments/UK").config().failureThreshold()).isEqualTo(8);
		});
	}

	@Test
	void bindWhenValueIsPlaceholderShouldResolveIt() {
		this.contexts.withPropertyValues("calls=12", "resilience.rate-limiters.orders.limit=${calls}")
			.run((context) -> assertThat(limiter(context, "orders").config().limit()).isEqualTo(12));
	}

	@Test
	void startWhenDisabledShouldLeaveBeansAloneAndKeepPolicies() {
		this.contexts.withUserConfiguration(Beans.class, Injected.class)
			.withPropertyValues("resilience.enabled=false", "resilience.circuit-breakers.mail.failure-threshold=7")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(AopUtils.isAopProxy(context.getBean(Payments.class))).isFalse();
				assertThat(context.getBean(Payments.class).charge("")).isEqualTo("charged");
				assertThat(context).hasSingleBean(KillSwitches.class).hasBean("rateLimiters");
				assertThat(breaker(context, "inline").config().failureThreshold()).isEqualTo(3);
				assertThat(context.getBean(Injected.class).mail).isSameAs(breaker(context, "mail"));
			});
	}

	@Test
	void startWhenDisabledShouldCheckKeysAllTheSame() {
		this.contexts
			.withPropertyValues("resilience.enabled=false", "resilience.circuit-braekers.mail.failure-threshold=7")
			.run((context) -> assertThat(Contexts.analysis(context).getDescription()).contains("circuit-breakers"));
	}

	private static CircuitBreaker breaker(ApplicationContext context, String name) {
		return breakers(context).get(name);
	}

	private static PolicyRegistry<CircuitBreaker> breakers(ApplicationContext context) {
		return registry(context, CircuitBreaker.class);
	}

	private static RateLimiter limiter(ApplicationContext context, String name) {
		return registry(context, RateLimiter.class).get(name);
	}

	private static <P extends dev.resilience.Policy> PolicyRegistry<P> registry(ApplicationContext context,
			Class<P> type) {
		return context
			.<PolicyRegistry<P>>getBeanProvider(ResolvableType.forClassWithGenerics(PolicyRegistry.class, type))
			.getObject();
	}

	@Configuration(proxyBeanMethods = false)
	static class Beans {

		@Bean
		Payments payments() {
			return new Payments();
		}

	}

	static class Injected {

		private final CircuitBreaker mail;

		Injected(@Qualifier("mail") CircuitBreaker mail) {
			this.mail = mail;
		}

	}

	static class Payments {

		@CircuitProtected(value = "inline",
				config = { "failure-threshold=3", "open-duration=11s",
						"ignore-exceptions=java.lang.IllegalArgumentException" })
		@Idempotent(operation = "charge", key = "#p0")
		public String charge(String key) {
			return "charged";
		}

	}

}
