package dev.resilience.redis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import org.jspecify.annotations.Nullable;
import redis.embedded.RedisServer;
import redis.embedded.core.RedisServerBuilder;

/**
 * A real Redis server on a free port, which keeps nothing unless it is told to.
 */
public final class RedisProcess implements AutoCloseable {

	/** Makes it keep what it has accepted, even when it is killed. */
	static final String[] PERSISTENT = { "appendonly yes", "appendfsync always" };

	// A node of a cluster talks to the others on a port that is 10,000 higher.
	private static final int MAX_PORT = 55_000;

	private final List<String> settings = new ArrayList<>(List.of("save \"\"", "appendonly no", "bind 127.0.0.1"));

	private final Path directory;

	private static final int MAX_STARTS = 5;

	private int port;

	private RedisServer server;

	private @Nullable RedisClient client;

	/**
	 * Starts a server.
	 * @param settings lines of its configuration
	 */
	public RedisProcess(String... settings) throws IOException {
		this.directory = Files.createTempDirectory("redis");
		this.settings.add("dir " + this.directory);
		this.settings.addAll(List.of(settings));
		this.port = freePort();
		this.server = build();
		start(1);
	}

	/**
	 * Somebody else may take the port before the server does. Then it gets another one.
	 */
	private void start(int starts) throws IOException {
		try {
			this.server.start();
		}
		catch (IOException ex) {
			if (starts == MAX_STARTS) {
				throw ex;
			}
			this.server.stop();
			this.port = freePort();
			this.server = build();
			start(starts + 1);
		}
	}

	private RedisServer build() throws IOException {
		RedisServerBuilder builder = RedisServer.newRedisServer().port(this.port).onShutdownForceStop(true);
		this.settings.forEach(builder::setting);
		return builder.build();
	}

	/**
	 * A port that nobody uses, for now.
	 * @return the port
	 */
	public static int freePort() throws IOException {
		while (true) {
			try (ServerSocket socket = new ServerSocket(0)) {
				if (socket.getLocalPort() < MAX_PORT) {
					return socket.getLocalPort();
				}
			}
		}
	}

	/**
	 * Its port, of 127.0.0.1.
	 * @return the port
	 */
	public int port() {
		return this.port;
	}

	/**
	 * Where it is.
	 * @return its address
	 */
	public String uri() {
		return "redis://127.0.0.1:" + this.port;
	}

	/**
	 * Commands to it, by a connection that is closed with it.
	 */
	RedisCommands<String, String> commands() {
		if (this.client == null) {
			this.client = RedisClient.create(uri());
		}
		return this.client.connect().sync();
	}

	/**
	 * Kills it.
	 */
	public void stop() throws IOException {
		this.server.stop();
	}

	/**
	 * Starts it on the same port, with what it has kept: nothing, unless it was told to.
	 */
	public void startAgain() throws IOException {
		this.server = build();
		this.server.start();
	}

	@Override
	public void close() throws IOException {
		if (this.client != null) {
			this.client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
		}
		stop();
		try (Stream<Path> files = Files.walk(this.directory)) {
			files.sorted(Comparator.reverseOrder()).forEach(RedisProcess::delete);
		}
	}

	private static void delete(Path file) {
		try {
			Files.deleteIfExists(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
