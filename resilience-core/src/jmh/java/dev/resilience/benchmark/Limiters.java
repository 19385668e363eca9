package dev.resilience.benchmark;

import java.time.Duration;

import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.ratelimiter.RateLimiterConfig;
import io.github.bucket4j.Bucket;

/**
 * One limiter of each library, all with the same limit.
 *
 * @param ours ours
 * @param resilience4j its AtomicRateLimiter
 * @param bucket4j its lock-free local bucket
 * @param failsafe its bursty limiter
 */
record Limiters(RateLimiter ours, io.github.resilience4j.ratelimiter.RateLimiter resilience4j, Bucket bucket4j,
		dev.failsafe.RateLimiter<Object> failsafe) {

	static Limiters of(int limit, Duration period) {
		RateLimiterConfig config = RateLimiterConfig.builder().limit(limit).period(period).burst(limit).build();
		io.github.resilience4j.ratelimiter.RateLimiterConfig peer = io.github.resilience4j.ratelimiter.RateLimiterConfig
			.custom()
			.limitForPeriod(limit)
			.limitRefreshPeriod(period)
			.timeoutDuration(Duration.ZERO)
			.build();
		return new Limiters(RateLimiter.of("ours", config),
				io.github.resilience4j.ratelimiter.RateLimiter.of("peer", peer),
				Bucket.builder().addLimit((bandwidth) -> bandwidth.capacity(limit).refillGreedy(limit, period)).build(),
				dev.failsafe.RateLimiter.burstyBuilder(limit, period).build());
	}

}
