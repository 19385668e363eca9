package dev.resilience.spring.aop;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;

import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitOpenException;
import dev.resilience.idempotency.IdempotencyConflictException;
import dev.resilience.ratelimiter.RateLimitExceededException;
import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.Idempotent;
import dev.resilience.spring.annotation.RateLimited;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.context.runner.ContextConsumer;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Plain methods, methods that return a stage, and methods that return a mono.
 */
class ReturnTypeTests {

	private final FakeTicker time = new FakeTicker();

	@Test
	void plainMethodShouldThrowWhatItThrewOrTheRejection() {
		run((context) -> {
			Service service = context.getBean(Service.class);
			assertThat(service.plain("a")).isEqualTo("a");
			assertThat(service.plain(null)).isNull();
			CircuitBreaker breaker = Starter.breaker(context, "payments");
			assertThat(breaker.snapshot().calls()).containsEntry("succeeded", 2L);
			breaker.forceOpen("test");
			assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(() -> service.plain("a"));
		});
	}

	@Test
	void futureThatNobodyDeclaredShouldLeaveTheOutcomeUnknown() {
		Starter.run((context) -> {
			Undeclared bean = context.getBean(Undeclared.class);
			assertThatExceptionOfType(UntrackableCallError.class).isThrownBy(() -> bean.charge("key"))
				.withMessageContaining("declare what it returns");
			assertThatExceptionOfType(IdempotencyConflictException.class).isThrownBy(() -> bean.charge("key"))
				.satisfies((rejected) -> assertThat(rejected.reason()).isIn("outcome-unknown", "in-flight"));
			assertThat(bean.calls()).isOne();
		}, Undeclared.class);
	}

	@Test
	void rejectionShouldFailTheStageAndNeverBeThrown() {
		run((context) -> {
			Service service = context.getBean(Service.class);
			Starter.breaker(context, "payments").forceOpen("test");
			assertThat(service.future(CompletableFuture::new)).isCompletedExceptionally();
			assertThat(service.stage(CompletableFuture::new).toCompletableFuture()).failsWithin(Duration.ZERO)
				.withThrowableThat()
				.withCauseExactlyInstanceOf(CircuitOpenException.class);
			assertThat(service.calls()).isZero();
		});
	}

	@Test
	void rejectionShouldBeAnErrorSignalAndNeverBeThrown() {
		run((context) -> {
			Service service = context.getBean(Service.class);
			Starter.breaker(context, "payments").forceOpen("test");
			Mono<String> mono = service.mono(Mono.just("a"));
			assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(mono::block);
			assertThat(service.calls()).isZero();
		});
	}

	@Test
	void outcomeOfStageShouldCountWhenItEnds() {
		run((context) -> {
			Service service = context.getBean(Service.class);
			CircuitBreaker breaker = Starter.breaker(context, "payments");
			CompletableFuture<String> pending = new CompletableFuture<>();
			CompletableFuture<String> result = service.future(() -> pending);
			assertThat(breaker.snapshot().calls()).containsEntry("succeeded", 0L);
			pending.complete("a");
			assertThat(result).isCompletedWithValue("a");
			assertThat(breaker.snapshot().calls()).containsEntry("succeeded", 1L);
			IllegalStateException failure = new IllegalStateException("failed");
			assertThat(service.future(() -> CompletableFuture.failedFuture(failure))).failsWithin(Duration.ZERO)
				.withThrowableThat()
				.withCause(failure);
			assertThat(breaker.snapshot().state()).isEqualTo("OPEN");
		});
	}

	@Test
	void exceptionThrownInsteadOfAStageShouldFailTheStage() {
		run((context) -> {
			CompletableFuture<String> result = context.getBean(Service.class).future(() -> {
				throw new IllegalStateException("at once");
			});
			assertThat(result).isCompletedExceptionally();
			assertThat(Starter.breaker(context, "payments").snapshot().calls()).containsEntry("failed", 1L);
		});
	}

	@Test
	void nullInsteadOfAStageOrMonoShouldBeAFailure() {
		run((context) -> {
			Service service = context.getBean(Service.class);
			assertThat(service.nullFuture()).failsWithin(Duration.ZERO)
				.withThrowableThat()
				.withMessageContaining("null instead of a stage");
			CircuitBreaker breaker = Starter.breaker(context, "payments");
			assertThat(breaker.snapshot().calls()).containsEntry("failed", 1L);
			breaker.reset("test");
			assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> service.nullMono().block());
			assertThat(breaker.snapshot().calls()).containsEntry("failed", 2L);
		});
	}

	@Test
	void monoShouldCallOnceForEachSubscription() {
		run((context) -> {
			Service service = context.getBean(Service.class);
			Mono<String> mono = service.mono(Mono.just("a"));
			assertThat(service.calls()).isZero();
			assertThat(mono.block()).isEqualTo("a");
			assertThat(mono.block()).isEqualTo("a");
			assertThat(service.calls()).isEqualTo(2);
			CircuitBreaker breaker = Starter.breaker(context, "payments");
			assertThat(breaker.snapshot().calls()).containsEntry("succeeded", 2L);
			breaker.forceOpen("test");
			assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(mono::block);
			assertThat(service.calls()).isEqualTo(2);
		});
	}

	@Test
	void retryOfMonoShouldPassTheBreakerAgain() {
		run((context) -> {
			Service service = context.getBean(Service.class);
			Mono<String> failing = service.mono(Mono.error(new IllegalStateException("failed")));
			assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(() -> failing.retry(2).block());
			assertThat(service.calls()).isEqualTo(1);
			assertThat(Starter.breaker(context, "payments").snapshot().rejections()).containsEntry("open", 2L);
		});
	}

	@Test
	void failureOfMonoShouldBeTheSameException() {
		run((context) -> {
			IllegalStateException failure = new IllegalStateException("failed");
			Mono<String> failing = context.getBean(Service.class).mono(Mono.error(failure));
			assertThatIllegalStateException().isThrownBy(failing::block).isSameAs(failure);
		});
	}

	@Test
	void emptyMonoShouldSucceed() {
		run((context) -> {
			assertThat(context.getBean(Service.class).mono(Mono.empty()).blockOptional()).isEmpty();
			assertThat(Starter.breaker(context, "payments").snapshot().calls()).containsEntry("succeeded", 1L);
		});
	}

	@Test
	void subscribersContextShouldReachTheCallee() {
		run((context) -> {
			Mono<String> callee = Mono.deferContextual((view) -> Mono.just(view.get("user")));
			Mono<String> mono = context.getBean(Service.class).mono(callee);
			assertThat(mono.contextWrite((view) -> view.put("user", "alice")).block()).isEqualTo("alice");
			assertThat(mono.contextWrite((view) -> view.put("user", "bob")).block()).isEqualTo("bob");
		});
	}

	@Test
	void cancelledSubscriptionShouldCancelTheCalleeAndAbandonThePermit() {
		run((context) -> {
			AtomicInteger cancelled = new AtomicInteger();
			Service service = context.getBean(Service.class);
			assertTrialIsFreed(context,
					(ignored) -> service.trialMono(Mono.<String>never().doOnCancel(cancelled::incrementAndGet))
						.subscribe());
			assertThat(cancelled).hasValue(1);
		});
	}

	@Test
	void cancelledFutureShouldCancelTheCalleeAndAbandonThePermit() {
		run((context) -> {
			CompletableFuture<String> pending = new CompletableFuture<>();
			Service service = context.getBean(Service.class);
			assertTrialIsFreed(context, (ignored) -> {
				CompletableFuture<String> result = service.trialFuture(pending);
				return () -> result.cancel(true);
			});
			assertThat(pending).isCancelled();
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "stage", "mono" })
	void limiterThatLetsWaitShouldNotHoldTheThread(String kind) {
		run((context) -> {
			Service service = context.getBean(Service.class);
			assertThat(slowly(service, kind)).isCompletedWithValue("slow");
			CompletableFuture<@Nullable String> waiting = slowly(service, kind);
			assertThat(waiting).isNotDone();
			assertThat(service.calls()).isEqualTo(1);
			this.time.advance(Duration.ofSeconds(1));
			assertThat(waiting).isCompletedWithValue("slow");
			assertThat(this.time.sleeps()).isEmpty();
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "stage", "mono" })
	void waitThatIsCancelledShouldGiveItsTurnBack(String kind) {
		run((context) -> {
			Service service = context.getBean(Service.class);
			assertThat(slowly(service, kind)).isDone();
			CompletableFuture<@Nullable String> first = slowly(service, kind);
			CompletableFuture<@Nullable String> second = slowly(service, kind);
			first.cancel(true);
			RateLimiter limiter = Starter.limiter(context, "slow");
			assertThat(limiter.snapshot().gauges()).containsEntry("waiting", 1.0);
			assertThat(limiter.snapshot().calls()).containsEntry("cancelled", 1L);
			this.time.advance(Duration.ofSeconds(2));
			assertThat(second).isCompletedWithValue("slow");
			assertThat(service.calls()).isEqualTo(2);
			assertThat(this.time.timers()).isZero();
		});
	}

	@Test
	void waitThatWouldTakeTooLongShouldFailTheStageAtOnce() {
		run((context) -> {
			Service service = context.getBean(Service.class);
			for (int call = 0; call < 3; call++) {
				assertThat(slowly(service, "stage")).isNotCompletedExceptionally();
			}
			assertThat(slowly(service, "stage")).failsWithin(Duration.ZERO)
				.withThrowableThat()
				.withCauseExactlyInstanceOf(RateLimitExceededException.class);
		});
	}

	@Test
	void errorsShouldComeOutAsTheyAre() {
		run((context) -> {
			AssertionError error = new AssertionError("failed");
			Mono<String> mono = context.getBean(Service.class).mono(Mono.error(error));
			assertThatThrownBy(() -> mono.toFuture().get()).cause().isSameAs(error);
		});
	}

	private void assertTrialIsFreed(ApplicationContext context, Function<Service, Disposable> call) {
		Service service = context.getBean(Service.class);
		CircuitBreaker breaker = Starter.breaker(context, "trial");
		assertThat(service.trialFuture(CompletableFuture.failedFuture(new IllegalStateException())))
			.isCompletedExceptionally();
		this.time.advance(Duration.ofSeconds(2));
		Disposable running = call.apply(service);
		assertThat(service.trialFuture(CompletableFuture.completedFuture("a"))).isCompletedExceptionally();
		assertThat(breaker.snapshot().rejections()).containsEntry("half-open-full", 1L);
		running.dispose();
		assertThat(service.trialFuture(CompletableFuture.completedFuture("a"))).isCompletedWithValue("a");
		assertThat(breaker.snapshot().state()).isEqualTo("CLOSED");
		assertThat(breaker.snapshot().calls()).containsEntry("failed", 1L).containsEntry("succeeded", 1L);
	}

	private static CompletableFuture<@Nullable String> slowly(Service service, String kind) {
		return kind.equals("mono") ? service.slowMono().toFuture() : service.slowStage().toCompletableFuture();
	}

	private void run(ContextConsumer<ApplicationContext> test) {
		Starter.runner()
			.withBean(TimeSource.class, this.time::source)
			.withBean(Service.class)
			.withPropertyValues("resilience.rate-limiters.slow.limit=1", "resilience.rate-limiters.slow.max-wait=2s",
					"resilience.rate-limiters.slow.max-waiting=5",
					"resilience.circuit-breakers.trial.failure-threshold=1",
					"resilience.circuit-breakers.trial.open-duration=1s",
					"resilience.circuit-breakers.trial.half-open-max-calls=1",
					"resilience.circuit-breakers.trial.success-threshold=1")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				test.accept(context);
			});
	}

	/**
	 * Makes a stage.
	 */
	interface Work {

		CompletableFuture<String> start();

	}

	static class Service {

		private final AtomicInteger calls = new AtomicInteger();

		@CircuitProtected("payments")
		public @Nullable String plain(@Nullable String value) {
			return value;
		}

		@CircuitProtected("payments")
		public CompletableFuture<String> future(Work work) {
			this.calls.incrementAndGet();
			return work.start();
		}

		@CircuitProtected("payments")
		public CompletionStage<String> stage(Work work) {
			this.calls.incrementAndGet();
			return work.start();
		}

		@CircuitProtected("payments")
		@SuppressWarnings("NullAway")
		public CompletableFuture<String> nullFuture() {
			return null;
		}

		@CircuitProtected("payments")
		public Mono<String> mono(Mono<String> work) {
			this.calls.incrementAndGet();
			return work;
		}

		@CircuitProtected("payments")
		@SuppressWarnings("NullAway")
		public Mono<String> nullMono() {
			return null;
		}

		@CircuitProtected("trial")
		public Mono<String> trialMono(Mono<String> work) {
			return work;
		}

		@CircuitProtected("trial")
		public CompletableFuture<String> trialFuture(CompletableFuture<String> work) {
			return work;
		}

		@RateLimited("slow")
		public CompletionStage<@Nullable String> slowStage() {
			this.calls.incrementAndGet();
			return CompletableFuture.completedFuture("slow");
		}

		@RateLimited("slow")
		public Mono<String> slowMono() {
			this.calls.incrementAndGet();
			return Mono.just("slow");
		}

		int calls() {
			return this.calls.get();
		}

	}

	static class Undeclared {

		private final Supplier<Object> pending = CompletableFuture::new;

		private final AtomicInteger calls = new AtomicInteger();

		public int calls() {
			return this.calls.get();
		}

		@Idempotent(key = "#p0")
		public Object charge(String key) {
			this.calls.incrementAndGet();
			return this.pending.get();
		}

	}

}
