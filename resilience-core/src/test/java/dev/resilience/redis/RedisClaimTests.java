package dev.resilience.redis;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.resilience.idempotency.store.IdempotencyStore.Claim;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the three answers to a claim come to.
 */
class RedisClaimTests {

	private static final UUID OWNER = UUID.randomUUID();

	private final RedisLink link = RedisLink.to("redis://127.0.0.1:1", Duration.ofSeconds(1));

	private final RedisClaim claim = new RedisClaim(new RedisIdempotencyStore(this.link, "", Clock.systemUTC()), 0,
			"key".getBytes(StandardCharsets.UTF_8), OWNER, null, Duration.ofSeconds(30), Duration.ofHours(1), false);

	@AfterEach
	void stop() {
		this.link.close();
	}

	@Test
	void claimThatWasMadeWhenAnotherRecordHadJustGoneShouldBeGranted() {
		assertThat(decided(CompletableFuture.completedFuture("OK"))).isEqualTo(new Claim.Granted(7, 1));
	}

	@Test
	void resultThatWasFoundWhenTheServerTakesNoWritesShouldBeReplayed() {
		assertThat(decided(CompletableFuture.failedFuture(new IllegalStateException("OOM"))))
			.isInstanceOf(Claim.Completed.class);
	}

	private Claim decided(CompletionStage<String> set) {
		UUID other = UUID.randomUUID();
		byte[] head = new RecordBytes.Head(other, 1, 0, 1, null).bytes();
		byte[] result = RecordBytes.result(other, 0, new byte[0]);
		byte[] found = new byte[head.length + result.length];
		System.arraycopy(head, 0, found, 0, head.length);
		System.arraycopy(result, 0, found, head.length, result.length);
		return this.claim.decide(CompletableFuture.completedFuture(found), set, CompletableFuture.completedFuture(7L))
			.toCompletableFuture()
			.join();
	}

}
