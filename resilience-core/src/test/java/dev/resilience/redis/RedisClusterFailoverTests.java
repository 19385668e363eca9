package dev.resilience.redis;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotencyStoreException;
import dev.resilience.idempotency.Threads;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What really happens when a master of a real cluster dies and its replica takes over.
 */
@Timeout(60)
class RedisClusterFailoverTests {

	private final AtomicInteger effects = new AtomicInteger();

	private ClusterProcesses cluster;

	private PaymentNode node;

	@BeforeEach
	void start() throws Exception {
		this.cluster = new ClusterProcesses(3);
		this.cluster.addReplica(1);
		this.node = new PaymentNode(RedisLink.toCluster(List.of(this.cluster.uri()), Duration.ofSeconds(1)),
				IdempotencyConfig.builder(), this.effects);
	}

	@AfterEach
	void stop() throws IOException {
		this.node.close();
		this.cluster.close();
	}

	@Test
	void callsShouldBeRefusedUntilTheReplicaIsMasterAndThenReplayed() throws Exception {
		String key = keyAt(1);
		this.node.pay(key, "receipt");
		// WAIT waits for what its own connection has written.
		assertThat(this.cluster.at(1).expire(PaymentNode.record(key), Duration.ofHours(1))).isTrue();
		assertThat(this.cluster.at(1).waitForReplication(1, 5_000)).isOne();
		this.cluster.server(1).stop();
		assertThatExceptionOfType(IdempotencyStoreException.class).isThrownBy(() -> this.node.pay(key, "other"));
		assertThat(this.node.pay(keyAt(0), "elsewhere")).isEqualTo("elsewhere");
		Threads.eventually()
			.atMost(Duration.ofSeconds(30))
			.ignoreExceptionsInstanceOf(IdempotencyStoreException.class)
			.untilAsserted(() -> assertThat(this.node.pay(key, "other")).isEqualTo("receipt"));
		assertThat(this.effects).hasValue(2);
	}

	/**
	 * It keeps nothing on disk, so what it had accepted is lost.
	 */
	@Test
	void callsShouldGoOnWhenAMasterWithoutReplicaIsBack() throws Exception {
		String key = keyAt(2);
		this.node.pay(key, "receipt");
		this.cluster.server(2).stop();
		assertThatExceptionOfType(IdempotencyStoreException.class).isThrownBy(() -> this.node.pay(key, "other"));
		this.cluster.server(2).startAgain();
		Threads.eventually()
			.atMost(Duration.ofSeconds(30))
			.ignoreExceptionsInstanceOf(IdempotencyStoreException.class)
			.untilAsserted(() -> assertThat(this.node.pay(key, "other")).isEqualTo("other"));
		assertThat(this.effects).hasValue(2);
	}

	private String keyAt(int master) {
		int index = 0;
		while (this.cluster.holder(PaymentNode.record("key" + index)) != master) {
			index++;
		}
		return "key" + index;
	}

}
