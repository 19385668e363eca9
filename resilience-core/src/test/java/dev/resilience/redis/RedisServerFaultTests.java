package dev.resilience.redis;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import dev.resilience.Trap;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotencyStoreException;
import dev.resilience.idempotency.Threads;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * What becomes of calls while the server is full, read-only, slow or closed.
 */
@Timeout(30)
class RedisServerFaultTests {

	private static final Duration TIMEOUT = Duration.ofMillis(500);

	private final AtomicInteger effects = new AtomicInteger();

	private static RedisProcess server;

	private static RedisCommands<String, String> redis;

	private PaymentNode node;

	private PaymentNode other;

	@BeforeAll
	static void start() throws IOException {
		server = new RedisProcess();
		redis = server.commands();
	}

	@AfterAll
	static void stop() throws IOException {
		server.close();
	}

	@BeforeEach
	void connect() throws Exception {
		redis.flushall();
		this.node = node(server.uri(), Duration.ofSeconds(2));
		this.other = node(server.uri(), Duration.ofSeconds(2));
		this.node.pay("connects", "receipt");
		this.other.pay("connects too", "receipt");
		this.effects.set(0);
	}

	@AfterEach
	void reset() {
		this.node.close();
		this.other.close();
		redis.configSet("maxmemory", "0");
		redis.configSet("min-replicas-to-write", "0");
		redis.configSet("requirepass", "");
		redis.configSet("key-load-delay", "0");
	}

	private PaymentNode node(String uri, Duration lease) {
		return new PaymentNode(uri, TIMEOUT, IdempotencyConfig.builder().lease(lease), this.effects);
	}

	/**
	 * The result makes the lost record anew, if nobody was faster.
	 */
	@Test
	@Trap(28)
	void callWhenTheServerForgetsItsRecordMeanwhileShouldBeStoredAllTheSame() throws Exception {
		assertThat(this.node.pay("key", () -> {
			redis.flushall();
			return "receipt";
		})).isEqualTo("receipt");
		assertThat(this.other.pay("key", "other")).isEqualTo("receipt");
		assertThat(redis.pttl(PaymentNode.record("key"))).isPositive();
		assertThat(this.effects).hasValue(1);
	}

	@Test
	@Trap(36)
	void callWhenTheScriptsWereFlushedShouldReleaseItsKey() throws Exception {
		for (int round = 0; round < 2; round++) {
			redis.scriptFlush();
			assertThatIllegalStateException().isThrownBy(() -> this.node.pay("key", () -> {
				throw new IllegalStateException("no funds");
			}));
		}
		assertThat(this.other.pay("key", "receipt")).isEqualTo("receipt");
		assertThat(this.effects).hasValue(3);
	}

	@Test
	void callWhenTheMemoryIsFullShouldBeRejectedAndReplaysStillWork() throws Exception {
		this.node.pay("before", "receipt");
		redis.configSet("maxmemory", "1");
		rejected(this.node, "key").hasMessageContaining("OOM");
		assertThat(this.node.pay("before", "other")).isEqualTo("receipt");
		assertThat(this.effects).hasValue(1);
	}

	@Test
	@Trap(28)
	void callWhenTheMemoryGetsFullMeanwhileShouldBeStoredWhenThereIsRoom() throws Exception {
		assertThat(this.node.pay("key", () -> {
			redis.configSet("maxmemory", "1");
			return "receipt";
		})).isEqualTo("receipt");
		redis.configSet("maxmemory", "0");
		paysEventually(this.other, "key", "receipt");
		assertThat(this.effects).hasValue(1);
	}

	@Test
	void callWhenTheServerIsAReplicaShouldBeRejectedAndReplaysStillWork() throws Exception {
		this.node.pay("before", "receipt");
		redis.replicaof("127.0.0.1", 1);
		rejected(this.node, "key").hasMessageContaining("READONLY");
		assertThat(this.node.pay("before", "other")).isEqualTo("receipt");
		redis.replicaofNoOne();
		assertThat(this.node.pay("key", "receipt")).isEqualTo("receipt");
		assertThat(this.effects).hasValue(2);
	}

	@Test
	void callWhenNoReplicaWouldGetItShouldBeRejectedIfTheServerIsToldSo() throws Exception {
		redis.configSet("min-replicas-to-write", "1");
		rejected(this.node, "key").hasMessageContaining("NOREPLICAS");
		assertThat(this.effects).hasValue(0);
	}

	@Test
	@Trap(17)
	void callWhenTheServerIsPausedShouldBeRejectedInBoundedTime() throws Exception {
		redis.clientPause(TIMEOUT.toMillis() * 5);
		long begin = System.nanoTime();
		rejected(this.node, "key");
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(TIMEOUT.multipliedBy(4));
		assertThat(this.effects).hasValue(0);
		paysEventually(this.node, "key", "receipt");
		assertThat(this.effects).hasValue(1);
	}

	/**
	 * It takes the claim when it goes on, and nobody is there to hear of it.
	 */
	@Test
	@Trap(31)
	void callWhenTheServerStallsShouldBeRejectedAndRunLater() throws Exception {
		Thread stall = new Thread(() -> redis.dispatch(CommandType.DEBUG, new StatusOutput<>(StringCodec.UTF8),
				new CommandArgs<>(StringCodec.UTF8).add("SLEEP").add("3")));
		stall.start();
		Threads.eventually().until(() -> catchThrowable(() -> this.other.operation().lookup("key")) != null);
		rejected(this.node, "key");
		stall.join();
		paysEventually(this.node, "key", "receipt");
		assertThat(this.effects).hasValue(1);
	}

	@Test
	void commandsInFlightWhenOneTooManyIsRefusedShouldStillBeAnswered() {
		RedisClient client = RedisClient.create();
		client.setOptions(ClientOptions.builder().autoReconnect(false).requestQueueSize(10).build());
		try (RedisLink link = RedisLink.of(client, RedisURI.create(server.uri()))) {
			assertThat(link.evictionPolicy().toCompletableFuture().join()).isEqualTo("noeviction");
			redis.clientPause(TIMEOUT.toMillis());
			List<CompletableFuture<String>> asked = Stream.generate(() -> link.evictionPolicy().toCompletableFuture())
				.limit(11)
				.toList();
			assertThat(catchThrowable(() -> asked.get(10).join())).hasRootCauseInstanceOf(RedisException.class)
				.hasStackTraceContaining("size exceeded");
			assertThat(asked.subList(0, 10)).allSatisfy((answer) -> assertThat(answer.join()).isEqualTo("noeviction"));
		}
	}

	@Test
	void callWhenTheServerIsLoadingShouldBeRejected() throws Exception {
		redis.configSet("rdbcompression", "no");
		for (int index = 0; index < 20; index++) {
			redis.set("filling:" + index, "x".repeat(1_000_000));
		}
		redis.configSet("key-load-delay", "50000");
		Thread reload = new Thread(redis::debugReload);
		reload.start();
		Threads.eventually()
			.until(() -> catchThrowable(
					() -> this.node.operation().lookup("key")) instanceof IdempotencyStoreException ex
					&& String.valueOf(ex.getCause()).contains("LOADING"));
		rejected(this.node, "key").hasMessageContaining("LOADING");
		assertThat(this.effects).hasValue(0);
		reload.join();
		paysEventually(this.node, "key", "receipt");
	}

	@Test
	void callWithoutTheRightPasswordShouldBeRejectedWithTheReason() throws Exception {
		redis.configSet("requirepass", "open-sesame");
		String address = "127.0.0.1:" + server.port();
		for (String[] each : List.of(new String[] { "redis://" + address, "NOAUTH" },
				new String[] { "redis://wrong-secret@" + address, "WRONGPASS" },
				new String[] { "redis://nobody:wrong-secret@" + address, "WRONGPASS" })) {
			// Lettuce may lose the reason when the server hangs up at once.
			Threads.eventually().untilAsserted(() -> {
				try (PaymentNode closed = node(each[0], Duration.ofSeconds(2))) {
					rejected(closed, "key").hasMessageNotContaining("secret").hasMessageContaining(each[1]);
				}
			});
		}
		assertThat(this.effects).hasValue(0);
		try (PaymentNode open = node("redis://open-sesame@" + address, Duration.ofSeconds(2))) {
			assertThat(open.pay("key", "receipt")).isEqualTo("receipt");
		}
	}

	@Test
	void callOfAnAclUserShouldNeedItsOwnKeysAndFewCommands() throws Exception {
		redis.aclSetuser("payments",
				AclSetuserArgs.Builder.on()
					.addPassword("secret")
					.keyPattern(PaymentNode.PREFIX + "*")
					.addCommand(CommandType.PING)
					.addCommand(CommandType.INFO)
					.addCommand(CommandType.TIME)
					.addCommand(CommandType.GET)
					.addCommand(CommandType.SET)
					.addCommand(CommandType.DEL)
					.addCommand(CommandType.APPEND)
					.addCommand(CommandType.GETRANGE)
					.addCommand(CommandType.PTTL)
					.addCommand(CommandType.PEXPIRE)
					.addCommand(CommandType.EVAL)
					.addCommand(CommandType.EVALSHA));
		String address = "127.0.0.1:" + server.port();
		try (PaymentNode limited = node("redis://payments:secret@" + address, Duration.ofSeconds(2))) {
			assertThat(limited.pay("key", "receipt")).isEqualTo("receipt");
			assertThat(this.other.pay("key", "other")).isEqualTo("receipt");
			assertThat(limited.operation().forget("key")).isTrue();
			assertThat(limited.link().evictionPolicy().toCompletableFuture().join()).isEqualTo("noeviction");
		}
	}

	private static AbstractThrowableAssert<?, ?> rejected(PaymentNode node, String key) {
		Throwable thrown = catchThrowable(() -> node.pay(key, "receipt"));
		assertThat(thrown).isInstanceOf(IdempotencyStoreException.class);
		Throwable cause = thrown;
		while (cause.getCause() != null) {
			cause = cause.getCause();
		}
		return assertThat(cause);
	}

	private static void paysEventually(PaymentNode node, String key, String receipt) {
		Threads.eventually()
			.ignoreExceptions()
			.untilAsserted(() -> assertThat(node.pay(key, receipt)).isEqualTo("receipt"));
	}

}
