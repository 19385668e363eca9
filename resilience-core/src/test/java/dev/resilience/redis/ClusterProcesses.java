package dev.resilience.redis;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import dev.resilience.idempotency.Threads;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.SlotHash;

/**
 * The real servers of a cluster, whose masters share the slots evenly.
 */
public final class ClusterProcesses implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private final List<RedisProcess> servers = new ArrayList<>();

	private final List<RedisCommands<String, String>> commands = new ArrayList<>();

	private final int masters;

	/**
	 * Starts them.
	 * @param masters how many
	 */
	public ClusterProcesses(int masters) throws IOException {
		this.masters = masters;
		for (int index = 0; index < masters; index++) {
			RedisCommands<String, String> redis = add();
			redis.clusterAddSlots(IntStream.range(firstSlot(index), firstSlot(index + 1)).toArray());
			redis.clusterSetConfigEpoch(index + 1L);
		}
		meet();
	}

	private RedisCommands<String, String> add() throws IOException {
		RedisProcess server = new RedisProcess("cluster-enabled yes", "cluster-node-timeout 2000",
				"repl-diskless-sync yes", "repl-diskless-sync-delay 0");
		this.servers.add(server);
		RedisCommands<String, String> redis = server.commands();
		this.commands.add(redis);
		return redis;
	}

	private void meet() {
		for (RedisProcess server : this.servers) {
			this.commands.get(0).clusterMeet("127.0.0.1", server.port());
		}
		Threads.eventually()
			.atMost(PATIENCE)
			.until(() -> this.commands.stream()
				.allMatch((redis) -> redis.clusterInfo().contains("cluster_state:ok")
						&& redis.clusterInfo().contains("cluster_known_nodes:" + this.servers.size())));
	}

	/**
	 * Gives a master a replica, and waits until that is there.
	 */
	void addReplica(int master) throws IOException {
		RedisCommands<String, String> replica = add();
		meet();
		replica.clusterReplicate(at(master).clusterMyId());
		Threads.eventually().atMost(PATIENCE).until(() -> at(master).info("replication").contains("state=online"));
		// The others have to know it as well, or they would not elect it.
		Threads.eventually()
			.atMost(PATIENCE)
			.until(() -> this.commands.stream().allMatch((redis) -> redis.clusterNodes().contains("slave")));
	}

	private int firstSlot(int index) {
		return SlotHash.SLOT_COUNT * index / this.masters;
	}

	/**
	 * Which master has a key.
	 */
	int holder(String key) {
		int slot = SlotHash.getSlot(key);
		return IntStream.range(0, this.masters)
			.filter((index) -> slot < firstSlot(index + 1))
			.findFirst()
			.orElseThrow();
	}

	String uri() {
		return this.servers.get(0).uri();
	}

	/**
	 * One of its servers.
	 * @param index which, masters first
	 * @return the server
	 */
	public RedisProcess server(int index) {
		return this.servers.get(index);
	}

	RedisCommands<String, String> at(int index) {
		return this.commands.get(index);
	}

	List<RedisCommands<String, String>> all() {
		return this.commands;
	}

	@Override
	public void close() throws IOException {
		for (RedisProcess server : this.servers) {
			server.close();
		}
	}

}
