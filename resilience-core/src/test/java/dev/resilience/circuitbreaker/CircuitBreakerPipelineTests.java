package dev.resilience.circuitbreaker;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import dev.resilience.Gate;
import dev.resilience.Pipeline;
import dev.resilience.PolicySnapshot;
import dev.resilience.Trap;
import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.ratelimiter.RateLimiterConfig;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class CircuitBreakerPipelineTests {

	private final FakeTicker ticker = new FakeTicker();

	private final CircuitBreaker breaker = breaker("payments");

	private final Shut shut = new Shut(this.ticker);

	@Test
	@Trap(7)
	void callWhenInnerGateRejectsShouldCountNothing() {
		Pipeline pipeline = Pipeline.of(this.breaker, this.shut);
		for (int index = 0; index < 20; index++) {
			assertThatExceptionOfType(CallRejectedException.class).isThrownBy(() -> pipeline.call(() -> "never"));
			assertRejected(pipeline.callAsync(() -> CompletableFuture.completedFuture("never")).toCompletableFuture());
		}
		assertThat(this.breaker.state()).isEqualTo(CircuitState.CLOSED);
		assertThat(this.breaker.snapshot().calls().values()).containsOnly(0L);
	}

	@Test
	@Trap(7)
	void callWhenRejectionComesOutOfTheCalleeShouldCountAsFailed() {
		for (int index = 0; index < 5; index++) {
			assertThatExceptionOfType(CallRejectedException.class)
				.isThrownBy(() -> this.breaker.call(() -> this.shut.call(() -> "never")));
		}
		assertThat(this.breaker.state()).isEqualTo(CircuitState.OPEN);
		assertThat(this.breaker.snapshot().calls()).containsEntry("failed", 5L);
	}

	@Test
	@Trap(7)
	void callAsyncWhenRejectionComesOutOfTheCalleeShouldCountAsFailed() {
		for (int index = 0; index < 5; index++) {
			assertRejected(
					this.breaker.callAsync(() -> this.shut.callAsync(() -> CompletableFuture.completedFuture("never")))
						.toCompletableFuture());
		}
		assertThat(this.breaker.state()).isEqualTo(CircuitState.OPEN);
	}

	@Test
	@Trap(3)
	void callWhenInnerGateRejectsATrialShouldFreeItsPlace() {
		open();
		Pipeline pipeline = Pipeline.of(this.breaker, this.shut);
		for (int index = 0; index < 20; index++) {
			assertThatExceptionOfType(CallRejectedException.class).isThrownBy(() -> pipeline.call(() -> "never"))
				.satisfies((ex) -> assertThat(ex.policyName()).isEqualTo("shut"));
		}
		assertThat(this.breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
		assertThat(this.breaker.snapshot().gauges()).containsEntry("trials-running", 0.0);
	}

	@Test
	@Trap(3)
	void cancelWhenTrialIsAsynchronousShouldFreeItsPlace() {
		open();
		for (int index = 0; index < 20; index++) {
			CompletableFuture<String> work = new CompletableFuture<>();
			this.breaker.callAsync(() -> work).toCompletableFuture().cancel(true);
			assertThat(work).isCancelled();
		}
		assertThat(this.breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
		assertThat(this.breaker.snapshot().gauges()).containsEntry("trials-running", 0.0);
	}

	@Test
	void callAsyncWhenStagesFailShouldOpenByTheirCause() {
		for (int index = 0; index < 5; index++) {
			this.breaker
				.callAsync(() -> CompletableFuture.failedFuture(new CompletionException(new IOException("refused"))));
		}
		assertThat(this.breaker.state()).isEqualTo(CircuitState.OPEN);
		assertThat(this.breaker.snapshot().details()).containsEntry("lastFailure", "java.io.IOException");
		assertRejected(this.breaker.callAsync(() -> CompletableFuture.completedFuture("never")).toCompletableFuture());
	}

	@Test
	void callWhenInnerBreakerIsOpenShouldNotOpenTheOuterOfTheSamePipeline() {
		open();
		this.ticker.advance(Duration.ofSeconds(-1));
		CircuitBreaker outer = breaker("outer");
		Pipeline pipeline = Pipeline.of(outer, this.breaker);
		for (int index = 0; index < 20; index++) {
			assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(() -> pipeline.call(() -> "never"));
		}
		assertThat(outer.state()).isEqualTo(CircuitState.CLOSED);
	}

	@Test
	void callWhenBreakerOpensWhileItWaitsFurtherInShouldNotRun() {
		RateLimiter limiter = new RateLimiter("slow",
				RateLimiterConfig.builder()
					.limit(1)
					.period(Duration.ofSeconds(10))
					.maxWait(Duration.ofSeconds(60))
					.build(),
				this.ticker.source());
		assertThat(limiter.tryAcquirePermit()).isTrue();
		this.ticker.schedule(this::fail, Duration.ofSeconds(5).toNanos());
		assertThatExceptionOfType(CircuitOpenException.class)
			.isThrownBy(() -> Pipeline.of(this.breaker, limiter).call(() -> "never"));
		assertThat(this.breaker.snapshot().calls()).containsEntry("succeeded", 0L).containsEntry("failed", 5L);
	}

	private void open() {
		fail();
		this.ticker.advance(Duration.ofSeconds(60));
	}

	private void fail() {
		for (int index = 0; index < 5; index++) {
			this.breaker.recordFailure(new IOException("refused"));
		}
	}

	private CircuitBreaker breaker(String name) {
		return new CircuitBreaker(name, CircuitBreakerConfig.builder().build(), this.ticker.source());
	}

	private static void assertRejected(CompletableFuture<String> future) {
		assertThatExceptionOfType(CompletionException.class).isThrownBy(future::join)
			.withCauseInstanceOf(CallRejectedException.class);
	}

	private static final class Shut extends Gate {

		Shut(FakeTicker ticker) {
			super("shut", "shut", ticker.source(), List.of("shut"));
		}

		@Override
		protected Admission admit(CallContext context) {
			return new Admission.Rejection(this, "shut") {

				@Override
				public String explain() {
					return "shut";
				}

				@Override
				public CallRejectedException toException() {
					return new CallRejectedException(this);
				}

			};
		}

		@Override
		public PolicySnapshot snapshot() {
			return PolicySnapshot.of(this, "SHUT", List.of("SHUT")).rejections(rejections()).build();
		}

	}

}
