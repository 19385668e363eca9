package dev.resilience.redis;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.Trap;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotencyConflictException;
import dev.resilience.idempotency.Threads;
import io.lettuce.core.KillArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.embedded.RedisSentinel;
import redis.embedded.core.RedisSentinelBuilder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What really happens when a real sentinel makes a replica the master: what the replica
 * had got is kept, and what it had not got is lost, as if it had never been accepted.
 */
@Timeout(60)
class RedisSentinelTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(1);

	private final AtomicInteger effects = new AtomicInteger();

	private RedisProcess master;

	private RedisProcess replica;

	private RedisSentinel sentinel;

	private RedisClient client;

	private RedisCommands<String, String> atMaster;

	private RedisCommands<String, String> atReplica;

	private PaymentNode node;

	private PaymentNode other;

	@BeforeEach
	void start() throws Exception {
		this.master = new RedisProcess("repl-diskless-sync yes", "repl-diskless-sync-delay 0");
		this.replica = new RedisProcess("replicaof 127.0.0.1 " + this.master.port());
		int port = RedisProcess.freePort();
		this.sentinel = new RedisSentinelBuilder().port(port)
			.masterPort(this.master.port())
			.quorumSize(1)
			.downAfterMilliseconds(500)
			.failOverTimeout(5_000)
			.onShutdownForceStop(true)
			.build();
		this.client = RedisClient.create();
		this.atMaster = this.client.connect(RedisURI.create(this.master.uri())).sync();
		this.atReplica = this.client.connect(RedisURI.create(this.replica.uri())).sync();
		Threads.eventually().until(() -> this.atMaster.info("replication").contains("state=online"));
		this.sentinel.start();
		RedisCommands<String, String> atSentinel = this.client.connect(RedisURI.create("127.0.0.1", port)).sync();
		Threads.eventually()
			.atMost(Duration.ofSeconds(15))
			.until(() -> atSentinel.info("sentinel").contains("slaves=1"));
		String uri = "redis-sentinel://127.0.0.1:" + port + "#mymaster";
		this.node = new PaymentNode(uri, TIMEOUT, config(), this.effects);
		this.other = new PaymentNode(uri, TIMEOUT, config(), this.effects);
		this.node.pay("connects", "receipt");
		this.other.pay("connects too", "receipt");
		this.effects.set(0);
	}

	private static IdempotencyConfig.Builder config() {
		return IdempotencyConfig.builder().lease(Duration.ofSeconds(30));
	}

	@AfterEach
	void stop() throws IOException {
		this.node.close();
		this.other.close();
		this.client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
		this.sentinel.stop();
		this.replica.close();
		this.master.close();
	}

	@Test
	void callsAfterAFailoverShouldFindWhatTheReplicaHadGot() throws Exception {
		this.node.pay("completed", "receipt");
		String late = this.node.pay("in flight", () -> {
			this.atMaster.set("written", "after it");
			assertThat(this.atMaster.waitForReplication(1, 5_000)).isOne();
			failOver();
			assertThatExceptionOfType(IdempotencyConflictException.class).isThrownBy(this::payElsewhere);
			return "late receipt";
		});
		assertThat(late).isEqualTo("late receipt");
		assertThat(this.other.pay("completed", "other")).isEqualTo("receipt");
		assertThat(this.other.pay("in flight", "other")).isEqualTo("late receipt");
		assertThat(this.effects).hasValue(2);
	}

	private void payElsewhere() throws Exception {
		try (PaymentNode impatient = new PaymentNode(this.replica.uri(), TIMEOUT, config().inFlightWait(Duration.ZERO),
				this.effects)) {
			impatient.pay("in flight", "other");
		}
	}

	/**
	 * Redis has acknowledged the record and lost it: the call runs again. Nothing on the
	 * client's side can tell.
	 */
	@Test
	void callWhoseResultTheReplicaHadNotGotShouldRunAgainAfterAFailover() throws Exception {
		cutOffReplica();
		this.node.pay("key", "receipt");
		assertThat(this.node.pay("key", "other")).isEqualTo("receipt");
		failOver();
		assertThat(this.node.pay("key", "again")).isEqualTo("again");
		assertThat(this.effects).hasValue(2);
	}

	/**
	 * The claim is lost, so another call may run meanwhile. When nobody came, the result
	 * makes the record anew.
	 */
	@Test
	@Trap(28)
	void callWhoseClaimTheReplicaHadNotGotShouldStillStoreItsResult() throws Exception {
		cutOffReplica();
		assertThat(this.node.pay("key", () -> {
			failOver();
			return "receipt";
		})).isEqualTo("receipt");
		assertThat(this.other.pay("key", "other")).isEqualTo("receipt");
		assertThat(this.effects).hasValue(1);
	}

	@Test
	@Trap(29)
	void callWhoseClaimTheReplicaHadNotGotShouldNotTouchItsSuccessorsRecord() throws Exception {
		cutOffReplica();
		assertThat(this.node.pay("key", () -> {
			failOver();
			assertThat(this.other.pay("key", "successor")).isEqualTo("successor");
			return "receipt";
		})).isEqualTo("receipt");
		assertThat(this.other.pay("key", "other")).isEqualTo("successor");
		assertThat(this.node.operation().snapshot().calls()).containsEntry("lost", 1L);
		assertThat(this.effects).hasValue(2);
	}

	private void cutOffReplica() {
		this.atMaster.configSet("requirepass", "unknown");
		this.atMaster.clientKill(KillArgs.Builder.typeSlave());
		Threads.eventually().until(() -> this.atReplica.info("replication").contains("master_link_status:down"));
	}

	/**
	 * Kills the master, and waits until both nodes are connected to the new one.
	 */
	private void failOver() throws IOException {
		this.master.stop();
		Threads.eventually()
			.atMost(Duration.ofSeconds(20))
			.ignoreExceptions()
			.until(() -> this.atReplica.info("replication").contains("role:master"));
		for (PaymentNode each : new PaymentNode[] { this.node, this.other }) {
			Threads.eventually().ignoreExceptions().until(() -> each.operation().lookup("nothing").isEmpty());
		}
	}

}
