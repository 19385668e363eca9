package dev.resilience.idempotency;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import dev.resilience.Sneaky;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.RecordKey;
import org.jspecify.annotations.Nullable;

/**
 * A store whose network fails when a test says so.
 */
final class ScriptedStore implements IdempotencyStore {

	final Link claims = new Link();

	final Link takeOvers = new Link();

	final Link completions = new Link();

	final Link releases = new Link();

	final Link renewals = new Link();

	final Link abandonments = new Link();

	final Link others = new Link();

	private final IdempotencyStore store;

	private final boolean bytes;

	ScriptedStore(IdempotencyStore store) {
		this(store, false);
	}

	ScriptedStore(IdempotencyStore store, boolean bytes) {
		this.store = store;
		this.bytes = bytes;
	}

	@Override
	public boolean keepsBytes() {
		return this.bytes;
	}

	@Override
	public CompletionStage<Claim> claim(RecordKey key, UUID owner, @Nullable String fingerprint, Duration lease,
			Duration ttl) {
		return this.claims.send(() -> this.store.claim(key, owner, fingerprint, lease, ttl));
	}

	@Override
	public CompletionStage<Claim> takeOver(RecordKey key, UUID owner, @Nullable String fingerprint, Duration lease,
			Duration ttl) {
		return this.takeOvers.send(() -> this.store.takeOver(key, owner, fingerprint, lease, ttl));
	}

	@Override
	public CompletionStage<Boolean> complete(RecordKey key, UUID owner, @Nullable String fingerprint,
			@Nullable Object value, Duration ttl) {
		return this.completions.send(() -> this.store.complete(key, owner, fingerprint, value, ttl));
	}

	@Override
	public CompletionStage<Boolean> release(RecordKey key, UUID owner) {
		return this.releases.send(() -> this.store.release(key, owner));
	}

	@Override
	public CompletionStage<Boolean> renew(RecordKey key, UUID owner, Duration lease) {
		return this.renewals.send(() -> this.store.renew(key, owner, lease));
	}

	@Override
	public CompletionStage<Boolean> abandon(RecordKey key, UUID owner) {
		return this.abandonments.send(() -> this.store.abandon(key, owner));
	}

	@Override
	public CompletionStage<Optional<StoredRecord>> find(RecordKey key) {
		return this.others.send(() -> this.store.find(key));
	}

	@Override
	public CompletionStage<Boolean> forget(RecordKey key, @Nullable UUID owner) {
		return this.others.send(() -> this.store.forget(key, owner));
	}

	/**
	 * The way of one kind of command.
	 */
	static final class Link {

		final AtomicInteger sent = new AtomicInteger();

		private volatile int failing;

		private volatile boolean arriving;

		private volatile @Nullable Throwable fault;

		private volatile @Nullable CompletableFuture<Void> held;

		private volatile boolean minimal;

		/** Answers come as stages that cannot be asked whether they are there. */
		void answerInMinimalStages() {
			this.minimal = true;
		}

		/** The next commands do not arrive. */
		void fail(int times) {
			this.failing = times;
			this.arriving = false;
		}

		/** The next commands arrive, but their answers do not. */
		void loseAnswers(int times) {
			this.failing = times;
			this.arriving = true;
		}

		/** Sending fails on the caller's thread. */
		void breakDown() {
			breakDown(new IOException("broken"));
		}

		/** Sending fails on the caller's thread, in a certain way. */
		void breakDown(Throwable cause) {
			this.fault = cause;
		}

		/** Answers arrive when the test says so. */
		CompletableFuture<Void> hold() {
			CompletableFuture<Void> gate = new CompletableFuture<>();
			this.held = gate;
			return gate;
		}

		private synchronized <T> CompletionStage<T> send(Supplier<CompletionStage<T>> command) {
			this.sent.incrementAndGet();
			Throwable cause = this.fault;
			if (cause != null) {
				throw Sneaky.sneaky(cause);
			}
			if (this.failing > 0) {
				this.failing--;
				CompletionStage<T> lost = CompletableFuture.failedFuture(new IOException("down"));
				return this.arriving ? command.get().thenCompose((answer) -> lost) : lost;
			}
			CompletionStage<T> answer = command.get();
			CompletableFuture<Void> gate = this.held;
			CompletionStage<T> sent = (gate != null) ? gate.thenCompose((open) -> answer) : answer;
			return this.minimal ? sent.toCompletableFuture().minimalCompletionStage() : sent;
		}

	}

}
