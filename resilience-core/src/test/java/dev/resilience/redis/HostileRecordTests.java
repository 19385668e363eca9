package dev.resilience.redis;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.CallRejectedException;
import dev.resilience.Trap;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotencyStoreException;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * What somebody else put under a record's name must not make a call run.
 */
@Timeout(30)
class HostileRecordTests {

	private static final AtomicInteger EFFECTS = new AtomicInteger();

	private static RedisProcess server;

	private static RedisClient client;

	private static RedisCommands<String, byte[]> redis;

	private static PaymentNode node;

	private final String key = UUID.randomUUID().toString();

	private final String record = PaymentNode.record(this.key);

	@BeforeAll
	static void start() throws IOException {
		server = new RedisProcess();
		client = RedisClient.create(server.uri());
		redis = client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE)).sync();
		node = new PaymentNode(server.uri(), Duration.ofSeconds(5),
				IdempotencyConfig.builder().inFlightWait(Duration.ZERO), EFFECTS);
	}

	@AfterAll
	static void stop() throws IOException {
		node.close();
		client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
		server.close();
	}

	@BeforeEach
	void empty() {
		redis.flushall();
		EFFECTS.set(0);
	}

	@ParameterizedTest
	@ValueSource(strings = { "list", "hash", "set", "stream" })
	@Trap(34)
	void callWhenTheRecordIsOfAnotherTypeShouldBeRejectedClearly(String type) {
		put(type);
		assertThatExceptionOfType(IdempotencyStoreException.class).isThrownBy(() -> node.pay(this.key, "receipt"))
			.havingRootCause()
			.withMessageContaining("WRONGTYPE");
		assertThat(redis.type(this.record)).isEqualTo(type);
		assertThat(EFFECTS).hasValue(0);
	}

	@ParameterizedTest
	@ValueSource(strings = { "list", "hash", "set", "stream" })
	@Trap(28)
	void resultWhenTheRecordBecameAnotherTypeShouldReachItsCaller(String type) throws Exception {
		assertThat(node.pay(this.key, () -> {
			redis.del(this.record);
			put(type);
			return "receipt";
		})).isEqualTo("receipt");
		assertThat(redis.type(this.record)).isEqualTo(type);
	}

	private void put(String type) {
		byte[] value = { 1 };
		switch (type) {
			case "list" -> redis.lpush(this.record, value);
			case "hash" -> redis.hset(this.record, "field", value);
			case "set" -> redis.sadd(this.record, value);
			default -> redis.xadd(this.record, "field", value);
		}
	}

	@Test
	@Trap(34)
	void callWhenTheLengthsAreHugeShouldBeRejectedClearly() {
		byte[] head = new RecordBytes.Head(UUID.randomUUID(), 1, 1, 1, null).bytes();
		byte[] result = RecordBytes.result(UUID.randomUUID(), 1, new byte[0]);
		for (int length : new int[] { 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE }) {
			byte[] hostile = ByteBuffer.wrap(result.clone()).putInt(result.length - 4, length).array();
			redis.set(this.record, hostile);
			rejected("no record of this library's");
			redis.set(this.record, ByteBuffer.allocate(head.length + hostile.length).put(head).put(hostile).array());
			rejected("no record of this library's");
		}
		redis.set(this.record, ByteBuffer.wrap(head).putShort(head.length - 2, (short) 0xFFFE).array());
		rejected("no record of this library's");
		assertThat(EFFECTS).hasValue(0);
	}

	private void rejected(String message) {
		assertThatExceptionOfType(IdempotencyStoreException.class).isThrownBy(() -> node.pay(this.key, "receipt"))
			.havingCause()
			.withMessageContaining(message);
	}

	@Test
	@Trap(34)
	void callWhenTheRecordIsCutOffAnywhereShouldNotRun() throws Exception {
		node.pay(this.key, "receipt");
		byte[] whole = redis.get(this.record);
		for (int length = 0; length < whole.length; length++) {
			byte[] cut = Arrays.copyOf(whole, length);
			redis.set(this.record, cut);
			assertThat(catchThrowable(() -> node.pay(this.key, "other"))).as("cut to %s", length)
				.isInstanceOf(CallRejectedException.class);
			assertThat(redis.get(this.record)).isEqualTo(cut);
		}
		assertThat(EFFECTS).hasValue(1);
	}

	@Test
	@Trap(34)
	void callWhenTheRecordIsGarbageShouldNotRun() throws Exception {
		Random random = new Random(1);
		node.pay(this.key, "receipt");
		byte[] whole = redis.get(this.record);
		for (int round = 0; round < 500; round++) {
			byte[] hostile = whole.clone();
			for (int index = random.nextInt(4); index >= 0; index--) {
				hostile[random.nextInt(hostile.length)] = (byte) random.nextInt();
			}
			if (round % 3 == 0) {
				random.nextBytes(hostile);
			}
			redis.set(this.record, hostile);
			Throwable thrown = catchThrowable(() -> node.pay(this.key, "other"));
			if (thrown != null) {
				assertThat(thrown).isInstanceOf(CallRejectedException.class);
			}
		}
		assertThat(EFFECTS).hasValue(1);
	}

	@Test
	@Trap(34)
	void scriptsWhenTheRecordIsGarbageShouldChangeNothing() throws Exception {
		UUID owner = UUID.randomUUID();
		byte[] garbage = "rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA==, and more of it".getBytes(StandardCharsets.UTF_8);
		redis.set(this.record, garbage);
		assertThat(run(RecordScript.RELEASE, owner)).isZero();
		assertThat(run(RecordScript.ABANDON, owner)).isZero();
		assertThat(run(RecordScript.RENEW, owner, RedisIdempotencyStore.number(1_000))).isZero();
		assertThat(run(RecordScript.TIME, owner)).isZero();
		assertThat(redis.get(this.record)).isEqualTo(garbage);
		assertThat(redis.pttl(this.record)).isNegative();
	}

	private long run(RecordScript script, UUID owner, byte[]... more) {
		return node.store()
			.run(script, this.record.getBytes(StandardCharsets.US_ASCII), owner, more)
			.toCompletableFuture()
			.join();
	}

}
