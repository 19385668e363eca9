package dev.resilience.spring.aop;

import java.util.Objects;

import dev.resilience.Admission;
import dev.resilience.CallRejectedException;
import dev.resilience.PolicyRegistry;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.killswitch.Activation;
import dev.resilience.killswitch.Cause;
import dev.resilience.killswitch.KillSwitches;
import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.spring.autoconfigure.BulkheadAutoConfiguration;
import dev.resilience.spring.autoconfigure.CircuitBreakerAutoConfiguration;
import dev.resilience.spring.autoconfigure.IdempotencyAutoConfiguration;
import dev.resilience.spring.autoconfigure.KillSwitchAutoConfiguration;
import dev.resilience.spring.autoconfigure.PipelineAutoConfiguration;
import dev.resilience.spring.autoconfigure.RateLimiterAutoConfiguration;
import dev.resilience.spring.autoconfigure.ResilienceAutoConfiguration;
import dev.resilience.spring.autoconfigure.RetryAutoConfiguration;
import dev.resilience.spring.autoconfigure.TimeoutAutoConfiguration;
import org.assertj.core.api.ThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ContextConsumer;
import org.springframework.context.ApplicationContext;
import org.springframework.core.io.support.SpringFactoriesLoader;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The starter with all its patterns and without an application.
 */
public final class Starter {

	private static final String[] POLICIES = { "resilience.circuit-breakers.payments.failure-threshold=1",
			"resilience.circuit-breakers.other.failure-threshold=1",
			"resilience.circuit-breakers.patient.failure-threshold=1000", "resilience.rate-limiters.orders.limit=1",
			"resilience.rate-limiters.orders.period=1h", "resilience.kill-switches.declared=payments" };

	private Starter() {
	}

	/**
	 * A runner with the patterns and no policies.
	 * @return the runner
	 */
	public static ApplicationContextRunner bare() {
		return new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(ResilienceAutoConfiguration.class,
				CircuitBreakerAutoConfiguration.class, RateLimiterAutoConfiguration.class,
				IdempotencyAutoConfiguration.class, KillSwitchAutoConfiguration.class, RetryAutoConfiguration.class,
				TimeoutAutoConfiguration.class, BulkheadAutoConfiguration.class, PipelineAutoConfiguration.class));
	}

	/**
	 * A runner with the breakers {@code payments} and {@code other}, which open at the
	 * first failure, {@code patient}, which does not, the limiter {@code orders} of one
	 * call an hour, and the switch {@code payments}.
	 * @return the runner
	 */
	public static ApplicationContextRunner runner() {
		return bare().withPropertyValues(POLICIES);
	}

	/**
	 * Runs the starter with beans.
	 * @param test what to do with it
	 * @param beans the beans' classes
	 */
	public static void run(ContextConsumer<ApplicationContext> test, Class<?>... beans) {
		with(runner(), beans).run((context) -> {
			assertThat(context).hasNotFailed();
			test.accept(context);
		});
	}

	/**
	 * Starts with beans that cannot be protected.
	 * @param beans the beans' classes
	 * @return what the person who started it is told
	 */
	public static FailureAnalysis fail(Class<?>... beans) {
		return fail(with(runner(), beans));
	}

	/**
	 * Starts what cannot start.
	 * @param runner the application
	 * @return what the person who started it is told
	 */
	public static FailureAnalysis fail(ApplicationContextRunner runner) {
		FailureAnalysis[] told = new FailureAnalysis[1];
		runner.run((context) -> {
			assertThat(context).hasFailed();
			Throwable failure = Objects.requireNonNull(context.getStartupFailure());
			FailureAnalysis analysis = analyze(failure);
			assertThat(analysis).as("analysis of %s", failure).isNotNull();
			told[0] = Objects.requireNonNull(analysis);
		});
		return told[0];
	}

	/**
	 * Adds beans named after their classes.
	 * @param runner the application
	 * @param beans the beans' classes
	 * @return the runner
	 */
	public static ApplicationContextRunner with(ApplicationContextRunner runner, Class<?>... beans) {
		ApplicationContextRunner extended = runner;
		for (Class<?> bean : beans) {
			extended = extended.withBean(bean.getSimpleName(), bean);
		}
		return extended;
	}

	/**
	 * A breaker.
	 * @param context the application
	 * @param name its name
	 * @return the breaker
	 */
	public static CircuitBreaker breaker(ApplicationContext context, String name) {
		return (CircuitBreaker) context.getBean("circuitBreakers", PolicyRegistry.class).get(name);
	}

	/**
	 * A limiter.
	 * @param context the application
	 * @param name its name
	 * @return the limiter
	 */
	public static RateLimiter limiter(ApplicationContext context, String name) {
		return (RateLimiter) context.getBean("rateLimiters", PolicyRegistry.class).get(name);
	}

	/**
	 * Activates a switch.
	 * @param context the application
	 * @param name the switch
	 */
	public static void stop(ApplicationContext context, String name) {
		context.getBean(KillSwitches.class)
			.activate(name, Activation.builder().cause(Cause.PERSON).reason("test").actor("test").build());
	}

	/**
	 * Releases a switch.
	 * @param context the application
	 * @param name the switch
	 */
	public static void release(ApplicationContext context, String name) {
		context.getBean(KillSwitches.class).release(name, Cause.PERSON, "test", "test");
	}

	/**
	 * What a call throws.
	 * @param call the call
	 * @return what it throws, or {@code null}
	 */
	public static @Nullable Throwable thrown(ThrowingCallable call) {
		return ThrowableAssert.catchThrowable(call);
	}

	/**
	 * A rejection by a breaker that no bean of the application knows.
	 * @return a new rejection
	 */
	public static CallRejectedException openRejection() {
		CircuitBreaker breaker = CircuitBreaker.of("elsewhere", CircuitBreakerConfig.builder().build());
		breaker.forceOpen("test");
		return ((Admission.Rejection) breaker.tryAcquire()).toException();
	}

	private static @Nullable FailureAnalysis analyze(Throwable failure) {
		return SpringFactoriesLoader.forDefaultResourceLocation()
			.load(FailureAnalyzer.class, SpringFactoriesLoader.FailureHandler.handleMessage((message, cause) -> {
			}))
			.stream()
			.filter((analyzer) -> analyzer.getClass().getName().startsWith("dev.resilience."))
			.map((analyzer) -> analyzer.analyze(failure))
			.filter((analysis) -> analysis != null)
			.findFirst()
			.orElse(null);
	}

}
