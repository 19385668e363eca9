package dev.resilience.spring.benchmark;

import io.github.arun0009.idempotent.core.annotation.Idempotent;

/**
 * Methods that the library {@code io.github.arun0009:idempotent-core} guards.
 */
public class IdempotentPeerService {

	private final Integer result = Integer.valueOf(42);

	@Idempotent(key = "#order")
	public Integer replay(String order) {
		return this.result;
	}

	@Idempotent(key = "#order")
	public Integer other(String order) {
		return this.result;
	}

}
