package dev.resilience.benchmark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;

import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.ResultCodec;
import dev.resilience.redis.RedisIdempotencyStore;
import dev.resilience.redis.RedisLink;
import dev.resilience.time.TimeSource;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.output.ValueListOutput;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import redis.embedded.RedisServer;

/**
 * A real server, idempotent calls that keep their results there, and what they are
 * compared with: the same conversations by Lettuce alone, through a connection of its
 * own. Every first call has a new key; results have 100 characters.
 */
final class RedisCalls implements AutoCloseable {

	private static final String CLAIM = "local v = redis.call('GET', KEYS[1]) if v then return v end"
			+ " redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])";

	private static final String COMPLETE = "return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])";

	private static final StringCodec TEXT = StringCodec.ASCII;

	private static final long STAY = Duration.ofMinutes(61).toMillis();

	private final String result = "r".repeat(100);

	private final String record = "p".repeat(37);

	private final Callable<String> work = () -> this.result;

	private final AtomicLong next = new AtomicLong();

	private final RedisServer server;

	private final RedisLink link;

	private final IdempotentOperation operation;

	private final RedisClient client;

	private final StatefulRedisConnection<String, String> connection;

	private final String claim;

	private final String complete;

	RedisCalls() {
		int port = freePort();
		this.server = server(port);
		String uri = "redis://127.0.0.1:" + port;
		this.link = RedisLink.to(uri, Duration.ofSeconds(5));
		this.operation = new IdempotentOperation("operation", IdempotencyConfig.builder().build(),
				new RedisIdempotencyStore(this.link, "resilience:idem:", Clock.systemUTC()), new Text(), null,
				TimeSource.system());
		this.client = RedisClient.create(uri);
		this.connection = this.client.connect();
		this.claim = commands().scriptLoad(CLAIM);
		this.complete = commands().scriptLoad(COMPLETE);
		commands().set("raw-replayed", this.record + this.result);
	}

	private static RedisServer server(int port) {
		try {
			RedisServer server = RedisServer.newRedisServer()
				.port(port)
				.bind("127.0.0.1")
				.setting("save \"\"")
				.setting("daemonize no")
				.setting("appendonly no")
				.setting("maxmemory 1gb")
				.setting("maxmemory-policy allkeys-random")
				.build();
			server.start();
			return server;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static int freePort() {
		try (ServerSocket socket = new ServerSocket(0)) {
			return socket.getLocalPort();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private RedisCommands<String, String> commands() {
		return this.connection.sync();
	}

	private String newKey() {
		return "resilience:idem:" + UUID
			.nameUUIDFromBytes(Long.toString(this.next.incrementAndGet()).getBytes(StandardCharsets.US_ASCII));
	}

	String first() throws Exception {
		return this.operation.execute(newKey(), null, this.work);
	}

	String replay() throws Exception {
		return this.operation.execute("replayed", null, this.work);
	}

	/**
	 * The six commands of a first call in their two round trips.
	 */
	String rawFirst() throws Exception {
		String key = newKey();
		claim(key);
		AsyncCommand<String, String, Long> append = command(CommandType.APPEND, new IntegerOutput<>(TEXT),
				args(key).addValue(this.result));
		AsyncCommand<String, String, String> holder = command(CommandType.GETRANGE, new ValueOutput<>(TEXT),
				args(key).add(0).add(36));
		AsyncCommand<String, String, Long> left = command(CommandType.PTTL, new IntegerOutput<>(TEXT), args(key));
		this.connection.dispatch(List.of(append, holder, left));
		append.get();
		left.get();
		return holder.get();
	}

	/**
	 * The three commands of a replay in their one round trip.
	 */
	String rawReplay() throws Exception {
		return claim("raw-replayed");
	}

	private String claim(String key) throws Exception {
		AsyncCommand<String, String, String> get = command(CommandType.GET, new ValueOutput<>(TEXT), args(key));
		AsyncCommand<String, String, String> set = command(CommandType.SET, new StatusOutput<>(TEXT),
				args(key).addValue(this.record).add("PX").add(STAY).add("NX"));
		AsyncCommand<String, String, List<String>> time = command(CommandType.TIME, new ValueListOutput<>(TEXT),
				new CommandArgs<>(TEXT));
		this.connection.dispatch(List.of(get, set, time));
		get.get();
		set.get();
		time.get();
		return key;
	}

	private static CommandArgs<String, String> args(String key) {
		return new CommandArgs<>(TEXT).addKey(key);
	}

	private static <T> AsyncCommand<String, String, T> command(CommandType type,
			CommandOutput<String, String, T> output, CommandArgs<String, String> args) {
		return new AsyncCommand<>(new Command<>(type, output, args));
	}

	/**
	 * The two scripts of a simple protocol.
	 */
	String scriptFirst() {
		String key = newKey();
		commands().evalsha(this.claim, ScriptOutputType.VALUE, new String[] { key }, this.record, Long.toString(STAY));
		return commands().evalsha(this.complete, ScriptOutputType.STATUS, new String[] { key },
				this.record + this.result, Long.toString(STAY));
	}

	String scriptReplay() {
		return commands().evalsha(this.claim, ScriptOutputType.VALUE, new String[] { "raw-replayed" }, this.record,
				Long.toString(STAY));
	}

	/**
	 * The three plain commands of a protocol without owners.
	 */
	String plainFirst() {
		String key = newKey();
		commands().get(key);
		commands().set(key, this.record, SetArgs.Builder.nx().px(STAY));
		return commands().set(key, this.record + this.result, SetArgs.Builder.xx().px(STAY));
	}

	String plainReplay() {
		return commands().get("raw-replayed");
	}

	void resetStatistics() {
		commands().configResetstat();
	}

	String statistics() {
		return commands().info("commandstats");
	}

	@Override
	public void close() throws IOException {
		this.link.close();
		this.client.shutdown();
		this.server.stop();
	}

	private static final class Text implements ResultCodec {

		@Override
		public byte[] encode(Object value) {
			return ((String) value).getBytes(StandardCharsets.ISO_8859_1);
		}

		@Override
		public Object decode(byte[] bytes) {
			return new String(bytes, StandardCharsets.ISO_8859_1);
		}

	}

}
