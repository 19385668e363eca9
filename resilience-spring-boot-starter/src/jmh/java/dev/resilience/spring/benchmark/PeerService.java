package dev.resilience.spring.benchmark;

import io.github.resilience4j.bulkhead.annotation.Bulkhead;
import io.github.resilience4j.circuitbreaker.annotation.CircuitBreaker;
import io.github.resilience4j.ratelimiter.annotation.RateLimiter;
import io.github.resilience4j.retry.annotation.Retry;

/**
 * Methods under Resilience4j's annotations, each guarded differently.
 */
class PeerService {

	private final Integer result = Integer.valueOf(42);

	@CircuitBreaker(name = "alone")
	public Integer breaker(String order) {
		return this.result;
	}

	@CircuitBreaker(name = "limited")
	@RateLimiter(name = "after-breaker")
	public Integer breakerAndLimiter(String order) {
		return this.result;
	}

	@Bulkhead(name = "inside")
	@CircuitBreaker(name = "switched")
	public Integer bulkheadAndBreaker(String order) {
		return this.result;
	}

	@RateLimiter(name = "alone")
	public Integer limiter(String order) {
		return this.result;
	}

	@Retry(name = "alone")
	public Integer retry(String order) {
		return this.result;
	}

	@Bulkhead(name = "alone")
	public Integer bulkhead(String order) {
		return this.result;
	}

	@CircuitBreaker(name = "rescued", fallbackMethod = "instead")
	public Integer breakerWithFallback(String order) {
		return this.result;
	}

	@Retry(name = "stacked")
	@CircuitBreaker(name = "stacked", fallbackMethod = "instead")
	@RateLimiter(name = "stacked")
	@Bulkhead(name = "stacked")
	public Integer stacked(String order) {
		return this.result;
	}

	Integer instead(String order, Throwable failure) {
		throw new IllegalStateException("The fallback was asked for " + order, failure);
	}

}
