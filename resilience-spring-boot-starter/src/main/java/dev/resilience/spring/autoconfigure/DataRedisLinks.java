package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.List;

import dev.resilience.redis.RedisLink;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Cluster;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Sentinel;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Standalone;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.util.StringUtils;

/**
 * Makes links of our own to where Spring Boot's connection details say that Redis is.
 * What they leave open is settled as Boot does it for its own connection: sentinels come
 * before a cluster, and a cluster before a server.
 */
final class DataRedisLinks {

	private static final String REMEDY = "Correct spring.data.redis, or whatever else describes Redis to Spring Boot,"
			+ " or set resilience.redis.url.";

	private DataRedisLinks() {
	}

	/**
	 * Makes a link.
	 * @param details the details
	 * @param url Boot's own, by which TLS may be asked for: the details do not tell it
	 * @param timeout how long a command may take
	 */
	static RedisLink link(DataRedisConnectionDetails details, @Nullable String url, Duration timeout) {
		SslBundle bundle = details.getSslBundle();
		Target target = target(details, bundle != null || (url != null && url.startsWith("rediss:")));
		SslOptions ssl = (bundle != null) ? options(bundle) : ClientOptions.DEFAULT_SSL_OPTIONS;
		try {
			return target.isCluster() ? RedisLink.toCluster(target.uris(), ssl, timeout)
					: RedisLink.to(target.uris().get(0), ssl, timeout);
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidPolicyException(RedisProperties.PREFIX, ex);
		}
	}

	static Target target(DataRedisConnectionDetails details, boolean tls) {
		try {
			Sentinel sentinel = details.getSentinel();
			if (sentinel != null) {
				return new Target(List.of(master(sentinel, details, tls)), false);
			}
			Cluster cluster = details.getCluster();
			if (cluster != null) {
				return new Target(cluster.getNodes()
					.stream()
					.map((node) -> server(node.host(), node.port(), details, tls).build())
					.toList(), true);
			}
			Standalone server = details.getStandalone();
			if (server != null && details.getMasterReplica() == null) {
				return new Target(List
					.of(server(server.getHost(), server.getPort(), details, tls).withDatabase(server.getDatabase())
						.build()), false);
			}
		}
		catch (RuntimeException ex) {
			// What it says may hold an address, and so a password.
			IllegalArgumentException unreadable = new IllegalArgumentException(
					"Spring Boot's connection details cannot be read");
			unreadable.setStackTrace(ex.getStackTrace());
			throw new InvalidPolicyException(RedisProperties.PREFIX, unreadable, REMEDY);
		}
		throw new InvalidPolicyException(RedisProperties.PREFIX,
				new IllegalArgumentException(
						"Spring Boot's connection details name no single server," + " no sentinels and no cluster"),
				REMEDY);
	}

	private static RedisURI.Builder server(String host, int port, DataRedisConnectionDetails details, boolean tls) {
		RedisURI.Builder uri = RedisURI.Builder.redis(host, port).withSsl(tls);
		return authenticate(uri, details.getUsername(), details.getPassword());
	}

	private static RedisURI master(Sentinel sentinel, DataRedisConnectionDetails details, boolean tls) {
		RedisURI.Builder uri = RedisURI.builder().withSentinelMasterId(sentinel.getMaster()).withSsl(tls);
		sentinel.getNodes()
			.forEach((node) -> uri
				.withSentinel(authenticate(RedisURI.Builder.redis(node.host(), node.port()).withSsl(tls),
						sentinel.getUsername(), sentinel.getPassword())
					.build()));
		return authenticate(uri, details.getUsername(), details.getPassword()).withDatabase(sentinel.getDatabase())
			.build();
	}

	private static RedisURI.Builder authenticate(RedisURI.Builder uri, @Nullable String username,
			@Nullable String password) {
		if (StringUtils.hasText(username)) {
			return uri.withAuthentication(username, (password != null) ? password : "");
		}
		return StringUtils.hasLength(password) ? uri.withPassword(password) : uri;
	}

	private static SslOptions options(SslBundle bundle) {
		SslOptions.Builder ssl = SslOptions.builder()
			.keyManager(bundle.getManagers().getKeyManagerFactory())
			.trustManager(bundle.getManagers().getTrustManagerFactory());
		String[] ciphers = bundle.getOptions().getCiphers();
		if (ciphers != null) {
			ssl.cipherSuites(ciphers);
		}
		String[] protocols = bundle.getOptions().getEnabledProtocols();
		if (protocols != null) {
			ssl.protocols(protocols);
		}
		return ssl.build();
	}

	/**
	 * The one server or master, or some nodes of a cluster.
	 */
	record Target(List<RedisURI> uris, boolean isCluster) {
	}

}
