package dev.resilience.redis;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.Trap;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.RecordKey;
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

	private static ClusterProcesses cluster;

	private static PaymentNode node;

	private static RedisIdempotencyStore store;

	private static final AtomicInteger EFFECTS = new AtomicInteger();

	@BeforeAll
	static void start() throws IOException {
		cluster = new ClusterProcesses(NODES);
		RedisLink link = RedisLink.toCluster(List.of(cluster.uri()), Duration.ofSeconds(5));
		node = new PaymentNode(link, IdempotencyConfig.builder(), EFFECTS);
		store = node.store();
	}

	@AfterAll
	static void stop() throws IOException {
		node.close();
		cluster.close();
	}

	@BeforeEach
	void empty() {
		cluster.all().forEach(RedisCommands::flushall);
		EFFECTS.set(0);
	}

	@Override
	protected IdempotencyStore store() {
		return store;
	}

	@Override
	protected void pass(Duration duration) {
		cluster.all().forEach((redis) -> pass(redis, duration));
	}

	@Test
	@Trap(36)
	void callShouldRunOnceOnEveryNode() throws Exception {
		cluster.all().forEach(RedisCommands::scriptFlush);
		for (int index = 0; index < 30; index++) {
			assertThat(node.pay("key" + index, "receipt")).isEqualTo("receipt");
			assertThat(node.pay("key" + index, "other")).isEqualTo("receipt");
		}
		assertThat(EFFECTS).hasValue(30);
		assertThat(cluster.all()).allSatisfy((redis) -> assertThat(redis.dbsize()).isPositive());
	}

	@Test
	void fenceShouldComeFromTheNodeThatHoldsTheRecord() throws Exception {
		node.pay("connects", "receipt");
		EFFECTS.set(0);
		int holder = holder("key");
		cluster.all().forEach(RedisCommands::configResetstat);
		for (int index = 0; index < 10; index++) {
			node.pay("key", "receipt");
			node.operation().forget("key");
		}
		for (int index = 0; index < NODES; index++) {
			boolean told = cluster.at(index).info("commandstats").contains("cmdstat_time:");
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
		String target = cluster.at(to).clusterMyId();
		cluster.at(to).clusterSetSlotNode(slot, target);
		cluster.at(from).clusterSetSlotNode(slot, target);
		assertThat(node.pay("moving", "receipt")).isEqualTo("receipt");
		assertThat(node.pay("moving", "other")).isEqualTo("receipt");
		assertThat(cluster.at(to).exists(PaymentNode.record("moving"))).isOne();
		assertThat(EFFECTS).hasValue(2);
		assertThat(cluster.at(from).info("errorstats")).contains("MOVED");
	}

	@Test
	void callWhileItsSlotMovesShouldRunOnceAllTheSame() throws Exception {
		node.pay("connects", "receipt");
		int from = holder("leaving");
		int to = (from + 2) % NODES;
		int slot = SlotHash.getSlot(PaymentNode.record("leaving"));
		EFFECTS.set(0);
		cluster.at(to).clusterSetSlotImporting(slot, cluster.at(from).clusterMyId());
		cluster.at(from).clusterSetSlotMigrating(slot, cluster.at(to).clusterMyId());
		assertThat(node.pay("leaving", "receipt")).isEqualTo("receipt");
		assertThat(node.pay("leaving", "other")).isEqualTo("receipt");
		cluster.at(to).clusterSetSlotNode(slot, cluster.at(to).clusterMyId());
		cluster.at(from).clusterSetSlotNode(slot, cluster.at(to).clusterMyId());
		assertThat(node.pay("leaving", "other")).isEqualTo("receipt");
		assertThat(EFFECTS).hasValue(1);
		assertThat(cluster.at(from).info("errorstats")).contains("ASK");
	}

	@Test
	void nodesShouldBeConnectedToWithoutBlockingTheThreadThatReadsTheirAnswers() {
		for (int round = 0; round < 5; round++) {
			ClientResources resources = ClientResources.builder().ioThreadPoolSize(2).build();
			RedisClusterClient few = RedisClusterClient.create(resources, cluster.uri());
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
		return cluster.holder(PaymentNode.record(key));
	}

}
