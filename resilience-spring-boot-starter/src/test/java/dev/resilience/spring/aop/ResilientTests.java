package dev.resilience.spring.aop;

import java.io.IOException;
import java.util.concurrent.Callable;

import dev.resilience.Gate;
import dev.resilience.Permit;
import dev.resilience.Pipeline;
import dev.resilience.Policy;
import dev.resilience.PolicyRegistry;
import dev.resilience.Trap;
import dev.resilience.bulkhead.BulkheadFullException;
import dev.resilience.circuitbreaker.CircuitOpenException;
import dev.resilience.killswitch.KillSwitchActiveException;
import dev.resilience.ratelimiter.RateLimitExceededException;
import dev.resilience.retry.Retry;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.Idempotent;
import dev.resilience.spring.annotation.RateLimited;
import dev.resilience.spring.annotation.Resilient;
import dev.resilience.spring.autoconfigure.OfficeHoursAutoConfiguration;
import dev.resilience.spring.fictional.OfficeClosedException;
import dev.resilience.spring.fictional.OfficeHoursGate;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.TimeSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.resilience.annotation.Retryable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Pipelines that the configuration lists, around methods and by hand.
 */
class ResilientTests {

	private final FakeTicker ticker = new FakeTicker();

	private final ApplicationContextRunner runner = Starter.runner()
		.withBean(TimeSource.class, this.ticker::source)
		.withPropertyValues("resilience.retries.calm.max-retries=2", "resilience.rate-limiters.wide.limit=3",
				"resilience.rate-limiters.wide.period=1h", "resilience.bulkheads.one.max-concurrent-calls=1",
				"resilience.timeouts.second.duration=1s", "resilience.retries.default.max-retries=1");

	@Test
	void orderShouldBeThatOfTheList() {
		run("bulkhead:one,rate-limiter:wide", (context, desk) -> {
			Permit place = (Permit) ((Gate) policy(context, "bulkheads", "one")).tryAcquire();
			assertThatExceptionOfType(BulkheadFullException.class).isThrownBy(() -> desk.serve("alice"));
			assertCalls(context, "rateLimiters", "wide", "granted", 0);
			place.abandoned();
			desk.serve("alice");
			desk.serve("alice");
			desk.serve("alice");
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> desk.serve("alice"));
			assertCalls(context, "bulkheads", "one", "granted", 5);
		});
	}

	@Test
	void retryInsideBreakerShouldCountOnce() {
		run("circuit-breaker:patient, retry:calm", (context, desk) -> {
			desk.state().work = ResilientTests::fail;
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> desk.serve("alice"));
			assertThat(desk.state().calls).isEqualTo(3);
			assertCalls(context, "circuitBreakers", "patient", "failed", 1);
		});
	}

	@Test
	void retryOutsideBreakerShouldCountEveryTry() {
		run("retry:calm,circuit-breaker:patient", (context, desk) -> {
			desk.state().work = ResilientTests::fail;
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> desk.serve("alice"));
			assertCalls(context, "circuitBreakers", "patient", "failed", 3);
		});
	}

	@Test
	void globalSwitchShouldStandOutsideOfEveryPipeline() {
		run("retry:calm,kill-switch:payments", (context, desk) -> {
			Starter.stop(context, "global");
			assertThatExceptionOfType(KillSwitchActiveException.class).isThrownBy(() -> desk.serve("alice"))
				.satisfies((stop) -> assertThat(stop.policyName()).isEqualTo("global"));
			assertCalls(context, "retries", "calm", "ignored", 0);
			Starter.release(context, "global");
			Starter.stop(context, "payments");
			assertThatExceptionOfType(KillSwitchActiveException.class).isThrownBy(() -> desk.serve("alice"));
			assertCalls(context, "retries", "calm", "ignored", 1);
		});
	}

	@Test
	void defaultShouldBeAPolicyWhereAPipelineNamesIt() {
		run("retry:default", (context, desk) -> {
			desk.state().work = ResilientTests::fail;
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> desk.serve("alice"));
			assertThat(desk.state().calls).isEqualTo(2);
			assertCalls(context, "retries", "default", "exhausted", 1);
			PolicyRegistry<?> bulkheads = context.getBean("bulkheads", PolicyRegistry.class);
			assertThat(bulkheads.find("default")).isEmpty();
		});
		run("bulkhead:default",
				(context, desk) -> assertThat(policy(context, "bulkheads", "default").snapshot().config())
					.containsEntry("max-concurrent-calls", 25));
	}

	@Test
	void keyShouldBeGivenToThoseThatTakeOne() {
		run("retry:calm,rate-limiter:orders,timeout:second", (context, desk) -> {
			assertThat(desk.serveKeyed("alice")).isEqualTo("served");
			assertThat(desk.serveKeyed("bob")).isEqualTo("served");
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> desk.serveKeyed("alice"));
		}, KeyedDesk.class);
	}

	@Test
	void fallbackShouldStandOutside() {
		run("retry:calm", (context, desk) -> {
			desk.state().work = ResilientTests::fail;
			assertThat(desk.serveOrPromise("alice")).isEqualTo("promised after 3");
		});
	}

	@Test
	void idempotencyShouldStandAroundThePipeline() {
		run("retry:calm,bulkhead:one", (context, desk) -> {
			assertThat(desk.serveOnce("key")).isEqualTo("served");
			assertThat(desk.serveOnce("key")).isEqualTo("served");
			assertThat(desk.state().calls).isEqualTo(1);
			assertCalls(context, "bulkheads", "one", "granted", 1);
		});
	}

	@Test
	void annotationOfATypeThatThePipelineLacksShouldKeepItsPlace() {
		run("retry:calm", (context, desk) -> {
			desk.state().work = ResilientTests::fail;
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> desk.serveLimited("alice"));
			assertCalls(context, "rateLimiters", "wide", "granted", 3);
		}, LimitedDesk.class);
	}

	@Test
	void patternThatSharedCodeDoesNotKnowShouldJoin() {
		ApplicationContextRunner office = this.runner
			.withConfiguration(AutoConfigurations.of(OfficeHoursAutoConfiguration.class))
			.withPropertyValues("resilience.office-hours.counter.from=08:00",
					"resilience.office-hours.counter.to=18:00");
		run(office, "retry:calm,office-hours:counter", (context, desk) -> {
			assertThat(desk.serve("alice")).isEqualTo("served");
			((OfficeHoursGate) policy(context, "offices", "counter")).holiday(true);
			assertThatExceptionOfType(OfficeClosedException.class).isThrownBy(() -> desk.serve("alice"));
		}, Desk.class);
	}

	@Test
	void pipelineShouldBeInjectedByItsName() {
		Starter.with(this.runner, Clerk.class)
			.withPropertyValues("resilience.pipelines.desk=retry:calm,circuit-breaker:payments")
			.run((context) -> {
				Pipeline pipeline = context.getBean(Clerk.class).pipeline;
				assertThat(pipeline.policies()).extracting(Policy::toString)
					.containsExactly("retry 'calm'", "circuit-breaker 'payments'");
				Starter.breaker(context, "payments").forceOpen("test");
				assertThatExceptionOfType(CircuitOpenException.class)
					.isThrownBy(() -> pipeline.call(() -> "never called"));
			});
	}

	@Test
	@Trap(24)
	void startWhenSpringRetriesPipelineTooShouldWarn() {
		try (Warnings warnings = new Warnings(Retry.class)) {
			run("timeout:second,retry:calm",
					(context, desk) -> assertThat(warnings.messages()).singleElement().asString().contains("ask()"),
					StackedDesk.class);
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			textBlock = """
					retry:calm,retyr:calm | resilience.pipelines.desk: 'desk[1]' is 'retyr:calm' but there is no such type for a pipeline: nearest: retry,
					idempotency:pay | 'desk[0]' is 'idempotency:pay' but there is no such type for a pipeline
					retry:clam | resilience.pipelines.desk[0]: There is no retry named 'clam'. Nearest: calm
					retry:calm,timeout:second,retry: calm | 'desk[2]' is 'retry: calm' but stands in the list already
					retry:calm,calm | 'desk[1]' is 'calm' but must have the form type:name: types are bulkhead, circuit-breaker, kill-switch, rate-limiter, retry, timeout
					retry: | 'desk[0]' is 'retry:' but must have the form type:name
					`` | resilience.pipelines.desk: 'desk' is '' but must list policies
					rate-limiter:default | resilience.rate-limiters.default: 'limit' is '' but must be set
					""")
	@Trap(9)
	void startWhenListIsWrongShouldSayWhyThoughNobodyUsesIt(String list, String reason) {
		FailureAnalysis analysis = Starter.fail(this.runner.withPropertyValues("resilience.pipelines.desk=" + list));
		assertThat(analysis.getDescription()).contains(reason);
		assertThat(analysis.getAction()).isNotBlank();
	}

	@Test
	void startWhenPipelineIsUnknownShouldNameNearest() {
		ApplicationContextRunner misspelt = this.runner.withPropertyValues("resilience.pipelines.desks=retry:calm");
		assertThat(Starter.fail(Starter.with(misspelt, TwiceDesk.class)).getDescription())
			.contains("ask(): @Resilient names an unknown pipeline. There is none named 'desk'. Nearest: desks.");
		assertThat(Starter.fail(Starter.with(this.runner, TwiceDesk.class)).getDescription())
			.contains("None is configured.");
	}

	@Test
	void startWhenAnotherAnnotationBringsTheSameTypeShouldFail() {
		assertThat(fail("circuit-breaker:payments", TwiceDesk.class))
			.contains("ask(): @Resilient and @CircuitProtected both put a circuit-breaker around it");
	}

	@Test
	void startWhenNobodyTakesTheKeyShouldFail() {
		assertThat(fail("retry:calm", KeyedDesk.class))
			.contains("@Resilient(key) is '#customer' but no policy of the pipeline 'desk' takes keys");
	}

	private String fail(String list, Class<?> bean) {
		return Starter.fail(Starter.with(this.runner, bean).withPropertyValues("resilience.pipelines.desk=" + list))
			.getDescription();
	}

	private void run(String list, Visit test) {
		run(this.runner, list, test, Desk.class);
	}

	private void run(String list, Visit test, Class<? extends Desk> type) {
		run(this.runner, list, test, type);
	}

	private static void run(ApplicationContextRunner runner, String list, Visit test, Class<? extends Desk> type) {
		Starter.with(runner, type)
			.withPropertyValues("resilience.pipelines.desk=" + list, "desk=desk")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				test.accept(context, context.getBean(type));
			});
	}

	private static String fail() throws IOException {
		throw new IOException("down");
	}

	private static void assertCalls(ApplicationContext context, String registry, String name, String outcome,
			long count) {
		assertThat(policy(context, registry, name).snapshot().calls()).as(registry).containsEntry(outcome, count);
	}

	private static Policy policy(ApplicationContext context, String registry, String name) {
		return context.getBean(registry, PolicyRegistry.class).get(name);
	}

	interface Visit {

		void accept(ApplicationContext context, Desk desk) throws Exception;

	}

	static class State {

		int calls;

		Callable<String> work = () -> "served";

	}

	static class Desk {

		private final State state = new State();

		State state() {
			return this.state;
		}

		@Resilient("${desk}")
		public String serve(String customer) throws Exception {
			this.state.calls++;
			return this.state.work.call();
		}

		@Resilient(value = "desk", fallback = "promise")
		public String serveOrPromise(String customer) throws Exception {
			return serve(customer);
		}

		String promise(String customer) {
			return "promised after " + this.state.calls;
		}

		@Resilient("desk")
		@Idempotent(operation = "serve", key = "#key")
		public String serveOnce(String key) throws Exception {
			return serve(key);
		}

		public String serveKeyed(String customer) throws Exception {
			return serve(customer);
		}

		public String serveLimited(String customer) throws Exception {
			return serve(customer);
		}

	}

	static class LimitedDesk extends Desk {

		@Override
		@Resilient("desk")
		@RateLimited("wide")
		public String serveLimited(String customer) throws Exception {
			return serve(customer);
		}

	}

	static class KeyedDesk extends Desk {

		@Override
		@Resilient(value = "desk", key = "#customer")
		public String serveKeyed(String customer) throws Exception {
			return "served";
		}

	}

	static class StackedDesk extends Desk {

		@Retryable
		@Resilient("desk")
		public String ask() {
			return "asked";
		}

	}

	static class TwiceDesk {

		@CircuitProtected("patient")
		@Resilient("desk")
		public String ask() {
			return "asked";
		}

	}

	static class Clerk {

		final Pipeline pipeline;

		Clerk(@Qualifier("desk") Pipeline pipeline) {
			this.pipeline = pipeline;
		}

	}

}
