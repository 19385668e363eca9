package dev.resilience.idempotency;

import java.lang.reflect.Type;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import dev.resilience.CallContext;
import dev.resilience.config.Setting;
import dev.resilience.idempotency.store.Fingerprint;
import dev.resilience.idempotency.store.IdempotencyStore.Status;
import dev.resilience.idempotency.store.IdempotencyStore.StoredRecord;
import org.jspecify.annotations.NonNull;
import org.jspecify.annotations.Nullable;

/**
 * An {@link IdempotentOperation} that knows what its calls return, as {@link Idempotency}
 * hands it out. Thread-safe.
 *
 * @param <T> what its calls return; for asynchronous calls, what completes them
 */
public final class TypedOperation<T extends @Nullable Object> {

	private final IdempotentOperation policy;

	private final Type type;

	private final IdempotencyConfig config;

	TypedOperation(IdempotentOperation policy, Type type, IdempotencyConfig config) {
		this.policy = policy;
		this.type = type;
		this.config = config;
	}

	/**
	 * Runs a call once for its key.
	 * @param key what makes two calls the same
	 * @param fingerprint a digest of what the call asks for, see {@link Fingerprint}, or
	 * {@code null}
	 * @param call the call
	 * @return what it returned, now or before
	 * @throws Exception what it threw, as it is, or one of the rejections of
	 * {@link IdempotentOperation}
	 */
	public T execute(String key, @Nullable String fingerprint, Callable<T> call) throws Exception {
		return execute(IdempotencyKey.of(key, fingerprint), call);
	}

	/**
	 * Runs a call once for its key, which may belong to a principal or a scope.
	 * @param key what makes two calls the same
	 * @param call the call
	 * @return what it returned, now or before
	 * @throws Exception what it threw, as it is, or one of the rejections of
	 * {@link IdempotentOperation}
	 */
	public T execute(IdempotencyKey key, Callable<T> call) throws Exception {
		return this.policy.call(CallContext.ofKey(key), call);
	}

	/**
	 * Runs an asynchronous call once for its key. It never throws, every path completes
	 * the stage, and cancelling the stage's future cancels the call.
	 * @param key what makes two calls the same
	 * @param fingerprint a digest of what the call asks for, see {@link Fingerprint}, or
	 * {@code null}
	 * @param call starts the call
	 * @return the outcome
	 */
	public CompletionStage<T> executeAsync(String key, @Nullable String fingerprint,
			Supplier<? extends CompletionStage<T>> call) {
		return executeAsync(IdempotencyKey.of(key, fingerprint), call);
	}

	/**
	 * Runs an asynchronous call once for its key, which may belong to a principal or a
	 * scope. It never throws, every path completes the stage, and cancelling the stage's
	 * future cancels the call.
	 * @param key what makes two calls the same
	 * @param call starts the call
	 * @return the outcome
	 */
	public CompletionStage<T> executeAsync(IdempotencyKey key, Supplier<? extends CompletionStage<T>> call) {
		return this.policy.callAsync(CallContext.ofKey(key), call);
	}

	/**
	 * Looks up whether a key was called, and what came of it.
	 * @param key the key
	 * @return what is known, or empty when the key was not called, or is free again
	 * @throws IdempotencyStoreException when the store fails
	 */
	public Optional<Found<T>> lookup(String key) {
		return lookup(IdempotencyKey.of(key));
	}

	/**
	 * Looks up whether a key with a principal or a scope was called, and what came of it.
	 * @param key the key; its fingerprint does not matter
	 * @return what is known, or empty when the key was not called, or is free again
	 * @throws IdempotencyStoreException when the store fails
	 */
	public Optional<Found<T>> lookup(IdempotencyKey key) {
		return look(this.policy, key);
	}

	/**
	 * Forgets a completed or abandoned call, so that the next one with its key runs; see
	 * {@link IdempotentOperation#forget(String)}.
	 * @param key the key
	 * @return whether something was forgotten
	 * @throws IdempotencyStoreException when the store fails
	 */
	public boolean forget(String key) {
		return this.policy.forget(key);
	}

	/**
	 * The operation itself: a policy like any other, to be put into a pipeline, or to
	 * settle records by.
	 * @return the policy
	 */
	public IdempotentOperation policy() {
		return this.policy;
	}

	/**
	 * Requires that the operation is the one that somebody asks for.
	 */
	void requireSame(Type wantedType, @Nullable IdempotencyConfig wanted) {
		if (!this.type.equals(wantedType)) {
			throw another("type", wantedType.getTypeName(), this.type.getTypeName());
		}
		if (wanted != null && !this.config.equals(wanted)) {
			Map<String, Object> settings = this.config.settings();
			wanted.settings().forEach((property, value) -> {
				if (!value.equals(settings.get(property))) {
					throw another(property, value, settings.get(property));
				}
			});
		}
	}

	private IllegalArgumentException another(String property, Object wanted, @Nullable Object declared) {
		return Setting.of(property, wanted)
			.violation("must be " + declared + ", as operation '" + this.policy.name() + "' was declared before",
					"ask for it as it was declared, or choose another name");
	}

	/**
	 * Looks a key up in an operation whose calls return what the caller says.
	 */
	static <T extends @Nullable Object> Optional<Found<T>> look(IdempotentOperation policy, IdempotencyKey key) {
		return policy.lookup(key).map((record) -> found(policy, record));
	}

	// T may be nullable: so may be the value.
	@SuppressWarnings({ "unchecked", "NullAway" })
	private static <T extends @Nullable Object> Found<T> found(IdempotentOperation policy, StoredRecord record) {
		if (record.status() != Status.COMPLETED) {
			return new Found<>(record, null, null);
		}
		Outcome outcome = policy.replay(record);
		Throwable failure = (outcome.rejection() != null) ? outcome.rejection().toException() : outcome.failure();
		return new Found<>(record, (T) outcome.value(), failure);
	}

	/**
	 * What is known of a key that was called. Immutable.
	 *
	 * @param <T> what the operation's calls return
	 * @param record its state, times and owner
	 * @param value what the call returned, maybe {@code null}; {@code null} too while it
	 * is not completed, or when there is a failure instead
	 * @param failure what repeated calls are thrown instead of a result, or {@code null}:
	 * a {@link ReplayedFailureException} when the call's failure is its answer, an
	 * {@link IdempotencyConflictException} when its result was not kept, an
	 * {@link IdempotencyStoreException} when it cannot be read
	 */
	public record Found<T extends @Nullable Object>(StoredRecord record, @Nullable T value,
			@Nullable Throwable failure) {

		/**
		 * The key's state: the call is running, completed, or nobody knows its outcome.
		 * @return the state
		 */
		public Status status() {
			return this.record.status();
		}

		/**
		 * What a completed call returned.
		 * @return the result; empty as well when it returned {@code null}
		 */
		public Optional<@NonNull T> result() {
			return Optional.ofNullable(this.value);
		}

		/**
		 * Leaves value and message out: they are the caller's data.
		 */
		@Override
		public String toString() {
			return "Found[record=" + this.record + ", failure="
					+ ((this.failure != null) ? this.failure.getClass().getName() : null) + "]";
		}

	}

}
