package dev.resilience.redis;

import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;

import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.RecordKey;
import org.jspecify.annotations.Nullable;

/**
 * A store that lets a call halt before its result is sent, and before it hears an answer.
 */
final class HaltingStore implements IdempotencyStore {

	private final IdempotencyStore store;

	private final BiFunction<String, CrashPoint, ? extends CompletionStage<?>> reach;

	/**
	 * Creates a store.
	 * @param store does the work
	 * @param reach is told of a key that has come to a point, and tells when it may go on
	 */
	HaltingStore(IdempotencyStore store, BiFunction<String, CrashPoint, ? extends CompletionStage<?>> reach) {
		this.store = store;
		this.reach = reach;
	}

	@Override
	public boolean keepsBytes() {
		return this.store.keepsBytes();
	}

	@Override
	public CompletionStage<Claim> claim(RecordKey key, UUID owner, @Nullable String fingerprint, Duration lease,
			Duration ttl) {
		return claimed(key, this.store.claim(key, owner, fingerprint, lease, ttl));
	}

	@Override
	public CompletionStage<Claim> takeOver(RecordKey key, UUID owner, @Nullable String fingerprint, Duration lease,
			Duration ttl) {
		return claimed(key, this.store.takeOver(key, owner, fingerprint, lease, ttl));
	}

	private CompletionStage<Claim> claimed(RecordKey key, CompletionStage<Claim> answer) {
		return answer.thenCompose((claim) -> (claim instanceof Claim.Granted)
				? this.reach.apply(key.key(), CrashPoint.CLAIMED).thenCompose((open) -> answer) : answer);
	}

	@Override
	public CompletionStage<Boolean> complete(RecordKey key, UUID owner, @Nullable String fingerprint,
			@Nullable Object value, Duration ttl) {
		return this.reach.apply(key.key(), CrashPoint.RETURNED)
			.thenCompose((open) -> this.store.complete(key, owner, fingerprint, value, ttl))
			.thenCompose((stored) -> this.reach.apply(key.key(), CrashPoint.STORED).thenApply((open) -> stored));
	}

	@Override
	public CompletionStage<Boolean> release(RecordKey key, UUID owner) {
		return this.store.release(key, owner);
	}

	@Override
	public CompletionStage<Boolean> renew(RecordKey key, UUID owner, Duration lease) {
		return this.store.renew(key, owner, lease);
	}

	@Override
	public CompletionStage<Boolean> abandon(RecordKey key, UUID owner) {
		return this.store.abandon(key, owner);
	}

	@Override
	public CompletionStage<Optional<StoredRecord>> find(RecordKey key) {
		return this.store.find(key);
	}

	@Override
	public CompletionStage<Boolean> forget(RecordKey key, @Nullable UUID owner) {
		return this.store.forget(key, owner);
	}

}
