package dev.resilience;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

import dev.resilience.async.TestContext;
import dev.resilience.bulkhead.Bulkhead;
import dev.resilience.bulkhead.BulkheadConfig;
import dev.resilience.fallback.Fallback;
import dev.resilience.fallback.Handler;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotencyContext;
import dev.resilience.idempotency.IdempotencyKey;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.ratelimiter.RateLimiterConfig;
import dev.resilience.retry.Retry;
import dev.resilience.retry.RetryConfig;
import dev.resilience.time.FakeTicker;
import io.micrometer.context.ContextRegistry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What hangs on the caller's thread follows an asynchronous call to the threads on which
 * it goes on.
 */
class ContextCarrierTests {

	private final FakeTicker ticker = new FakeTicker();

	private final List<@Nullable String> seen = new CopyOnWriteArrayList<>();

	@AfterEach
	void clear() {
		TestContext.set(null);
	}

	@Test
	@Trap(25)
	void callThatWaitedForALimiterShouldSeeItsCallersContext() {
		RateLimiter limiter = new RateLimiter("limiter",
				RateLimiterConfig.builder().limit(1).maxWait(Duration.ofSeconds(5)).build(), this.ticker.source());
		limiter.tryAcquirePermit();
		as("caller", () -> limiter.callAsync(this::look));
		as("other", () -> this.ticker.advance(Duration.ofSeconds(1)));
		assertThat(this.seen).containsExactly("caller");
	}

	@Test
	@Trap(25)
	void callThatWaitedForAPlaceShouldSeeItsCallersContext() {
		Bulkhead bulkhead = new Bulkhead("bulkhead",
				BulkheadConfig.builder().maxConcurrentCalls(1).maxWaiting(1).maxWait(Duration.ofSeconds(5)).build(),
				this.ticker.source());
		Permit place = (Permit) bulkhead.tryAcquire();
		as("caller", () -> bulkhead.callAsync(this::look));
		as("other", () -> {
			place.abandoned();
			this.ticker.advance(Duration.ofSeconds(1));
		});
		assertThat(this.seen).containsExactly("caller");
	}

	@Test
	@Trap(25)
	void attemptsOfARetryShouldSeeTheirCallersContext() {
		Retry retry = new Retry("retry", RetryConfig.builder().jitter(0).build(), this.ticker.source());
		CompletableFuture<String> first = new CompletableFuture<>();
		as("caller", () -> retry.callAsync(() -> this.seen.isEmpty() ? look().thenCompose((value) -> first) : look()));
		as("callee", () -> first.completeExceptionally(new IOException("refused")));
		as("other", () -> this.ticker.advance(Duration.ofSeconds(1)));
		assertThat(this.seen).containsExactly("caller", "caller");
	}

	@Test
	@Trap(25)
	void fallbackShouldSeeItsCallersContext() {
		CompletableFuture<String> callee = new CompletableFuture<>();
		Handler.Case<IOException> handler = new Handler.Case<>(IOException.class, (argument, cause) -> {
			this.seen.add(TestContext.get());
			return "instead";
		});
		Fallback fallback = new Fallback("fallback", List.of(new Handler(List.of(handler))), this.ticker.source());
		as("caller", () -> fallback.callAsync(() -> callee));
		as("callee", () -> callee.completeExceptionally(new IOException("refused")));
		assertThat(this.seen).containsExactly("caller");
	}

	@Test
	void callBehindIdempotencyThatWaitedShouldKnowItsKey() {
		RateLimiter limiter = new RateLimiter("limiter",
				RateLimiterConfig.builder().limit(1).maxWait(Duration.ofSeconds(5)).build(), this.ticker.source());
		limiter.tryAcquirePermit();
		IdempotentOperation operation = new IdempotentOperation("pay", IdempotencyConfig.builder().build(),
				new MemoryIdempotencyStore(this.ticker.source()), this.ticker.source());
		Policy.Call<String, CompletableFuture<String>> work = (key) -> {
			this.seen.add(IdempotencyContext.current().map(IdempotencyContext::key).orElse(null));
			return CompletableFuture.completedFuture("done");
		};
		Pipeline.Compiled<String, String> chain = Pipeline.compile(List.of(operation, limiter),
				List.of((key) -> CallContext.ofKey(IdempotencyKey.of(key)), (key) -> CallContext.NONE), work);
		CompletionStage<String> result = chain.callAsync("order-1");
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(result).isCompletedWithValue("done");
		assertThat(this.seen).containsExactly("order-1");
		assertThat(IdempotencyContext.current()).isEmpty();
	}

	@Test
	void whatMicrometerPropagatesShouldFollow() {
		ThreadLocal<String> user = new ThreadLocal<>();
		ContextRegistry.getInstance().registerThreadLocalAccessor("test.user", user);
		try {
			RateLimiter limiter = new RateLimiter("limiter",
					RateLimiterConfig.builder().limit(1).maxWait(Duration.ofSeconds(5)).build(), this.ticker.source());
			limiter.tryAcquirePermit();
			user.set("alice");
			limiter.callAsync(() -> {
				this.seen.add(user.get());
				return CompletableFuture.completedFuture("done");
			});
			user.remove();
			this.ticker.advance(Duration.ofSeconds(1));
			assertThat(this.seen).containsExactly("alice");
			assertThat(user.get()).isNull();
		}
		finally {
			ContextRegistry.getInstance().removeThreadLocalAccessor("test.user");
		}
	}

	private CompletionStage<String> look() {
		this.seen.add(TestContext.get());
		return CompletableFuture.completedFuture("done");
	}

	private static void as(String thread, Runnable step) {
		TestContext.set(thread);
		step.run();
		assertThat(TestContext.get()).isEqualTo(thread);
	}

	private static void as(String thread, Supplier<? extends CompletionStage<?>> call) {
		as(thread, (Runnable) () -> assertThat(call.get()).isNotNull());
	}

}
