package dev.resilience.idempotency.store;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

/**
 * Keeps the records of idempotent calls. Implementations are thread-safe.
 * <p>
 * A record is in progress under one owner's lease, or completed with a value, or
 * abandoned: its lease ran out, or its owner said that nobody knows whether the call took
 * effect. Every command is atomic, judged by the store's own clock, and safe to be
 * repeated by the same owner. A command is stale when the record names <em>another</em>
 * owner, and then changes nothing; a lease that ran out does not by itself make its owner
 * stale.
 * <p>
 * Every stage completes in bounded time, for callers wait for it, and exceptionally when
 * nobody knows whether the command arrived. It has a future
 * ({@link CompletionStage#toCompletableFuture()}).
 */
public interface IdempotencyStore {

	/**
	 * Whether the values of completed records must be {@code byte[]}. A store in this
	 * JVM's memory keeps objects.
	 * @return whether they must
	 */
	default boolean keepsBytes() {
		return false;
	}

	/**
	 * Asks for the right to run a call.
	 * @param key names the record
	 * @param owner names the execution that asks
	 * @param fingerprint a digest of what the call asks for, or {@code null}
	 * @param lease how long the claim holds unless it is renewed
	 * @param ttl how long the record stays visible after the lease ran out
	 * @return what the record says
	 */
	CompletionStage<Claim> claim(RecordKey key, UUID owner, @Nullable String fingerprint, Duration lease, Duration ttl);

	/**
	 * Asks for the right to run a call whose record is abandoned: in its place comes a
	 * claim of another owner, and the former one is stale from then on. On any other
	 * record it is answered like
	 * {@link #claim(RecordKey, UUID, String, Duration, Duration) claim}.
	 * @param key names the record
	 * @param owner names the execution that asks
	 * @param fingerprint a digest of what the call asks for, or {@code null}
	 * @param lease how long the claim holds unless it is renewed
	 * @param ttl how long the record stays visible after the lease ran out
	 * @return what the record says
	 */
	CompletionStage<Claim> takeOver(RecordKey key, UUID owner, @Nullable String fingerprint, Duration lease,
			Duration ttl);

	/**
	 * Stores the result of a claimed call. A record that is no more, lost or forgotten,
	 * names no other owner: it is made anew, for running the call twice is worse.
	 * @param key names the record
	 * @param owner the owner
	 * @param fingerprint as in the claim
	 * @param value the result, maybe {@code null}, or {@code byte[]} if the store
	 * {@linkplain #keepsBytes() keeps bytes}
	 * @param ttl how long it is replayed
	 * @return whether it was stored; {@code false} means that the owner lost the record
	 */
	CompletionStage<Boolean> complete(RecordKey key, UUID owner, @Nullable String fingerprint, @Nullable Object value,
			Duration ttl);

	/**
	 * Deletes a claim whose call took no effect.
	 * @param key names the record
	 * @param owner the owner
	 * @return whether the owner now has no claim; {@code false} means that the record is
	 * another owner's, or completed
	 */
	CompletionStage<Boolean> release(RecordKey key, UUID owner);

	/**
	 * Lets a claim hold longer.
	 * @param key names the record
	 * @param owner the owner
	 * @param lease how long from now on
	 * @return whether the record is still the owner's
	 */
	CompletionStage<Boolean> renew(RecordKey key, UUID owner, Duration lease);

	/**
	 * Ends the lease of a claim whose call ended without a known outcome: the record is
	 * abandoned from now on, and no renewal makes it live again. Only its owner's late
	 * result still completes it.
	 * @param key names the record
	 * @param owner the owner
	 * @return whether the record is still the owner's; a completed one stays as it is
	 */
	CompletionStage<Boolean> abandon(RecordKey key, UUID owner);

	/**
	 * Looks a record up.
	 * @param key names the record, maybe {@linkplain RecordKey#ofDigest(String) by its
	 * digest}
	 * @return the record, if there is one
	 */
	CompletionStage<Optional<StoredRecord>> find(RecordKey key);

	/**
	 * Deletes a completed or abandoned record, never a live claim.
	 * @param key names the record
	 * @param owner whose record it must be, and then an abandoned one, or {@code null}
	 * for whatever there is
	 * @return whether a record was deleted
	 */
	CompletionStage<Boolean> forget(RecordKey key, @Nullable UUID owner);

	/**
	 * The states of a record.
	 */
	enum Status {

		/** An owner runs the call. */
		IN_PROGRESS,

		/** The result is there. */
		COMPLETED,

		/**
		 * The owner fell silent or gave up: nobody knows whether the call took effect.
		 */
		ABANDONED

	}

	/**
	 * A record as it stands. Immutable.
	 *
	 * @param status its state
	 * @param value the result of a completed call, maybe {@code null}
	 * @param claimedAt when it was claimed, by a wall clock and for people, or
	 * {@code null} when nobody knows
	 * @param completedAt when the call was completed, or {@code null}
	 * @param owner the execution that claimed it
	 * @param timeLeft how long the lease still holds, or after that, how long the record
	 * stays
	 */
	record StoredRecord(Status status, @Nullable Object value, @Nullable Instant claimedAt,
			@Nullable Instant completedAt, UUID owner, Duration timeLeft) {

		/**
		 * Leaves the value out: it is the caller's data.
		 */
		@Override
		public String toString() {
			return "StoredRecord[status=" + this.status + ", claimedAt=" + this.claimedAt + ", completedAt="
					+ this.completedAt + ", owner=" + this.owner + ", timeLeft=" + this.timeLeft + "]";
		}

	}

	/**
	 * The answer to a claim.
	 */
	sealed interface Claim {

		/**
		 * Run the call.
		 *
		 * @param fence a number that is greater than that of every earlier claim of the
		 * key; a store that takes it from a server's clock, as Redis does, promises that
		 * only while this clock does not step back
		 * @param attempt 1, or more if an execution before this one may have taken effect
		 */
		record Granted(long fence, int attempt) implements Claim {
		}

		/**
		 * The call was completed before.
		 *
		 * @param value its result, maybe {@code null}
		 * @param completedAt when
		 */
		record Completed(@Nullable Object value, Instant completedAt) implements Claim {

			/**
			 * Leaves the value out: it is the caller's data.
			 */
			@Override
			public String toString() {
				return "Completed[completedAt=" + this.completedAt + "]";
			}

		}

		/**
		 * Another owner runs the call.
		 *
		 * @param leaseLeft how long its lease still holds
		 */
		record InProgress(Duration leaseLeft) implements Claim {
		}

		/**
		 * The owner fell silent or gave up: nobody knows whether the call took effect.
		 */
		record Abandoned() implements Claim {
		}

		/**
		 * The record has another fingerprint.
		 */
		record Mismatch() implements Claim {
		}

		/**
		 * The store has no room for another record.
		 */
		record Full() implements Claim {
		}

	}

}
