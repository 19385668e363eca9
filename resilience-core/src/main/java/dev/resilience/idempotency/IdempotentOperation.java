package dev.resilience.idempotency;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import dev.resilience.Policy;
import dev.resilience.PolicySnapshot;
import dev.resilience.idempotency.store.Fingerprint;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.IdempotencyStore.StoredRecord;
import dev.resilience.idempotency.store.Reconciler;
import dev.resilience.idempotency.store.RecordKey;
import dev.resilience.idempotency.store.ResultCodec;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * A call that takes effect at most once for each key: the first call with a key runs, and
 * later ones get its stored result. Thread-safe.
 * <p>
 * The key is an {@link IdempotencyKey} in the {@link CallContext}; a call without one is
 * rejected. A duplicate waits for a running call, and gets the same outcome, for at most
 * {@code in-flight-wait}; 1,000 may wait for one call here. A failure of the call sets
 * its key free. A timeout, a cancellation, an interruption or an {@link Error} does not:
 * nobody knows whether the call took effect, so its record is abandoned, and calls with
 * its key, those who wait included, are rejected at once, until its {@code ttl} is over
 * or somebody {@linkplain #forget(String) forgets} it.
 * <p>
 * It promises one live claim for each key, as long as the store keeps what it accepted
 * and leases are renewed in time. That is not exactly once: a crash between effect and
 * record leaves an unknown outcome. Hand {@link IdempotencyContext#key()} and
 * {@link IdempotencyContext#fence()} on to the callee.
 * <p>
 * Rejections: {@link IdempotencyKeyException}, {@link IdempotencyConflictException},
 * {@link IdempotencyMismatchException}, {@link IdempotencyStoreException}. After the call
 * has run, a failing store costs the caller nothing.
 */
public final class IdempotentOperation extends Policy {

	/** The policies' type. */
	public static final String TYPE = "idempotency";

	private static final String ACTIVE = "ACTIVE";

	private final IdempotencyConfig config;

	private final IdempotencyRecords records;

	private final Executions executions;

	private final PlainExecution plain;

	/**
	 * Creates an operation.
	 * @param name its name, part of every record's name
	 * @param config how it treats its keys
	 * @param store where the records are; operations may share one
	 * @param time all the time it uses
	 */
	public IdempotentOperation(String name, IdempotencyConfig config, IdempotencyStore store, TimeSource time) {
		this(name, config, store, null, null, time);
	}

	/**
	 * Creates an operation whose results are written, or whose unknown outcomes can be
	 * found out.
	 * @param name its name, part of every record's name
	 * @param config how it treats its keys
	 * @param store where the records are; operations may share one
	 * @param codec writes and reads its results where the store
	 * {@linkplain IdempotencyStore#keepsBytes() keeps bytes}; not needed elsewhere
	 * @param reconciler finds out whether a call took effect, or {@code null}
	 * @param time all the time it uses
	 * @throws IllegalArgumentException when the store needs a codec and there is none
	 */
	public IdempotentOperation(String name, IdempotencyConfig config, IdempotencyStore store,
			@Nullable ResultCodec codec, @Nullable Reconciler reconciler, TimeSource time) {
		super(TYPE, name, time);
		this.config = config;
		Results results = new Results(needed(name, store, codec), config.maxResultSize());
		this.executions = new Executions(this, config, store, results, reconciler, time);
		this.records = new IdempotencyRecords(this, this.executions, store, config, results, time);
		this.plain = new PlainExecution(this, this.executions);
	}

	private static @Nullable ResultCodec needed(String name, IdempotencyStore store, @Nullable ResultCodec codec) {
		if (!store.keepsBytes()) {
			return null;
		}
		if (codec == null) {
			throw new IllegalArgumentException("The store of idempotent operation '" + name
					+ "' keeps bytes, so the operation needs a codec for its results");
		}
		return codec;
	}

	/**
	 * Runs a call once for its key.
	 * @param <T> what it returns
	 * @param key what makes two calls the same
	 * @param fingerprint a digest of what the call asks for, see {@link Fingerprint}, or
	 * {@code null}
	 * @param call the call
	 * @return what it returned, now or before
	 * @throws Exception what it threw, as it is
	 */
	public <T extends @Nullable Object> T execute(String key, @Nullable String fingerprint, Callable<T> call)
			throws Exception {
		return call(CallContext.ofKey(IdempotencyKey.of(key, fingerprint)), call);
	}

	/**
	 * Runs an asynchronous call once for its key. It never throws, every path completes
	 * the stage, and cancelling the stage's future cancels the call.
	 * @param <T> what it returns
	 * @param key what makes two calls the same
	 * @param fingerprint a digest of what the call asks for, see {@link Fingerprint}, or
	 * {@code null}
	 * @param call starts the call
	 * @return the outcome
	 */
	public <T extends @Nullable Object> CompletionStage<T> executeAsync(String key, @Nullable String fingerprint,
			Supplier<? extends CompletionStage<T>> call) {
		return callAsync(CallContext.ofKey(IdempotencyKey.of(key, fingerprint)), call);
	}

	/**
	 * Looks up what is known of a key.
	 * @param key the key
	 * @return its record, if there is one, with the result as the store keeps it;
	 * {@link TypedOperation#lookup(String)} tells the result itself
	 * @throws IdempotencyStoreException when the store fails
	 */
	public Optional<StoredRecord> lookup(String key) {
		return lookup(IdempotencyKey.of(key));
	}

	/**
	 * Looks up what is known of a key with a principal or a scope.
	 * @param key the key; its fingerprint does not matter
	 * @return its record, if there is one
	 * @throws IdempotencyStoreException when the store fails
	 */
	public Optional<StoredRecord> lookup(IdempotencyKey key) {
		return this.records.find(record(key));
	}

	/**
	 * Forgets a completed or abandoned call, so that the next one with its key runs. A
	 * running call is never forgotten; the work of an abandoned one, cancelled or timed
	 * out, may still run: make sure that it does not.
	 * @param key the key
	 * @return whether something was forgotten
	 * @throws IdempotencyStoreException when the store fails
	 */
	public boolean forget(String key) {
		return forget(IdempotencyKey.of(key));
	}

	/**
	 * Forgets a completed or abandoned call with a principal or a scope.
	 * @param key the key; its fingerprint does not matter
	 * @return whether something was forgotten
	 * @throws IdempotencyStoreException when the store fails
	 */
	public boolean forget(IdempotencyKey key) {
		return this.records.forget(record(key));
	}

	/**
	 * The operation's records, for people.
	 * @return to look them up, and to settle those of calls without a known outcome
	 */
	public IdempotencyRecords records() {
		return this.records;
	}

	@Override
	public <A, T extends @Nullable Object> T call(CallContext context, A argument, Call<A, T> work) throws Throwable {
		return this.plain.call(begin(context), context.mayWait(), argument, work);
	}

	@Override
	public <A, T extends @Nullable Object> CompletionStage<T> callAsync(CallContext context, A argument,
			Call<A, CompletionStage<T>> work) {
		try {
			AsyncExecution<A, T> execution = new AsyncExecution<>(this, this.executions, begin(context),
					context.mayWait(), argument, work);
			execution.start();
			if (execution.isDone()) {
				IdempotencyContext.finished(execution.isReplayed());
			}
			return execution;
		}
		catch (Throwable ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	@Override
	public boolean mayDelay() {
		return true;
	}

	@Override
	public PolicySnapshot snapshot() {
		PolicySnapshot.Builder snapshot = PolicySnapshot.of(this, ACTIVE, List.of(ACTIVE))
			.calls(this.executions.tally().calls())
			.rejections(this.executions.tally().rejections())
			.gauge("in-flight", this.executions.all().size());
		this.config.settings().forEach(snapshot::config);
		return snapshot.build();
	}

	/**
	 * What calls that repeat a completed one get of it.
	 */
	Outcome replay(StoredRecord completed) {
		return this.executions.replay(completed.value());
	}

	/**
	 * Counts a call that got the outcome of another one.
	 * @return what it gets of it
	 */
	Outcome joined(Outcome outcome) {
		if (outcome.rejection() == null) {
			this.executions.tally().count(Tally.End.JOINED);
		}
		return outcome.forAnother();
	}

	/**
	 * What a caller is thrown for an outcome.
	 */
	@Nullable Throwable failureOf(Outcome outcome) {
		return (outcome.rejection() != null) ? reject(outcome.rejection()) : outcome.failure();
	}

	void tell(String kind, String message, Map<String, Object> details) {
		publish(kind, message, details);
	}

	/**
	 * Rejects a call whose key or fingerprint cannot be read, for whoever reads them.
	 * @param cause why they cannot be read
	 * @return the exception to throw
	 */
	public CallRejectedException invalidKey(RuntimeException cause) {
		return reject(IdempotencyRejection.unreadableKey(this, cause));
	}

	CallRejectedException storeFailed(Throwable cause) {
		return reject(IdempotencyRejection.storeFailed(this, cause));
	}

	private CallRejectedException reject(IdempotencyRejection rejection) {
		this.executions.tally().count(rejection);
		return rejection.toException();
	}

	private Execution begin(CallContext context) {
		IdempotencyContext.finished(false);
		if (context.key() instanceof IdempotencyKey key) {
			return new Execution(record(key), key.fingerprint(), time().ticker().read());
		}
		throw reject(IdempotencyRejection.invalidKey(this, "the call carries no IdempotencyKey"));
	}

	private RecordKey record(IdempotencyKey key) {
		String fault = key.fault();
		if (fault != null) {
			throw reject(IdempotencyRejection.invalidKey(this, "the key " + fault));
		}
		return new RecordKey(key.scope(), key.principal(), name(), key.key());
	}

}
