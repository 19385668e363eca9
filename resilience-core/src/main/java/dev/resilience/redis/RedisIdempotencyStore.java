package dev.resilience.redis;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.resilience.async.CallResult;
import dev.resilience.config.Setting;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.RecordKey;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ByteArrayOutput;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import org.jspecify.annotations.Nullable;

/**
 * Keeps records in Redis, so that they outlive a JVM, and all instances of an application
 * share them. Thread-safe. Values are {@code byte[]}.
 * <p>
 * A first call costs two round trips, a replay one. A record is one key, the prefix and a
 * {@linkplain RecordKey#digest() digest}, which tells nothing of what it is for. A
 * completed record stays for its {@code ttl}, and for what was left of its lease. Leases
 * are judged by the server's clock. It needs Redis 5 or later, on a server that evicts
 * nothing ({@code maxmemory-policy noeviction}, see {@link RedisLink#evictionPolicy()}):
 * an evicted record lets its call run again.
 * <p>
 * So does a record that the server has accepted and lost: Redis copies to its replicas in
 * the background, so a failover loses what the new master had not got yet, and a server
 * that does not persist loses all with a restart. The server's settings
 * {@code min-replicas-to-write} and {@code appendfsync always} narrow that, nothing rules
 * it out. A fence grows as long as the clock of the server, or of the one that takes over
 * from it, does not step back.
 */
public final class RedisIdempotencyStore implements IdempotencyStore {

	// A claim is three plain commands sent in one go: GET, SET NX and TIME. If SET NX
	// makes the record, TIME, which the server runs after it, is the fence: a later claim
	// of the key can only succeed after this record is gone, so its TIME is later. If
	// not, what GET found is judged here. Plain commands cost the server a third of what
	// a script does. In a cluster, a TIME without a key might reach a node with another
	// clock, so it is a script on the key; and commands may change places, see RedisLink,
	// so the script tells the time only of a record that is there.
	//
	// The server's expiry is the lease as well: a record expires a lease and a ttl after
	// it was claimed or renewed, so while more than the ttl is left, the lease holds.
	// Only who finds a claim that has not ended has to ask for that.
	//
	// What an owner does later is a script, which looks at the owner first. But for the
	// result: it is appended, see RecordBytes, and a GETRANGE sent along with it tells
	// whose record that was. While the lease holds, more than the ttl is left, so an
	// append needs no expiry. For a result that comes later, a PTTL sent along tells that
	// the script has to give it the whole ttl. Until it has, the result stays for what
	// was left of the record.

	private static final int MAX_APPENDED = 16 * 1024;

	// PTTL's answer for a key that is not there.
	private static final long GONE = -2;

	static final ByteArrayCodec BYTES = ByteArrayCodec.INSTANCE;

	private final RedisLink link;

	private final byte[] prefix;

	private final Clock clock;

	/**
	 * Creates a store.
	 * @param link the connection, which stays open when the store is not used any more
	 * @param prefix what all keys begin with, {@code resilience:idem:} say
	 * @param clock tells when a call was claimed and completed, for people
	 */
	public RedisIdempotencyStore(RedisLink link, String prefix, Clock clock) {
		this.link = link;
		this.clock = clock;
		this.prefix = Setting.of("key-prefix", prefix)
			.require(prefix.matches("[\\w:.-]{0,64}"), "must be at most 64 letters, digits or any of _ : . -",
					"choose a short name such as resilience:idem:")
			.value()
			.getBytes(StandardCharsets.US_ASCII);
	}

	void send(List<? extends AsyncCommand<byte[], byte[], ?>> commands) {
		this.link.send(commands);
	}

	boolean isCluster() {
		return this.link.isCluster();
	}

	@Override
	public boolean keepsBytes() {
		return true;
	}

	@Override
	public CompletionStage<Claim> claim(RecordKey key, UUID owner, @Nullable String fingerprint, Duration lease,
			Duration ttl) {
		return new RedisClaim(this, this.clock.millis(), key(key), owner, fingerprint, lease, ttl, false).ask();
	}

	@Override
	public CompletionStage<Claim> takeOver(RecordKey key, UUID owner, @Nullable String fingerprint, Duration lease,
			Duration ttl) {
		return new RedisClaim(this, this.clock.millis(), key(key), owner, fingerprint, lease, ttl, true).ask();
	}

	@Override
	public CompletionStage<Boolean> complete(RecordKey key, UUID owner, @Nullable String fingerprint,
			@Nullable Object value, Duration ttl) {
		byte[] name = key(key);
		long now = this.clock.millis();
		byte[] head = new RecordBytes.Head(owner, ttl.toMillis(), now, 1, fingerprint).bytes();
		byte[] result = RecordBytes.result(owner, now, (byte[]) Objects.requireNonNull(value));
		if (result.length > MAX_APPENDED) {
			return completeByScript(name, owner, head, result, ttl);
		}
		AsyncCommand<byte[], byte[], Long> append = command(CommandType.APPEND, new IntegerOutput<>(BYTES),
				args().addKey(name).addValue(result));
		AsyncCommand<byte[], byte[], byte[]> holder = command(CommandType.GETRANGE, new ByteArrayOutput<>(BYTES),
				args().addKey(name).add(0).add(RecordBytes.HOLDER_LENGTH - 1));
		AsyncCommand<byte[], byte[], Long> left = left(name);
		this.link.send(List.of(append, holder, left));
		return append
			.thenCombine(holder,
					(length, begin) -> length == head.length + result.length && RecordBytes.begins(head, begin))
			.thenCombine(left, (own, millis) -> own && millis >= ttl.toMillis())
			.thenCompose((stored) -> stored ? CompletableFuture.completedFuture(true)
					: completeByScript(name, owner, head, result, ttl));
	}

	private CompletionStage<Boolean> completeByScript(byte[] name, UUID owner, byte[] head, byte[] result,
			Duration ttl) {
		return run(RecordScript.COMPLETE, name, owner, head, result, number(Math.max(1, ttl.toMillis())))
			.thenApply(RedisIdempotencyStore::isOne);
	}

	@Override
	public CompletionStage<Boolean> release(RecordKey key, UUID owner) {
		return run(RecordScript.RELEASE, key(key), owner).thenApply(RedisIdempotencyStore::isOne);
	}

	@Override
	public CompletionStage<Boolean> renew(RecordKey key, UUID owner, Duration lease) {
		return run(RecordScript.RENEW, key(key), owner, number(lease.toMillis())).thenApply((micros) -> micros > 0);
	}

	@Override
	public CompletionStage<Boolean> abandon(RecordKey key, UUID owner) {
		return run(RecordScript.ABANDON, key(key), owner).thenApply(RedisIdempotencyStore::isOne);
	}

	@Override
	public CompletionStage<Boolean> forget(RecordKey key, @Nullable UUID owner) {
		return run(RecordScript.FORGET, key(key), (owner != null) ? owner : new UUID(0, 0),
				number((owner != null) ? 1 : 0))
			.thenApply(RedisIdempotencyStore::isOne);
	}

	@Override
	public CompletionStage<Optional<StoredRecord>> find(RecordKey key) {
		return look(key(key)).thenApply((sight) -> sight.map(RecordSight::view));
	}

	/**
	 * Looks at a record and the time that it has left, in this order of time.
	 */
	CompletionStage<Optional<RecordSight>> look(byte[] name) {
		AsyncCommand<byte[], byte[], Long> left = left(name);
		AsyncCommand<byte[], byte[], byte[]> get = get(name);
		this.link.send(List.of(left, get));
		return left.thenCombine(get, (millis, bytes) -> (bytes == null || millis == GONE) ? Optional.empty()
				: Optional.of(new RecordSight(RecordBytes.read(bytes), millis)));
	}

	CompletionStage<Long> run(RecordScript script, byte[] name, UUID owner, byte[]... more) {
		AsyncCommand<byte[], byte[], Long> known = known(script, name, owner, more);
		this.link.send(List.of(known));
		return orAnew(known, script, name, owner, more);
	}

	/**
	 * A script as a server that knows it takes it.
	 */
	static AsyncCommand<byte[], byte[], Long> known(RecordScript script, byte[] name, UUID owner, byte[]... more) {
		return script(CommandType.EVALSHA, script.sha(), name, owner, more);
	}

	/**
	 * A script's answer, also from a server that did not know it.
	 */
	CompletionStage<Long> orAnew(CompletionStage<Long> known, RecordScript script, byte[] name, UUID owner,
			byte[]... more) {
		return known.exceptionallyCompose((failure) -> (CallResult.unwrap(failure) instanceof RedisNoScriptException)
				? send(script(CommandType.EVAL, script.text(), name, owner, more))
				: CompletableFuture.failedStage(failure));
	}

	private <T> CompletionStage<T> send(AsyncCommand<byte[], byte[], T> command) {
		this.link.send(List.of(command));
		return command;
	}

	private static boolean isOne(Long answer) {
		return answer == 1;
	}

	private static AsyncCommand<byte[], byte[], Long> script(CommandType type, String script, byte[] name, UUID owner,
			byte[]... more) {
		CommandArgs<byte[], byte[]> args = args().add(script).add(1).addKey(name).addValue(RecordBytes.bytes(owner));
		for (byte[] each : more) {
			args.addValue(each);
		}
		return command(type, new IntegerOutput<>(BYTES), args);
	}

	static AsyncCommand<byte[], byte[], byte[]> get(byte[] name) {
		return command(CommandType.GET, new ByteArrayOutput<>(BYTES), args().addKey(name));
	}

	private static AsyncCommand<byte[], byte[], Long> left(byte[] name) {
		return command(CommandType.PTTL, new IntegerOutput<>(BYTES), args().addKey(name));
	}

	static <T> AsyncCommand<byte[], byte[], T> command(CommandType type, CommandOutput<byte[], byte[], T> output,
			CommandArgs<byte[], byte[]> args) {
		return new AsyncCommand<>(new Command<>(type, output, args));
	}

	static CommandArgs<byte[], byte[]> args() {
		return new CommandArgs<>(BYTES);
	}

	static byte[] number(long value) {
		return Long.toString(value).getBytes(StandardCharsets.US_ASCII);
	}

	/**
	 * The name of a record's key. Its digest also decides in which slot of a cluster it
	 * is.
	 */
	private byte[] key(RecordKey key) {
		byte[] digest = key.digest().getBytes(StandardCharsets.US_ASCII);
		byte[] name = Arrays.copyOf(this.prefix, this.prefix.length + digest.length);
		System.arraycopy(digest, 0, name, this.prefix.length, digest.length);
		return name;
	}

}
