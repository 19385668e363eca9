package dev.resilience;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.fallback.Fallback;
import dev.resilience.fallback.Handler;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotencyKey;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Callers that end a result themselves, as {@code orTimeout} does, whatever stands
 * between them and the callee.
 */
class ImpatientCallerTests {

	private final FakeTicker ticker = new FakeTicker();

	private final CircuitBreaker breaker = new CircuitBreaker("breaker", CircuitBreakerConfig.builder().build(),
			this.ticker.source());

	private final CompletableFuture<String> work = new CompletableFuture<>();

	@Test
	void timeoutWhenOnlyABreakerStandsBetweenShouldBeTheCalleesFailure() {
		giveUp(this.breaker);
		assertThat(this.breaker.snapshot().calls()).containsEntry("failed", 1L);
	}

	@Test
	void timeoutWhenAFallbackStandsOutsideShouldBeTheCalleesFailure() {
		Handler.Case<IllegalStateException> never = new Handler.Case<>(IllegalStateException.class,
				(argument, cause) -> "instead");
		giveUp(new Fallback("fallback", List.of(new Handler(List.of(never))), this.ticker.source()), this.breaker);
		assertThat(this.breaker.snapshot().calls()).containsEntry("failed", 1L);
	}

	@Test
	void timeoutWhenIdempotencyStandsOutsideShouldBeTheCalleesFailureAndAnUnknownOutcome() {
		IdempotentOperation operation = new IdempotentOperation("pay", IdempotencyConfig.builder().build(),
				new MemoryIdempotencyStore(this.ticker.source()), this.ticker.source());
		giveUp(operation, this.breaker);
		assertThat(this.breaker.snapshot().calls()).containsEntry("failed", 1L);
		assertThat(operation.snapshot().calls()).containsEntry("unknown", 1L);
	}

	@Test
	void timeoutWhenNothingStandsBetweenShouldReachTheCallee() {
		giveUp();
	}

	private void giveUp(Policy... policies) {
		Function<CompletableFuture<String>, CallContext> context = (ignored) -> CallContext
			.ofKey(IdempotencyKey.of("key"));
		Policy.Call<CompletableFuture<String>, CompletableFuture<String>> call = (stage) -> stage;
		Pipeline.Compiled<CompletableFuture<String>, String> chain = Pipeline.compile(List.of(policies),
				List.of(policies).stream().map((policy) -> context).toList(), call);
		CompletableFuture<String> result = chain.callAsync(this.work).toCompletableFuture();
		assertThat(result.completeExceptionally(new TimeoutException("impatient"))).isTrue();
		assertThat(this.work).isCancelled();
		assertThat(result).isCompletedExceptionally();
	}

}
