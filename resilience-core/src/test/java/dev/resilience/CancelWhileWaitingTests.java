package dev.resilience;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.bulkhead.Bulkhead;
import dev.resilience.bulkhead.BulkheadConfig;
import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.ratelimiter.RateLimiterConfig;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A call that is cancelled while it waits for a permit.
 */
class CancelWhileWaitingTests {

	private final FakeTicker ticker = new FakeTicker();

	private final AtomicInteger begun = new AtomicInteger();

	@Test
	@Trap(22)
	void cancelWhenTheCallWaitsShouldNeverBeginTheWork() {
		Bulkhead bulkhead = new Bulkhead("b", BulkheadConfig.builder().maxConcurrentCalls(5).build(),
				this.ticker.source());
		RateLimiter limiter = new RateLimiter("l",
				RateLimiterConfig.builder().limit(1).maxWait(Duration.ofSeconds(5)).build(), this.ticker.source());
		assertThat(limiter.tryAcquirePermit()).isTrue();
		CompletableFuture<String> call = Pipeline.of(bulkhead, limiter).<String>callAsync(() -> {
			this.begun.incrementAndGet();
			return new CompletableFuture<>();
		}).toCompletableFuture();
		call.cancel(true);
		this.ticker.advance(Duration.ofSeconds(10));
		assertThat(this.begun).hasValue(0);
		assertThat(bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0);
	}

}
