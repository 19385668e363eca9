package dev.resilience.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.resilience.config.Setting;
import dev.resilience.time.Ticker;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ByteArrayOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.resource.ClientResources;
import org.jspecify.annotations.Nullable;

/**
 * One connection to Redis that all policies share, and that nothing else uses.
 * Thread-safe.
 * <p>
 * It connects with the first command, not before, so that an application starts while
 * Redis is away. A command that gets no answer within the time-out fails. When there is
 * no connection, a command tries to connect, for as long as the time-out, and others wait
 * for the same try. A connection that has answered something is followed by the next try
 * at once. After a try that failed, or a connection that never answered, the next one
 * begins a second after it at the earliest; until then commands fail at once instead of
 * waiting in a queue. A connection on which nothing was answered for a whole time-out is
 * replaced. A command whose answer was lost with a connection may be sent again on the
 * next one.
 */
public final class RedisLink implements AutoCloseable {

	// The connection to a server is made anew here, not by Lettuce: its first connect
	// fails for good when Redis is not there, and later, commands either fail while it
	// connects again, although they only lost their connection, or all wait for their
	// time-outs while Redis is away. Here they wait for one attempt, and if that failed,
	// nobody waits for a second. In a cluster Lettuce does it for each node; it would
	// come to half a minute between its attempts.

	static final Duration RETRY = Duration.ofSeconds(1);

	private static final Pattern EVICTION_POLICY = Pattern.compile("maxmemory_policy:(\\S+)");

	private final Supplier<CompletableFuture<? extends StatefulConnection<byte[], byte[]>>> connector;

	private final AbstractRedisClient client;

	private final @Nullable ClientResources resources;

	private final Ticker ticker;

	private final AtomicReference<@Nullable RedisAttempt> attempt = new AtomicReference<>();

	private RedisLink(Supplier<CompletableFuture<? extends StatefulConnection<byte[], byte[]>>> connector,
			AbstractRedisClient client, @Nullable ClientResources resources, Ticker ticker) {
		this.connector = connector;
		this.client = client;
		this.resources = resources;
		this.ticker = ticker;
	}

	/**
	 * Links to one server, or to the master that sentinels name.
	 * @param uri where it is, with TLS and credentials as Lettuce writes them:
	 * {@code redis://}, {@code rediss://} or {@code redis-sentinel://}
	 * @param timeout how long a command may take, positive and at most a minute
	 * @return the link, to be closed
	 * @throws IllegalArgumentException when an argument breaks its rule
	 */
	public static RedisLink to(String uri, Duration timeout) {
		return to(RedisClients.parse(uri), ClientOptions.DEFAULT_SSL_OPTIONS, timeout);
	}

	/**
	 * Links to one server, or to the master that sentinels name.
	 * @param uri where it is, with credentials; its time-outs are set
	 * @param ssl what TLS works with, where the address asks for TLS
	 * @param timeout how long a command may take, positive and at most a minute
	 * @return the link, to be closed
	 * @throws IllegalArgumentException when an argument breaks its rule
	 */
	public static RedisLink to(RedisURI uri, SslOptions ssl, Duration timeout) {
		ClientOptions options = RedisClients.serverOptions(ssl, timeout);
		RedisClient client = RedisClient.create();
		client.setOptions(options);
		return of(client, RedisClients.limit(uri, timeout));
	}

	/**
	 * Links to a cluster.
	 * @param uris where some of its nodes are
	 * @param timeout how long a command may take, positive and at most a minute
	 * @return the link, to be closed
	 * @throws IllegalArgumentException when an argument breaks its rule
	 */
	public static RedisLink toCluster(List<String> uris, Duration timeout) {
		return toCluster(uris.stream().map(RedisClients::parse).toList(), ClientOptions.DEFAULT_SSL_OPTIONS, timeout);
	}

	/**
	 * Links to a cluster.
	 * @param uris where some of its nodes are, with credentials; their time-outs are set
	 * @param ssl what TLS works with, where the addresses ask for TLS
	 * @param timeout how long a command may take, positive and at most a minute
	 * @return the link, to be closed
	 * @throws IllegalArgumentException when an argument breaks its rule
	 * @see #toCluster(List, Duration)
	 */
	public static RedisLink toCluster(List<RedisURI> uris, SslOptions ssl, Duration timeout) {
		ClusterClientOptions options = RedisClients.clusterOptions(ssl, timeout);
		Setting.of("nodes", uris).require(!uris.isEmpty(), "must not be empty", "name at least one node");
		uris.forEach((uri) -> RedisClients.limit(uri, timeout));
		ClientResources resources = RedisClients.clusterResources();
		RedisClusterClient client = RedisClusterClient.create(resources, uris);
		client.setOptions(options);
		return new RedisLink(connector(client), client, resources, Ticker.system());
	}

	/**
	 * Links by a client that was made elsewhere, with its options. They decide how long
	 * commands wait: without {@link ClientOptions#getTimeoutOptions() time-out options}
	 * such as {@link TimeoutOptions#enabled(Duration)} a command without an answer waits
	 * for ever. The connect time-out of its socket options limits a try to connect. It
	 * should not reconnect by itself ({@code autoReconnect(false)}), for the link does,
	 * and should bound its queue ({@code requestQueueSize}).
	 * @param client the client, which is shut down with the link
	 * @param uri where the server is
	 * @return the link, to be closed
	 */
	public static RedisLink of(RedisClient client, RedisURI uri) {
		return new RedisLink(connector(client, uri), client, null, Ticker.system());
	}

	/**
	 * Links to a cluster by a client that was made elsewhere, with its options. They
	 * decide how long commands wait: without time-out options such as
	 * {@link TimeoutOptions#enabled(Duration)} a command without an answer waits for
	 * ever. The connect time-out of its socket options limits a try to connect. It should
	 * reject commands while it is disconnected
	 * ({@code DisconnectedBehavior.REJECT_COMMANDS}), or they wait in a queue.
	 * @param client the client, which is shut down with the link
	 * @return the link, to be closed
	 */
	public static RedisLink of(RedisClusterClient client) {
		return new RedisLink(connector(client), client, null, Ticker.system());
	}

	private static Supplier<CompletableFuture<? extends StatefulConnection<byte[], byte[]>>> connector(
			RedisClient client, RedisURI uri) {
		return () -> client.connectAsync(ByteArrayCodec.INSTANCE, uri).toCompletableFuture();
	}

	private static Supplier<CompletableFuture<? extends StatefulConnection<byte[], byte[]>>> connector(
			RedisClusterClient client) {
		return () -> client.refreshPartitionsAsync()
			.thenCompose((known) -> client.connectAsync(ByteArrayCodec.INSTANCE))
			.toCompletableFuture();
	}

	/**
	 * Sends commands in one go. They fail when there is no connection. The server gets
	 * them in their order; in a cluster another order is possible while a node is being
	 * connected or a slot moves.
	 */
	void send(List<? extends AsyncCommand<byte[], byte[], ?>> commands) {
		RedisAttempt latest = latest();
		long sentAt = this.ticker.read();
		for (AsyncCommand<byte[], byte[], ?> command : commands) {
			CompletionStage<?> answer = command;
			answer.whenComplete((value, failure) -> answered(latest, sentAt, failure));
		}
		latest.dispatch(commands);
	}

	/**
	 * Notices a connection that is lost. A cluster's is many, which Lettuce looks after.
	 */
	private void answered(RedisAttempt used, long sentAt, @Nullable Throwable failure) {
		if (failure == null || failure instanceof RedisCommandExecutionException) {
			used.heard(this.ticker.read());
		}
		else if (!isCluster() && !used.isRefusal(failure) && (!(failure instanceof RedisCommandTimeoutException)
				|| used.isSilentSince(sentAt, this.ticker.read()))) {
			used.lose();
		}
	}

	private Duration limit() {
		return this.client.getOptions().getSocketOptions().getConnectTimeout();
	}

	/**
	 * Asks what the server does when its memory is full, for it must not evict records:
	 * an evicted one lets its call run again.
	 * @return the server's {@code maxmemory-policy}, {@code noeviction} if all is well;
	 * in a cluster one node's; it fails when the server does not tell
	 */
	public CompletionStage<String> evictionPolicy() {
		AsyncCommand<byte[], byte[], byte[]> info = new AsyncCommand<>(
				new Command<>(CommandType.INFO, new ByteArrayOutput<>(ByteArrayCodec.INSTANCE),
						new CommandArgs<>(ByteArrayCodec.INSTANCE).add("memory")));
		send(List.of(info));
		return info.thenApply((text) -> {
			Matcher matcher = EVICTION_POLICY.matcher(new String(text, StandardCharsets.US_ASCII));
			if (!matcher.find()) {
				throw new IllegalStateException("INFO memory does not name the maxmemory_policy");
			}
			return matcher.group(1);
		});
	}

	/**
	 * Whether keys live on several nodes, so that a command without a key may reach any.
	 */
	boolean isCluster() {
		return this.client instanceof RedisClusterClient;
	}

	private RedisAttempt latest() {
		while (true) {
			RedisAttempt latest = this.attempt.get();
			if (latest != null && !latest.isOver(this.ticker.read())) {
				return latest;
			}
			RedisAttempt next = new RedisAttempt(this.ticker.read());
			if (this.attempt.compareAndSet(latest, next)) {
				if (latest != null) {
					latest.close();
				}
				next.begin(this.connector, limit());
				return next;
			}
		}
	}

	/**
	 * Closes the connection. Commands that come later fail.
	 */
	@Override
	public void close() {
		RedisAttempt latest = this.attempt.getAndSet(RedisAttempt.last(this.ticker.read()));
		if (latest != null) {
			latest.close();
		}
		this.client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
		if (this.resources != null) {
			this.resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
		}
	}

}
