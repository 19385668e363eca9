package dev.resilience.redis;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import io.lettuce.core.api.sync.RedisCommands;

/**
 * JVMs that share a server, which also keeps a ledger of what took effect.
 */
final class ChildProcesses implements AutoCloseable {

	private final Queue<ChildProcess> children = new ConcurrentLinkedQueue<>();

	private final RedisProcess server;

	private final RedisCommands<String, String> redis;

	ChildProcesses() throws IOException {
		this.server = new RedisProcess();
		this.redis = this.server.commands();
	}

	/**
	 * Begins to start a process.
	 */
	ChildProcess start(Duration lease, Duration wait, Duration shift) throws IOException {
		ChildProcess child = new ChildProcess(this.server.uri(), lease, wait, shift);
		this.children.add(child);
		return child;
	}

	ChildProcess start(Duration lease) throws IOException {
		return start(lease, Duration.ofSeconds(30), Duration.ZERO);
	}

	/**
	 * The name under which the effects of a key are written down.
	 */
	static String ledger(String key) {
		return "ledger:" + key;
	}

	/**
	 * What took effect, in order.
	 */
	List<String> effects(String key) {
		return this.redis.lrange(ledger(key), 0, -1);
	}

	/**
	 * The fence of an effect.
	 */
	static long fence(String effect) {
		return Long.parseLong(effect.substring(effect.indexOf('@') + 1));
	}

	/**
	 * Kills all processes.
	 */
	@Override
	public void close() throws IOException {
		try {
			this.children.forEach(ChildProcess::close);
		}
		finally {
			this.server.close();
		}
	}

}
