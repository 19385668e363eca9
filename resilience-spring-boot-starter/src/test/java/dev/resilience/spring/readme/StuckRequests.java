package dev.resilience.spring.readme;

import dev.resilience.PolicyRegistry;
import dev.resilience.idempotency.IdempotencyKey;
import dev.resilience.idempotency.IdempotentOperation;
import org.jspecify.annotations.Nullable;

/**
 * The README's way to let a request run again.
 */
class StuckRequests {

	private final PolicyRegistry<IdempotentOperation> operations;

	StuckRequests(PolicyRegistry<IdempotentOperation> operations) {
		this.operations = operations;
	}

	void letRunAgain(String key, @Nullable String user) {
		IdempotentOperation requests = this.operations.get("http");
		requests.forget(new IdempotencyKey(key, null, user, "POST /orders"));
	}

}
