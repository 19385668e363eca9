package dev.resilience.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

import dev.resilience.idempotency.store.IdempotencyStore.Claim;
import dev.resilience.idempotency.store.IdempotencyStore.Status;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.output.ValueListOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.CommandType;
import org.jspecify.annotations.Nullable;

/**
 * One claim, until it has its answer. Asked by one thread at a time.
 */
final class RedisClaim {

	// What is to follow an answer is arranged before the question is sent: a future
	// serves first who came last, and the link must know that a connection was lost when
	// the claim is asked for again.

	private static final long MICROS = TimeUnit.SECONDS.toMicros(1);

	private static final int MAX_ASKED = 3;

	private final RedisIdempotencyStore store;

	private final long now;

	private final byte[] name;

	private final UUID owner;

	private final @Nullable String fingerprint;

	private final Duration lease;

	private final Duration ttl;

	private final boolean takingOver;

	private int asked;

	RedisClaim(RedisIdempotencyStore store, long now, byte[] name, UUID owner, @Nullable String fingerprint,
			Duration lease, Duration ttl, boolean takingOver) {
		this.store = store;
		this.now = now;
		this.name = name;
		this.owner = owner;
		this.fingerprint = fingerprint;
		this.lease = lease;
		this.ttl = ttl;
		this.takingOver = takingOver;
	}

	CompletionStage<Claim> ask() {
		AsyncCommand<byte[], byte[], byte[]> get = RedisIdempotencyStore.get(this.name);
		AsyncCommand<byte[], byte[], String> set = RedisIdempotencyStore.command(CommandType.SET,
				new StatusOutput<>(RedisIdempotencyStore.BYTES),
				RedisIdempotencyStore.args().addKey(this.name).addValue(head(1)).add("PX").add(stay()).add("NX"));
		return this.store.isCluster() ? askNode(get, set) : askServer(get, set);
	}

	private CompletionStage<Claim> askServer(AsyncCommand<byte[], byte[], byte[]> get,
			AsyncCommand<byte[], byte[], String> set) {
		AsyncCommand<byte[], byte[], List<byte[]>> time = RedisIdempotencyStore.command(CommandType.TIME,
				new ValueListOutput<>(RedisIdempotencyStore.BYTES), RedisIdempotencyStore.args());
		CompletionStage<Claim> claim = decide(get, set,
				time.thenApply((parts) -> number(parts.get(0)) * MICROS + number(parts.get(1))));
		this.store.send(List.of(get, set, time));
		return claim;
	}

	private CompletionStage<Claim> askNode(AsyncCommand<byte[], byte[], byte[]> get,
			AsyncCommand<byte[], byte[], String> set) {
		AsyncCommand<byte[], byte[], Long> time = RedisIdempotencyStore.known(RecordScript.TIME, this.name, this.owner);
		CompletionStage<Claim> claim = decide(get, set,
				this.store.orAnew(time, RecordScript.TIME, this.name, this.owner));
		this.store.send(List.of(get, set, time));
		return claim;
	}

	/**
	 * What the answers will mean. The record that was found may be gone by the time that
	 * ours is made; while it is there, it counts also if the server takes no writes.
	 */
	CompletionStage<Claim> decide(CompletionStage<byte[]> get, CompletionStage<String> set,
			CompletionStage<Long> time) {
		return get.thenCompose(
				(found) -> ((found != null) ? set.exceptionally((refused) -> null) : set).thenCompose((made) -> {
					if (made != null) {
						return time.thenCompose((micros) -> grantedOrAskAgain(micros, 1));
					}
					return (found != null) ? judge(RecordBytes.read(found)) : askAgain();
				}));
	}

	private byte[] head(int attempt) {
		return new RecordBytes.Head(this.owner, this.ttl.toMillis(), this.now, attempt, this.fingerprint).bytes();
	}

	/**
	 * How long a claim that is not renewed stays, in milliseconds.
	 */
	private long stay() {
		return this.lease.plus(this.ttl).toMillis();
	}

	private static long number(byte[] digits) {
		return Long.parseLong(new String(digits, StandardCharsets.US_ASCII));
	}

	/**
	 * Somebody was faster, or the record has just gone.
	 */
	private CompletionStage<Claim> askAgain() {
		this.asked++;
		return (this.asked < MAX_ASKED) ? ask()
				: CompletableFuture.completedFuture(new Claim.InProgress(Duration.ofMillis(1)));
	}

	private CompletionStage<Claim> judge(RecordBytes record) {
		Claim known = known(record);
		if (known != null) {
			return conclude(known, record);
		}
		if (record.owner().equals(this.owner)) {
			return this.store
				.run(RecordScript.RENEW, this.name, this.owner, RedisIdempotencyStore.number(this.lease.toMillis()))
				.thenCompose((micros) -> grantedOrAskAgain(micros, record.attempt()));
		}
		return this.store.look(this.name).thenCompose((sight) -> sight.map(this::judge).orElseGet(this::askAgain));
	}

	private CompletionStage<Claim> judge(RecordSight sight) {
		Claim known = known(sight.record());
		if (known == null) {
			known = (sight.status() == Status.ABANDONED) ? new Claim.Abandoned()
					: new Claim.InProgress(sight.leaseLeft());
		}
		return conclude(known, sight.record());
	}

	private CompletionStage<Claim> conclude(Claim claim, RecordBytes record) {
		return (this.takingOver && claim instanceof Claim.Abandoned) ? takeOver(record)
				: CompletableFuture.completedFuture(claim);
	}

	private CompletionStage<Claim> takeOver(RecordBytes former) {
		int attempt = former.attempt() + 1;
		return this.store
			.run(RecordScript.TAKE_OVER, this.name, this.owner, RecordBytes.bytes(former.owner()), head(attempt),
					RedisIdempotencyStore.number(stay()))
			.thenCompose((micros) -> grantedOrAskAgain(micros, attempt));
	}

	private CompletionStage<Claim> grantedOrAskAgain(long micros, int attempt) {
		return (micros > 0) ? CompletableFuture.completedFuture(new Claim.Granted(micros, attempt)) : askAgain();
	}

	/**
	 * What a record alone tells, without the time that it has left.
	 */
	private @Nullable Claim known(RecordBytes record) {
		if (!record.hasFingerprint(this.fingerprint)) {
			return new Claim.Mismatch();
		}
		if (record.isCompleted()) {
			return new Claim.Completed(record.result(), Instant.ofEpochMilli(record.endedAt()));
		}
		return record.isAbandoned() ? new Claim.Abandoned() : null;
	}

}
