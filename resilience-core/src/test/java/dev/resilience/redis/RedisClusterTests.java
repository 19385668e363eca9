package dev.resilience.redis;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import dev.resilience.Trap;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.Threads;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.RecordKey;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.resource.ClientResources;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Against a real cluster of three nodes.
 */
@Timeout(60)
class RedisClusterTests extends RedisStoreContract {

	private static final int NODES = 3;

	private static final Duration TIMEOUT = Duration.ofSeconds(10);

	private static final List<RedisProcess> SERVERS = new ArrayList<>();

	private static final List<RedisCommands<String, String>> REDIS = new ArrayList<>();

	private static RedisClient client;

	private static PaymentNode node;

	private static RedisIdempotencyStore store;

	private static final AtomicInteger EFFECTS = new AtomicInteger();

	@BeforeAll
	static void start() throws IOException {
		client = RedisClient.create();
		for (int index = 0; index < NODES; index++) {
			RedisProcess server = new RedisProcess("cluster-enabled yes", "cluster-node-timeout 2000");
			SERVERS.add(server);
			RedisCommands<String, String> redis = client.connect(RedisURI.create(server.uri())).sync();
			REDIS.add(redis);
			redis.clusterAddSlots(IntStream.range(firstSlot(index), firstSlot(index + 1)).toArray());
			redis.clusterSetConfigEpoch(index + 1L);
		}
		for (RedisProcess server : SERVERS) {
			REDIS.get(0).clusterMeet("127.0.0.1", server.port());
		}
		Threads.eventually()
			.atMost(Duration.ofSeconds(20))
			.until(() -> REDIS.stream()
				.allMatch((redis) -> redis.clusterInfo().contains("cluster_state:ok")
						&& redis.clusterInfo().contains("cluster_known_nodes:" + NODES)));
		RedisLink link = RedisLink.toCluster(List.of(SERVERS.get(0).uri()), Duration.ofSeconds(5));
		node = new PaymentNode(link, IdempotencyConfig.builder(), EFFECTS);
		store = node.store();
	}

	private static int firstSlot(int index) {
		return SlotHash.SLOT_COUNT * index / NODES;
	}

	@AfterAll
	static void stop() throws IOException {
		node.close();
		client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
		for (RedisProcess server : SERVERS) {
			server.close();
		}
	}

	@BeforeEach
	void empty() {
		REDIS.forEach(RedisCommands::flushall);
		EFFECTS.set(0);
	}

	@Override
	protected IdempotencyStore store() {
		return store;
	}

	@Override
	protected void pass(Duration duration) {
		REDIS.forEach((redis) -> pass(redis, duration));
	}

	@Test
	@Trap(36)
	void callShouldRunOnceOnEveryNode() throws Exception {
		REDIS.forEach(RedisCommands::scriptFlush);
		for (int index = 0; index < 30; index++) {
			assertThat(node.pay("key" + index, "receipt")).isEqualTo("receipt");
			assertThat(node.pay("key" + index, "other")).isEqualTo("receipt");
		}
		assertThat(EFFECTS).hasValue(30);
		assertThat(REDIS).allSatisfy((redis) -> assertThat(redis.dbsize()).isPositive());
	}

	@Test
	void fenceShouldComeFromTheNodeThatHoldsTheRecord() throws Exception {
		node.pay("connects", "receipt");
		EFFECTS.set(0);
		int holder = holder("key");
		REDIS.forEach(RedisCommands::configResetstat);
		for (int index = 0; index < 10; index++) {
			node.pay("key", "receipt");
			node.operation().forget("key");
		}
		for (int index = 0; index < NODES; index++) {
			boolean told = REDIS.get(index).info("commandstats").contains("cmdstat_time:");
			assertThat(told).as("TIME from node %s", index).isEqualTo(index == holder);
		}
		assertThat(EFFECTS).hasValue(10);
	}

	@Test
	void callWhenItsSlotHasMovedShouldRunOnceAllTheSame() throws Exception {
		node.pay("connects", "receipt");
		int from = holder("moving");
		int to = (from + 1) % NODES;
		int slot = SlotHash.getSlot(PaymentNode.record("moving"));
		String target = REDIS.get(to).clusterMyId();
		REDIS.get(to).clusterSetSlotNode(slot, target);
		REDIS.get(from).clusterSetSlotNode(slot, target);
		assertThat(node.pay("moving", "receipt")).isEqualTo("receipt");
		assertThat(node.pay("moving", "other")).isEqualTo("receipt");
		assertThat(REDIS.get(to).exists(PaymentNode.record("moving"))).isOne();
		assertThat(EFFECTS).hasValue(2);
		assertThat(REDIS.get(from).info("errorstats")).contains("MOVED");
	}

	@Test
	void callWhileItsSlotMovesShouldRunOnceAllTheSame() throws Exception {
		node.pay("connects", "receipt");
		int from = holder("leaving");
		int to = (from + 2) % NODES;
		int slot = SlotHash.getSlot(PaymentNode.record("leaving"));
		EFFECTS.set(0);
		REDIS.get(to).clusterSetSlotImporting(slot, REDIS.get(from).clusterMyId());
		REDIS.get(from).clusterSetSlotMigrating(slot, REDIS.get(to).clusterMyId());
		assertThat(node.pay("leaving", "receipt")).isEqualTo("receipt");
		assertThat(node.pay("leaving", "other")).isEqualTo("receipt");
		REDIS.get(to).clusterSetSlotNode(slot, REDIS.get(to).clusterMyId());
		REDIS.get(from).clusterSetSlotNode(slot, REDIS.get(to).clusterMyId());
		assertThat(node.pay("leaving", "other")).isEqualTo("receipt");
		assertThat(EFFECTS).hasValue(1);
		assertThat(REDIS.get(from).info("errorstats")).contains("ASK");
	}

	@Test
	void nodesShouldBeConnectedToWithoutBlockingTheThreadThatReadsTheirAnswers() {
		for (int round = 0; round < 5; round++) {
			ClientResources resources = ClientResources.builder().ioThreadPoolSize(2).build();
			RedisClusterClient few = RedisClusterClient.create(resources, SERVERS.get(0).uri());
			try (RedisLink link = RedisLink.of(few)) {
				RedisIdempotencyStore fresh = new RedisIdempotencyStore(link, "few:", Clock.systemUTC());
				CompletionStage<?> last = link.evictionPolicy();
				for (int index = 0; index < 10; index++) {
					RecordKey key = new RecordKey(null, null, "op", round + "-" + index);
					last = last.thenCompose((before) -> fresh.claim(key, UUID.randomUUID(), null, TIMEOUT, TIMEOUT));
				}
				assertThat(last.toCompletableFuture()).succeedsWithin(TIMEOUT);
			}
			resources.shutdown(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
		}
	}

	@Test
	void evictionPolicyShouldBeTold() {
		assertThat(node.link().evictionPolicy().toCompletableFuture().join()).isEqualTo("noeviction");
	}

	private static int holder(String key) {
		int slot = SlotHash.getSlot(PaymentNode.record(key));
		return IntStream.range(0, NODES).filter((index) -> slot < firstSlot(index + 1)).findFirst().orElseThrow();
	}

}
