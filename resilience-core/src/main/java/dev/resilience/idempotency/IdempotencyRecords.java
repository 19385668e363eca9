package dev.resilience.idempotency;

import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import dev.resilience.async.CallResult;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.IdempotencyStore.Status;
import dev.resilience.idempotency.store.IdempotencyStore.StoredRecord;
import dev.resilience.idempotency.store.RecordKey;

/**
 * The records of an operation, for the people who have to settle those whose calls ended
 * without a known outcome. A record is named by the digest that events, logs and answers
 * tell. Thread-safe.
 */
public final class IdempotencyRecords {

	private final IdempotentOperation operation;

	private final IdempotencyStore store;

	private final IdempotencyConfig config;

	private final Results results;

	IdempotencyRecords(IdempotentOperation operation, IdempotencyStore store, IdempotencyConfig config,
			Results results) {
		this.operation = operation;
		this.store = store;
		this.config = config;
		this.results = results;
	}

	/**
	 * Looks a record up.
	 * @param digest names it
	 * @return the record, if there is one
	 * @throws IllegalArgumentException when it is no digest
	 * @throws IdempotencyStoreException when the store fails
	 */
	public Optional<StoredRecord> find(String digest) {
		return find(RecordKey.ofDigest(digest));
	}

	/**
	 * Says that the call of an abandoned record took effect: later calls with its key are
	 * told that there is no result, and never run.
	 * @param digest names the record
	 * @param owner whose it is, as it was found: if it is another's by now, or not
	 * abandoned, nothing is done
	 * @return whether it was settled
	 * @throws IllegalArgumentException when it is no digest
	 * @throws IdempotencyStoreException when the store fails
	 */
	public boolean complete(String digest, UUID owner) {
		RecordKey key = RecordKey.ofDigest(digest);
		Optional<StoredRecord> found = find(key);
		// Only one that is still there: what is completed without a record is made anew.
		if (found.isEmpty() || found.get().status() != Status.ABANDONED || !found.get().owner().equals(owner)) {
			return false;
		}
		Object kept = this.results.keep(Results.Tombstone.SETTLED);
		return tell("settled", digest, ask(() -> this.store.complete(key, owner, null, kept, this.config.ttl())));
	}

	/**
	 * Says that the call of an abandoned record took no effect and does not run any more:
	 * the next one with its key runs.
	 * @param digest names the record
	 * @param owner whose it is, as it was found: if it is another's by now, or not
	 * abandoned, nothing is done
	 * @return whether it was released
	 * @throws IllegalArgumentException when it is no digest
	 * @throws IdempotencyStoreException when the store fails
	 */
	public boolean release(String digest, UUID owner) {
		RecordKey key = RecordKey.ofDigest(digest);
		return tell("released", digest, ask(() -> this.store.forget(key, owner)));
	}

	Optional<StoredRecord> find(RecordKey key) {
		return ask(() -> this.store.find(key));
	}

	boolean forget(RecordKey key) {
		return tell("forgotten", key.digest(), ask(() -> this.store.forget(key, null)));
	}

	private boolean tell(String kind, String digest, boolean done) {
		if (done) {
			this.operation.tell(kind, "record " + digest + " of idempotent operation '" + this.operation.name()
					+ "' was " + kind + " by hand", Map.of("record", digest));
		}
		return done;
	}

	private <R> R ask(Supplier<CompletionStage<R>> question) {
		try {
			return question.get().toCompletableFuture().join();
		}
		catch (Exception ex) {
			if (ex instanceof InterruptedException) {
				Thread.currentThread().interrupt();
			}
			throw this.operation.storeFailed(CallResult.unwrap(ex));
		}
	}

}
