package dev.resilience.redis;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

import dev.resilience.Trap;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.IdempotencyStore.Claim;
import dev.resilience.idempotency.store.IdempotencyStore.Status;
import dev.resilience.idempotency.store.RecordKey;
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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Against a real server.
 */
@Timeout(30)
class RedisIdempotencyStoreTests extends RedisStoreContract {

	private static final Duration TIMEOUT = Duration.ofSeconds(5);

	private static RedisProcess server;

	private static RedisClient client;

	private static RedisCommands<String, byte[]> redis;

	private static RedisLink link;

	private final RecordKey key = new RecordKey(null, "alice", "pay", "order-1");

	private final UUID first = UUID.randomUUID();

	private final UUID second = UUID.randomUUID();

	private static RedisIdempotencyStore store;

	@BeforeAll
	static void start() throws IOException {
		server = new RedisProcess();
		client = RedisClient.create(server.uri());
		redis = client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE)).sync();
		link = RedisLink.to(server.uri(), TIMEOUT);
		store = new RedisIdempotencyStore(link, "test:", Clock.systemUTC());
	}

	@AfterAll
	static void stop() throws IOException {
		link.close();
		client.shutdown(Duration.ZERO, TIMEOUT);
		server.close();
	}

	@BeforeEach
	void empty() {
		redis.flushall();
	}

	@Override
	protected IdempotencyStore store() {
		return store;
	}

	@Override
	protected void pass(Duration duration) {
		pass(redis, duration);
	}

	@Test
	@Trap(35)
	void keyShouldTellNothingOfItsParts() {
		claim(this.first);
		assertThat(redis.keys("*")).containsExactly("test:" + this.key.digest());
	}

	/**
	 * Nothing waits for an answer, so that the server gets everything at once. In between
	 * there is a script, which takes longer than the clock's microsecond.
	 */
	@Test
	void fenceShouldGrowHoweverFastClaimsFollowEachOther() {
		// The first release brings its script to the server: it arrives late.
		assertThat(get(store.release(this.key, UUID.randomUUID()))).isTrue();
		List<CompletionStage<Claim>> claims = new ArrayList<>();
		for (int index = 0; index < 2_000; index++) {
			UUID owner = UUID.randomUUID();
			claims.add(store.claim(this.key, owner, null, LEASE, TTL));
			store.release(this.key, owner);
		}
		assertThat(claims).extracting((claim) -> ((Claim.Granted) get(claim)).fence())
			.isSorted()
			.doesNotHaveDuplicates();
	}

	@Test
	void evictionPolicyShouldBeToldAsTheServerHasIt() {
		assertThat(get(link.evictionPolicy())).isEqualTo("noeviction");
		redis.configSet("maxmemory-policy", "allkeys-lru");
		try {
			assertThat(get(link.evictionPolicy())).isEqualTo("allkeys-lru");
		}
		finally {
			redis.configSet("maxmemory-policy", "noeviction");
		}
	}

	@Test
	@Trap(29)
	void completeWhenLostShouldLeaveTheOthersRecordAsItIs() {
		claim(this.first);
		redis.del("test:" + this.key.digest());
		claim(this.second);
		assertThat(complete(this.first, "stale")).isFalse();
		assertThat(claim(UUID.randomUUID())).isInstanceOf(Claim.InProgress.class);
		assertThat(complete(this.second, "receipt")).isTrue();
		assertThat(claim(this.first)).isInstanceOfSatisfying(Claim.Completed.class,
				(completed) -> assertThat(completed.value()).isEqualTo(result("receipt")));
	}

	@Test
	void completeWhenTheAnswerIsLostShouldBeRepeatable() {
		claim(this.first);
		complete(this.first, "receipt");
		complete(this.first, "receipt");
		assertThat(complete(this.first, "receipt")).isTrue();
		assertThat(get(store.find(this.key)).orElseThrow().value()).isEqualTo(result("receipt"));
	}

	@Test
	@Trap(28)
	void completeWhenTheRecordVanishedShouldExpireAllTheSame() {
		assertThat(complete(this.first, "receipt")).isTrue();
		assertThat(redis.pttl("test:" + this.key.digest())).isPositive();
		assertThat(claim(this.second)).isInstanceOf(Claim.Completed.class);
	}

	/**
	 * Its owner died after it had appended the result to nothing.
	 */
	@Test
	@Trap(28)
	void claimWhenTheResultHasNoHeadShouldNotReplayItForAnotherRequest() {
		redis.set("test:" + this.key.digest(),
				RecordBytes.result(this.first, 1, "receipt".getBytes(StandardCharsets.UTF_8)));
		assertThat(claim(this.second)).isInstanceOf(Claim.Mismatch.class);
		assertThat(get(store.takeOver(this.key, this.second, "other", LEASE, TTL))).isInstanceOf(Claim.Mismatch.class);
		assertThat(get(store.claim(this.key, this.second, null, LEASE, TTL))).isInstanceOf(Claim.Completed.class);
		assertThat(complete(this.first, "receipt")).as("its owner lives").isTrue();
		assertThat(claim(this.second)).isInstanceOf(Claim.Completed.class);
		assertThat(redis.pttl("test:" + this.key.digest())).isPositive();
	}

	/**
	 * Who settles a call knows its record, but not what was asked for.
	 */
	@Test
	void completeByDigestWhenTheResultIsLargeShouldKeepTheFingerprint() {
		claim(this.first);
		get(store.abandon(this.key, this.first));
		assertThat(get(store.complete(RecordKey.ofDigest(this.key.digest()), this.first, null,
				Objects.requireNonNull(result("x".repeat(200_000))), TTL)))
			.isTrue();
		assertThat(claim(this.second)).isInstanceOf(Claim.Completed.class);
	}

	@Test
	void completeWhenTheResultIsLargeShouldStoreIt() {
		String large = "x".repeat(200_000);
		claim(this.first);
		assertThat(complete(this.first, large)).isTrue();
		assertThat(get(store.find(this.key)).orElseThrow().value()).isEqualTo(result(large));
	}

	@Test
	@Trap(36)
	void commandsWhenScriptsWereFlushedShouldWork() {
		claim(this.first);
		redis.scriptFlush();
		assertThat(get(store.renew(this.key, this.first, LEASE))).isTrue();
		redis.scriptFlush();
		assertThat(get(store.release(this.key, this.first))).isTrue();
	}

	@Test
	@Trap(34)
	void claimWhenSomethingElseIsStoredShouldFailClearly() {
		String name = "test:" + this.key.digest();
		byte[] whole = Arrays.copyOf(new byte[] { 'P' }, 10);
		for (byte[] hostile : new byte[][] { {}, { 'x' }, whole,
				"rO0ABXNyABFqYXZhLnV0aWw".getBytes(StandardCharsets.UTF_8) }) {
			redis.set(name, hostile);
			assertThatExceptionOfType(CompletionException.class).isThrownBy(() -> claim(this.first))
				.withRootCauseInstanceOf(RuntimeException.class)
				.withMessageContaining("no record of this library's");
			assertThat(redis.get(name)).isEqualTo(hostile);
		}
	}

	@Test
	void commandsWhenTheServerIsAwayShouldFailAndWorkAgainAfterIt() throws IOException {
		try (RedisProcess another = new RedisProcess(); RedisLink other = RedisLink.to(another.uri(), TIMEOUT)) {
			RedisIdempotencyStore there = new RedisIdempotencyStore(other, "test:", Clock.systemUTC());
			assertThat(get(there.claim(this.key, this.first, null, LEASE, TTL))).isInstanceOf(Claim.Granted.class);
			another.stop();
			assertThatExceptionOfType(CompletionException.class)
				.isThrownBy(() -> get(there.claim(this.key, this.second, null, LEASE, TTL)));
			another.startAgain();
			org.awaitility.Awaitility.await()
				.ignoreExceptions()
				.until(() -> get(there.find(this.key)), Optional::isEmpty);
		}
	}

	@Test
	void statusShouldBeReadWithTheTimeThatIsLeft() {
		claim(this.first);
		pass(LEASE);
		assertThat(get(store.find(this.key)).map((found) -> found.status())).contains(Status.ABANDONED);
	}

	/**
	 * A record expires at a moment of the server's clock: if that steps back, it has as
	 * much more time left.
	 */
	@Test
	void takeOverWhenTheServersClockHasSteppedBackShouldHaveAGreaterFence() {
		long fence = ((Claim.Granted) claim(this.first)).fence();
		get(store.abandon(this.key, this.first));
		long hour = Duration.ofHours(1).toMillis();
		redis.pexpire("test:" + this.key.digest(), TTL.toMillis() + hour);
		assertThat(get(store.takeOver(this.key, this.second, "fingerprint", LEASE, TTL))).isInstanceOfSatisfying(
				Claim.Granted.class, (granted) -> assertThat(granted.fence()).isGreaterThan(fence + hour * 1_000));
	}

	private Claim claim(UUID owner) {
		return get(store.claim(this.key, owner, "fingerprint", LEASE, TTL));
	}

	private boolean complete(UUID owner, String value) {
		return get(store.complete(this.key, owner, "fingerprint", Objects.requireNonNull(result(value)), TTL));
	}

	private static <T> T get(CompletionStage<T> stage) {
		return stage.toCompletableFuture().join();
	}

}
