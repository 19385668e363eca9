package dev.resilience.spring.actuate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

import dev.resilience.PolicyRegistry;
import dev.resilience.idempotency.IdempotencyKey;
import dev.resilience.idempotency.IdempotencyRecords.Open;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.IdempotencyStore.StoredRecord;
import dev.resilience.spring.actuate.problem.AbsentException;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;

/**
 * Shows idempotent operations and their records, and settles those of calls that ended
 * without a known outcome.
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
	 * Adds the records of calls that run here, and of those that this instance saw end
	 * without a known outcome, or refused to repeat for that.
	 */
	@Override
	protected void addTo(Map<String, Object> view, IdempotentOperation operation) {
		Open open = operation.records().open();
		List<Map<String, Object>> records = new ArrayList<>();
		open.records().forEach((digest, record) -> records.add(view(digest, record)));
		view.put("records", records);
		if (open.failure() != null) {
			view.put("recordsUnavailable", open.failure().getClass().getName());
		}
	}

	/**
	 * Gives an operation an order, or asks it for a record. That is an order too, as the
	 * path of a request is written to logs, and a key may be personal.
	 * @param name the operation
	 * @param action {@code inspect} to see a record; {@code complete} or {@code release}
	 * for an abandoned one, whose call took effect or did not; {@code forget} for the
	 * record of a key, completed or abandoned: the next call with the key runs anew
	 * @param key the key, for {@code forget}; one whose call is still running is refused
	 * @param principal on whose behalf the call was made, if the key is that of somebody,
	 * for {@code forget}
	 * @param scope what else belongs to the key, if there is more, for {@code forget}:
	 * for an HTTP request its method and path, {@code POST /orders} say
	 * @param record the record's digest, for all others
	 * @param owner the record's owner as {@code inspect} told it, for {@code complete}
	 * and {@code release}
	 * @return the record, or the operation's state
	 */
	@WriteOperation
	public Map<String, Object> act(@Selector(match = Match.ALL_REMAINING) String[] name, @Nullable String action,
			@Nullable String key, @Nullable String principal, @Nullable String scope, @Nullable String record,
			@Nullable String owner) {
		IdempotentOperation operation = policy(name);
		String word = (action != null) ? action : "";
		switch (word) {
			case "forget" -> {
				refuse("record", record, word);
				refuse("owner", owner, word);
				forget(operation, key, principal, scope);
			}
			case "inspect" -> {
				refuseKey(key, principal, scope, word);
				refuse("owner", owner, word);
				String digest = required("record", record);
				return view(digest, find(digest, operation));
			}
			case "complete", "release" -> {
				refuseKey(key, principal, scope, word);
				settle(operation, word, required("record", record), owner(required("owner", owner)));
			}
			default -> throw unknownAction(action, "inspect", "complete", "release", "forget");
		}
		return describe(operation);
	}

	private static void forget(IdempotentOperation operation, @Nullable String key, @Nullable String principal,
			@Nullable String scope) {
		if (key == null) {
			throw missing("key");
		}
		IdempotencyKey called = new IdempotencyKey(key, null, principal, scope);
		if (operation.forget(called)) {
			return;
		}
		if (operation.lookup(called).isEmpty()) {
			throw new AbsentException("'key' has no record: nothing was forgotten");
		}
		throw refused("'key' belongs to a call that is still running: nothing was forgotten");
	}

	private static void refuseKey(@Nullable String key, @Nullable String principal, @Nullable String scope,
			String action) {
		refuse("key", key, action);
		refuse("principal", principal, action);
		refuse("scope", scope, action);
	}

	private static void settle(IdempotentOperation operation, String action, String record, UUID owner) {
		boolean done = order(() -> action.equals("complete") ? operation.records().complete(record, owner)
				: operation.records().release(record, owner));
		if (!done) {
			StoredRecord found = find(record, operation);
			throw refused(found.owner().equals(owner)
					? "'record' is " + found.status() + ", and only an ABANDONED one can be settled: nothing was done"
					: "'record' has another owner by now: nothing was done. Ask for it by 'inspect'");
		}
	}

	private static StoredRecord find(String record, IdempotentOperation operation) {
		return order(() -> operation.records().find(record)).orElseThrow(() -> new AbsentException(
				"'record' is not there: it was never made, was forgotten, or its ttl is over"));
	}

	private static Map<String, Object> view(String record, StoredRecord found) {
		Map<String, Object> view = new LinkedHashMap<>();
		view.put("record", record);
		view.put("state", found.status().name());
		view.put("owner", found.owner().toString());
		view.put("claimedAt", found.claimedAt());
		view.put("completedAt", found.completedAt());
		view.put("timeLeft", found.timeLeft());
		view.values().removeIf(Objects::isNull);
		return view;
	}

	private static UUID owner(String text) {
		try {
			return UUID.fromString(text);
		}
		catch (IllegalArgumentException ex) {
			throw refused("'owner' is no owner of a record: copy it from the answer to 'inspect'");
		}
	}

}
