package dev.resilience.idempotency;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
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
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * The records of an operation, for the people who have to settle those whose calls ended
 * without a known outcome. A record is named by the digest that events, logs and answers
 * tell. Thread-safe.
 */
public final class IdempotencyRecords {

	// A call that runs here is known here, so its record needs no look-up. All others are
	// asked for at once: the answers take one round trip together, not one each.

	/**
	 * How many records of a kind are listed at most.
	 */
	public static final int MAX_LISTED = Unsettled.MAX;

	private final IdempotentOperation operation;

	private final Executions executions;

	private final IdempotencyStore store;

	private final IdempotencyConfig config;

	private final Results results;

	private final TimeSource time;

	IdempotencyRecords(IdempotentOperation operation, Executions executions, IdempotencyStore store,
			IdempotencyConfig config, Results results, TimeSource time) {
		this.operation = operation;
		this.executions = executions;
		this.time = time;
		this.store = store;
		this.config = config;
		this.results = results;
	}

	/**
	 * Lists what is open here: calls that run in this instance, and calls that this
	 * instance saw end without a known outcome, or refused to repeat for that. Of each
	 * kind the newest {@value #MAX_LISTED} are listed, in the state that they have now:
	 * what somebody has settled is not. Records that another instance abandoned are
	 * listed here only once this one was asked for their keys.
	 * @return the records; it never fails
	 */
	public Open open() {
		Map<String, StoredRecord> records = running();
		List<Map.Entry<RecordKey, Long>> noted = this.executions.unsettled()
			.newestFirst()
			.stream()
			.filter((entry) -> !records.containsKey(entry.getKey().digest()))
			.toList();
		List<CompletionStage<Optional<StoredRecord>>> answers = noted.stream()
			.map((entry) -> Settlement.ask(() -> this.store.find(entry.getKey())))
			.toList();
		Throwable failure = null;
		for (int index = 0; index < noted.size(); index++) {
			Map.Entry<RecordKey, Long> entry = noted.get(index);
			try {
				Optional<StoredRecord> found = answers.get(index).toCompletableFuture().join();
				if (found.isPresent() && found.get().status() != Status.COMPLETED) {
					records.put(entry.getKey().digest(), found.get());
				}
				else {
					this.executions.unsettled().settled(entry);
				}
			}
			catch (RuntimeException ex) {
				failure = (failure != null) ? failure : CallResult.unwrap(ex);
			}
		}
		return new Open(records, failure);
	}

	private Map<String, StoredRecord> running() {
		long now = this.time.ticker().read();
		Instant instant = this.time.clock().instant();
		Map<String, StoredRecord> records = new LinkedHashMap<>();
		this.executions.all()
			.stream()
			.filter((call) -> call.isRunning() && !call.isBypassing())
			.sorted((one, other) -> Long.signum(other.startedAt() - one.startedAt()))
			.limit(MAX_LISTED)
			.forEach((call) -> records.put(call.key().digest(),
					new StoredRecord(Status.IN_PROGRESS, null, instant.minusNanos(now - call.startedAt()), null,
							call.owner(), Duration.ofNanos(Math.max(0, call.leaseLeft(now))))));
		return records;
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

	/**
	 * What is open in this instance. Immutable.
	 *
	 * @param records by digest: first the calls that run here, then those without a known
	 * outcome, each newest first
	 * @param failure why some of the latter could not be looked up, or {@code null}
	 */
	public record Open(Map<String, StoredRecord> records, @Nullable Throwable failure) {

		/**
		 * Creates it.
		 */
		public Open {
			records = Collections.unmodifiableMap(new LinkedHashMap<>(records));
		}

	}

}
