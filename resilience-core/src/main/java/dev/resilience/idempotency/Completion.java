package dev.resilience.idempotency;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.resilience.idempotency.store.IdempotencyStore;
import org.jspecify.annotations.Nullable;

/**
 * The end of a call, on its way into the store. It is offered by one thread at a time.
 */
final class Completion {

	private static final int MAX_FURTHER_OFFERS = 3;

	private final Execution call;

	private final Outcome outcome;

	private final @Nullable Object kept;

	private final Tally.End end;

	private int furtherOffers;

	/**
	 * Creates it.
	 * @param outcome what those get who joined the call
	 * @param kept what the store is to keep of it
	 * @param end what the call counts as, once it is stored
	 */
	Completion(Execution call, Outcome outcome, @Nullable Object kept, Tally.End end) {
		this.call = call;
		this.outcome = outcome;
		this.kept = kept;
		this.end = end;
	}

	CompletionStage<Boolean> offerTo(IdempotencyStore store, Duration ttl) {
		try {
			return Objects.requireNonNull(
					store.complete(this.call.key(), this.call.owner(), this.call.fingerprint(), this.kept, ttl));
		}
		catch (Throwable ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	/**
	 * Whether it may be offered once more, after the store failed to take it.
	 */
	boolean mayOfferAgain() {
		return this.furtherOffers++ < MAX_FURTHER_OFFERS;
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
