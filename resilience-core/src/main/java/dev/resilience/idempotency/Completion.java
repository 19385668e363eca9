package dev.resilience.idempotency;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import dev.resilience.idempotency.store.IdempotencyStore;
import org.jspecify.annotations.Nullable;

/**
 * The end of a call, and the command that takes it to the store. Immutable.
 */
final class Completion implements Supplier<CompletionStage<Boolean>> {

	private final IdempotencyStore store;

	private final Duration ttl;

	private final Execution call;

	private final Outcome outcome;

	private final @Nullable Object kept;

	private final Tally.End end;

	/**
	 * Creates it.
	 * @param store where it is to go
	 * @param ttl how long it is to stay there
	 * @param call the call
	 * @param outcome what those get who joined the call
	 * @param kept what the store is to keep of it
	 * @param end what the call counts as, once it is stored
	 */
	Completion(IdempotencyStore store, Duration ttl, Execution call, Outcome outcome, @Nullable Object kept,
			Tally.End end) {
		this.store = store;
		this.ttl = ttl;
		this.call = call;
		this.outcome = outcome;
		this.kept = kept;
		this.end = end;
	}

	@Override
	public CompletionStage<Boolean> get() {
		return this.store.complete(this.call.key(), this.call.owner(), this.call.fingerprint(), this.kept, this.ttl);
	}

	/**
	 * How many bytes the store is to keep, as far as it keeps bytes.
	 */
	int size() {
		return (this.kept instanceof byte[] bytes) ? bytes.length : 0;
	}

	Execution call() {
		return this.call;
	}

	Outcome outcome() {
		return this.outcome;
	}

	Tally.End end() {
		return this.end;
	}

}
