package dev.resilience.spring.actuate;

import java.util.Map;

import dev.resilience.PolicyRegistry;
import dev.resilience.idempotency.IdempotentOperation;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;

/**
 * Shows idempotent operations, and forgets the record of a key.
 */
@WebEndpoint(id = "idempotency")
public class IdempotencyEndpoint extends PolicyEndpoint<IdempotentOperation> {

	/**
	 * Creates the endpoint.
	 * @param registry the operations
	 * @param origins where their values came from
	 */
	public IdempotencyEndpoint(PolicyRegistry<IdempotentOperation> registry, PolicyOrigins origins) {
		super(registry, origins);
	}

	/**
	 * Gives an operation an order.
	 * @param name the operation
	 * @param action {@code forget}: the next call with the key runs anew
	 * @param key the key to forget; one whose call is still running is refused
	 * @return the operation's state
	 */
	@WriteOperation
	public Map<String, Object> act(@Selector(match = Match.ALL_REMAINING) String[] name, @Nullable String action,
			@Nullable String key) {
		IdempotentOperation operation = policy(name);
		if (!"forget".equals(action)) {
			throw unknownAction(action, "forget");
		}
		if (key == null) {
			throw missing("key");
		}
		if (!operation.forget(key)) {
			throw refused("'key' has no record, or its call is still running: nothing was forgotten");
		}
		return describe(operation);
	}

}
