package dev.resilience.redis;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import dev.resilience.config.Setting;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;

/**
 * What a client of our own is made with, wherever it leads to.
 */
final class RedisClients {

	private static final Duration REFRESH = Duration.ofSeconds(10);

	private static final int MAX_QUEUED = 100_000;

	private static final Duration MAX_TIMEOUT = Duration.ofMinutes(1);

	private RedisClients() {
	}

	static ClientOptions serverOptions(SslOptions ssl, Duration timeout) {
		return options(ClientOptions.builder(), ssl, timeout).autoReconnect(false).build();
	}

	static ClusterClientOptions clusterOptions(SslOptions ssl, Duration timeout) {
		ClusterClientOptions.Builder options = ClusterClientOptions.builder();
		options(options, ssl, timeout);
		return options
			.topologyRefreshOptions(ClusterTopologyRefreshOptions.builder()
				.adaptiveRefreshTriggersTimeout(RedisLink.RETRY)
				.enablePeriodicRefresh(REFRESH)
				.build())
			.build();
	}

	static ClientResources clusterResources() {
		return ClientResources.builder()
			.reconnectDelay(Delay.exponential(Duration.ZERO, RedisLink.RETRY, 2, TimeUnit.MILLISECONDS))
			.build();
	}

	private static ClientOptions.Builder options(ClientOptions.Builder options, SslOptions ssl, Duration timeout) {
		Setting.of("command-timeout", timeout)
			.require(timeout.compareTo(Duration.ZERO) > 0 && timeout.compareTo(MAX_TIMEOUT) <= 0,
					"must be positive and at most a minute", "set how long a call may wait for Redis, 1s say");
		return options.timeoutOptions(TimeoutOptions.enabled(timeout))
			.socketOptions(SocketOptions.builder().connectTimeout(timeout).build())
			.sslOptions(ssl)
			.disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
			.requestQueueSize(MAX_QUEUED);
	}

	/**
	 * Its message must not repeat the text: there may be a password in it.
	 */
	static RedisURI parse(String uri) {
		try {
			return RedisURI.create(uri);
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException("'url' is no address of Redis: write redis://host:port,"
					+ " rediss://user:password@host:port or redis-sentinel://host:port#master");
		}
	}

	/**
	 * Has nobody wait longer for it or its sentinels than for a command.
	 */
	static RedisURI limit(RedisURI uri, Duration timeout) {
		uri.setTimeout(timeout);
		uri.getSentinels().forEach((sentinel) -> sentinel.setTimeout(timeout));
		return uri;
	}

}
