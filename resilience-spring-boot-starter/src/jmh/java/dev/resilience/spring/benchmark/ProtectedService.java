package dev.resilience.spring.benchmark;

import dev.resilience.spring.annotation.Bulkheaded;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.Idempotent;
import dev.resilience.spring.annotation.KillSwitched;
import dev.resilience.spring.annotation.RateLimited;
import dev.resilience.spring.annotation.Retrying;

/**
 * Methods under our annotations, each guarded differently.
 */
class ProtectedService {

	static final String FAST = "limit=90000000";

	private final Integer result = Integer.valueOf(42);

	@CircuitProtected("alone")
	public Integer breaker(String order) {
		return this.result;
	}

	@CircuitProtected("limited")
	@RateLimited(value = "after-breaker", config = FAST)
	public Integer breakerAndLimiter(String order) {
		return this.result;
	}

	@KillSwitched("payments")
	@CircuitProtected("switched")
	public Integer switchAndBreaker(String order) {
		return this.result;
	}

	@RateLimited(value = "alone", config = FAST)
	public Integer limiter(String order) {
		return this.result;
	}

	@RateLimited(value = "keyed", key = "#order", config = FAST)
	public Integer keyedLimiter(String order) {
		return this.result;
	}

	@Idempotent(key = "#order")
	public Integer replay(String order) {
		return this.result;
	}

	@CircuitProtected(value = "rescued", fallback = "instead")
	public Integer breakerWithFallback(String order) {
		return this.result;
	}

	@Retrying("stacked")
	@CircuitProtected(value = "stacked", fallback = "instead")
	@RateLimited(value = "stacked", config = FAST)
	@Bulkheaded("stacked")
	public Integer stacked(String order) {
		return this.result;
	}

	@KillSwitched("payments")
	@CircuitProtected(value = "gates", fallback = "instead")
	@RateLimited(value = "gates", config = FAST)
	@Bulkheaded("gates")
	public Integer gates(String order) {
		return this.result;
	}

	Integer instead(String order) {
		throw new IllegalStateException("The fallback was asked for " + order);
	}

}
