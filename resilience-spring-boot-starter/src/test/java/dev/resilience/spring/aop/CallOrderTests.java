package dev.resilience.spring.aop;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.resilience.CallTimeoutException;
import dev.resilience.Gate;
import dev.resilience.Permit;
import dev.resilience.Policy;
import dev.resilience.PolicyRegistry;
import dev.resilience.Trap;
import dev.resilience.bulkhead.BulkheadFullException;
import dev.resilience.circuitbreaker.CircuitOpenException;
import dev.resilience.idempotency.IdempotencyConflictException;
import dev.resilience.idempotency.IdempotencyContext;
import dev.resilience.killswitch.KillSwitchActiveException;
import dev.resilience.ratelimiter.RateLimitExceededException;
import dev.resilience.spring.annotation.Bulkheaded;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.Idempotent;
import dev.resilience.spring.annotation.KillSwitched;
import dev.resilience.spring.annotation.RateLimited;
import dev.resilience.spring.annotation.Retrying;
import dev.resilience.spring.annotation.TimeLimited;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * All seven annotations on one method: which stands outside which, and what that means to
 * an idempotent call.
 */
class CallOrderTests {

	private final FakeTicker ticker = new FakeTicker();

	@Test
	void failureShouldBeRetriedThroughAllPoliciesInsideAndNoneOutside() {
		run((context, till, state) -> {
			state.work = () -> {
				if (state.calls < 3) {
					throw new IOException("once more");
				}
				return "paid";
			};
			assertThat(pay(till, "one")).isEqualTo("paid");
			assertThat(state.calls).isEqualTo(3);
			assertThat(this.ticker.sleeps()).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2));
			assertCalls(context, "retries", "calm", "succeeded-retried", 1);
			assertCalls(context, "circuitBreakers", "patient", "failed", 2);
			assertCalls(context, "rateLimiters", "wide", "granted", 3);
			assertCalls(context, "bulkheads", "one", "granted", 3);
			assertCalls(context, "timeouts", "second", "failed", 2);
			assertCalls(context, "idempotentOperations", "pay", "first", 1);
		});
	}

	@Test
	void replayShouldCostNothingInside() {
		run((context, till, state) -> {
			pay(till, "one");
			assertThat(pay(till, "one")).isEqualTo("paid");
			assertThat(IdempotencyContext.replayed()).isTrue();
			assertCalls(context, "retries", "calm", "succeeded-first", 1);
			assertCalls(context, "bulkheads", "one", "granted", 1);
			assertCalls(context, "timeouts", "second", "succeeded", 1);
		});
	}

	@Test
	void activeSwitchShouldCostNothingInside() {
		run((context, till, state) -> {
			Starter.stop(context, "payments");
			assertThatExceptionOfType(KillSwitchActiveException.class).isThrownBy(() -> till.pay("one"));
			assertThat(policy(context, "retries", "calm").snapshot().calls().values()).containsOnly(0L);
			assertCalls(context, "bulkheads", "one", "granted", 0);
		});
	}

	@Test
	@Trap(8)
	void openBreakerShouldBeAskedOnceAndCostNothingInside() {
		run((context, till, state) -> {
			Starter.breaker(context, "patient").forceOpen("test");
			assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(() -> till.pay("one"));
			assertThat(Starter.breaker(context, "patient").snapshot().rejections()).containsEntry("forced-open", 1L);
			assertThat(this.ticker.sleeps()).isEmpty();
			assertCalls(context, "rateLimiters", "wide", "granted", 0);
			assertCalls(context, "bulkheads", "one", "granted", 0);
			Starter.breaker(context, "patient").reset("test");
			assertThat(pay(till, "one")).isEqualTo("paid");
		});
	}

	@Test
	void limitShouldCostNoPlace() {
		run((context, till, state) -> {
			for (int call = 0; call < 9; call++) {
				Starter.limiter(context, "wide").tryAcquire();
			}
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> till.pay("one"));
			assertCalls(context, "bulkheads", "one", "granted", 0);
			assertCalls(context, "circuitBreakers", "patient", "failed", 0);
		});
	}

	@Test
	void fullBulkheadShouldCostPermitAndNoTimeAndBlameNobody() {
		run((context, till, state) -> {
			Permit permit = (Permit) ((Gate) policy(context, "bulkheads", "one")).tryAcquire();
			assertThatExceptionOfType(BulkheadFullException.class).isThrownBy(() -> till.pay("one"));
			assertCalls(context, "rateLimiters", "wide", "granted", 1);
			assertThat(policy(context, "timeouts", "second").snapshot().calls().values()).containsOnly(0L);
			assertCalls(context, "circuitBreakers", "patient", "failed", 0);
			assertCalls(context, "retries", "calm", "ignored", 1);
			permit.abandoned();
			assertThat(pay(till, "one")).isEqualTo("paid");
		});
	}

	@Test
	void timeoutShouldCountAgainstBreakerAndLeaveOutcomeUnknown() {
		run((context, till, state) -> {
			state.work = this::takeTooLong;
			assertThatExceptionOfType(CallTimeoutException.class).isThrownBy(() -> till.pay("one"));
			assertThat(Thread.currentThread().isInterrupted()).isFalse();
			assertCalls(context, "circuitBreakers", "patient", "failed", 3);
			assertCalls(context, "timeouts", "second", "timed-out", 3);
			int calls = state.calls;
			assertUnknown(() -> till.pay("one"));
			assertThat(state.calls).isEqualTo(calls);
			assertCalls(context, "retries", "calm", "exhausted", 1);
		});
	}

	@Test
	void attemptThatTimedOutShouldLeaveOutcomeUnknownThoughALaterOneFailed() {
		run((context, till, state) -> {
			state.work = () -> {
				if (state.calls == 1) {
					return takeTooLong();
				}
				throw new IllegalStateException("refused");
			};
			assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> till.pay("one"));
			assertUnknown(() -> till.pay("one"));
			assertThat(state.calls).isEqualTo(3);
		});
	}

	@Test
	void repetitionShouldNotRunWhileWorkThatCannotBeCancelledMayRun() {
		run((context, till, state) -> {
			CompletableFuture<String> work = new CompletableFuture<>() {

				@Override
				public boolean cancel(boolean mayInterruptIfRunning) {
					return false;
				}

			};
			state.later = work;
			CompletableFuture<String> first = till.payLater("one");
			this.ticker.advance(Duration.ofSeconds(1));
			assertThat(Starter.thrown(first::join)).hasCauseInstanceOf(CallTimeoutException.class);
			assertThat(policy(context, "bulkheads", "one").snapshot().gauges()).containsEntry("in-use", 1.0);
			assertThat(Starter.thrown(() -> till.payLater("one").join()))
				.hasCauseInstanceOf(IdempotencyConflictException.class);
			assertThat(state.calls).isEqualTo(1);
			work.complete("paid after all");
			assertThat(policy(context, "bulkheads", "one").snapshot().gauges()).containsEntry("in-use", 0.0);
			assertThat(Starter.thrown(() -> till.payLater("one").join()))
				.hasCauseInstanceOf(IdempotencyConflictException.class);
			assertThat(state.calls).isEqualTo(1);
		});
	}

	@Test
	void monoThatTakesTooLongShouldBeCancelledAndFreeItsPlace() {
		run((context, till, state) -> {
			AtomicBoolean cancelled = new AtomicBoolean();
			state.mono = Mono.<String>never().doOnCancel(() -> cancelled.set(true));
			CompletableFuture<@Nullable String> answer = till.payReactively().toFuture();
			this.ticker.advance(Duration.ofSeconds(1));
			assertThat(Starter.thrown(answer::join)).hasCauseInstanceOf(CallTimeoutException.class);
			assertThat(cancelled).isTrue();
			state.mono = Mono.just("paid");
			assertThat(till.payReactively().block()).isEqualTo("paid");
			assertCalls(context, "timeouts", "second", "timed-out", 1);
			assertThat(policy(context, "bulkheads", "one").snapshot().gauges()).containsEntry("in-use", 0.0);
		});
	}

	@Test
	void callThatIsNotInterruptedShouldKeepItsOutcome() {
		run((context, till, state) -> {
			state.work = () -> {
				this.ticker.advance(Duration.ofSeconds(5));
				return "paid late, interrupted: " + Thread.currentThread().isInterrupted();
			};
			assertThat(till.payPatiently("one")).isEqualTo("paid late, interrupted: false");
			assertCalls(context, "timeouts", "gentle", "late", 1);
			assertCalls(context, "circuitBreakers", "patient", "failed", 1);
			assertThat(till.payPatiently("one")).isEqualTo("paid late, interrupted: false");
			assertThat(state.calls).isEqualTo(1);
		});
	}

	@Test
	void bulkheadWithKeyShouldGiveEachKeyItsPlaces() {
		run((context, till, state) -> {
			state.work = () -> till.serve("bob", () -> "served");
			assertThat(till.serve("alice", state.work)).isEqualTo("served");
			assertThatExceptionOfType(BulkheadFullException.class)
				.isThrownBy(() -> till.serve("alice", () -> till.serve("alice", () -> "served")));
			assertThat(Starter.thrown(() -> till.serve(null, () -> "served"))).hasMessageContaining("needs a key");
			assertThat(policy(context, "bulkheads", "one").snapshot().rejections()).containsEntry("missing-key", 1L);
		});
	}

	@Test
	void fallbackShouldAnswerOnceAfterTheLastTry() {
		run((context, till, state) -> {
			state.work = () -> {
				throw new IOException("down");
			};
			assertThat(till.payOrPromise("one")).isEqualTo("promised");
			assertThat(state.calls).isEqualTo(3);
			assertThat(state.promises).isEqualTo(1);
		});
	}

	private String takeTooLong() throws InterruptedException {
		this.ticker.advance(Duration.ofSeconds(2));
		if (Thread.interrupted()) {
			throw new InterruptedException();
		}
		return "too late";
	}

	private void run(Visit test) {
		Starter.with(Starter.runner(), Till.class)
			.withBean(TimeSource.class, this.ticker::source)
			.withPropertyValues("resilience.retries.calm.max-retries=2", "resilience.retries.calm.jitter=0",
					"resilience.rate-limiters.wide.limit=9", "resilience.rate-limiters.wide.period=1h",
					"resilience.bulkheads.one.max-concurrent-calls=1", "resilience.timeouts.default.duration=1s",
					"resilience.timeouts.second.interrupt=true", "resilience.timeouts.gentle.interrupt=false")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				Till till = context.getBean(Till.class);
				test.accept(context, till, till.state());
			});
	}

	private static String pay(Till till, String key) {
		try {
			return till.pay(key);
		}
		catch (Exception ex) {
			throw new AssertionError(ex);
		}
	}

	private static void assertUnknown(Callable<?> call) {
		assertThatExceptionOfType(IdempotencyConflictException.class).isThrownBy(call::call)
			.satisfies((conflict) -> assertThat(conflict.reason()).isEqualTo("outcome-unknown"));
	}

	private static void assertCalls(ApplicationContext context, String registry, String name, String outcome,
			long count) {
		assertThat(policy(context, registry, name).snapshot().calls()).as(registry).containsEntry(outcome, count);
	}

	private static Policy policy(ApplicationContext context, String registry, String name) {
		return context.getBean(registry, PolicyRegistry.class).get(name);
	}

	interface Visit {

		void accept(ApplicationContext context, Till till, State state) throws Exception;

	}

	static class State {

		int calls;

		int promises;

		Callable<String> work = () -> "paid";

		CompletableFuture<String> later = new CompletableFuture<>();

		Mono<String> mono = Mono.empty();

	}

	static class Till {

		private final State state = new State();

		State state() {
			return this.state;
		}

		@TimeLimited("second")
		@Bulkheaded("one")
		@RateLimited("wide")
		@CircuitProtected("patient")
		@Retrying("calm")
		@Idempotent(operation = "pay", key = "#key")
		@KillSwitched("payments")
		public String pay(String key) throws Exception {
			this.state.calls++;
			return this.state.work.call();
		}

		@TimeLimited("second")
		@Bulkheaded("one")
		@Idempotent(operation = "pay-later", key = "#key")
		public CompletableFuture<String> payLater(String key) {
			this.state.calls++;
			return this.state.later;
		}

		@TimeLimited("second")
		@Bulkheaded("one")
		public Mono<String> payReactively() {
			return this.state.mono;
		}

		@TimeLimited("gentle")
		@CircuitProtected("patient")
		@Idempotent(operation = "pay-patiently", key = "#key")
		public String payPatiently(String key) throws Exception {
			this.state.calls++;
			return this.state.work.call();
		}

		@Bulkheaded(value = "one", key = "#customer")
		public String serve(@Nullable String customer, Callable<String> service) throws Exception {
			return service.call();
		}

		@Retrying(value = "calm", fallback = "promise")
		public String payOrPromise(String key) throws Exception {
			this.state.calls++;
			return this.state.work.call();
		}

		String promise(String key, IOException failure) {
			this.state.promises++;
			return "promised";
		}

	}

}
