package dev.resilience.idempotency;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import dev.resilience.idempotency.IdempotencyConfig.OnStoreFailure;
import dev.resilience.idempotency.store.IdempotencyStore.Status;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Claims of calls that took no effect, while the store does not answer.
 */
@Timeout(20)
class ClaimGivenBackTests {

	private static final Duration BEAT = Duration.ofSeconds(10);

	private final FakeTicker ticker = new FakeTicker();

	private final MemoryIdempotencyStore memory = new MemoryIdempotencyStore(this.ticker.source());

	private final ScriptedStore store = new ScriptedStore(this.memory);

	private final IdempotentOperation pay = operation(IdempotencyConfig.builder());

	@Test
	void failedCallWhoseReleaseIsLostShouldSetItsKeyFreeLater() {
		this.store.releases.fail(2);
		fail("key");
		assertThat(this.pay.lookup("key").orElseThrow().status()).isEqualTo(Status.IN_PROGRESS);
		this.ticker.advance(BEAT);
		assertThat(this.pay.lookup("key")).isPresent();
		this.ticker.advance(BEAT);
		assertThat(this.pay.lookup("key")).isEmpty();
		this.ticker.advance(BEAT);
		assertThat(this.store.releases.sent).hasValue(3);
	}

	@Test
	void claimWhoseAnswersAndReleaseAreLostShouldBeGivenBackLater() throws Exception {
		this.store.claims.loseAnswers(2);
		this.store.releases.fail(1);
		assertThatExceptionOfType(IdempotencyStoreException.class)
			.isThrownBy(() -> this.pay.execute("key", null, () -> "receipt"));
		assertThat(this.pay.lookup("key")).isPresent();
		this.ticker.advance(BEAT);
		assertThat(this.pay.execute("key", null, () -> "receipt")).isEqualTo("receipt");
	}

	@Test
	void cancelledCallWhoseReleaseIsLostShouldSetItsKeyFreeLater() {
		CompletableFuture<Void> answer = this.store.claims.hold();
		CompletableFuture<String> paid = this.pay
			.executeAsync("key", null, () -> CompletableFuture.completedFuture("receipt"))
			.toCompletableFuture();
		paid.cancel(true);
		this.store.releases.fail(1);
		answer.complete(null);
		assertThat(this.pay.lookup("key")).isPresent();
		this.ticker.advance(BEAT);
		assertThat(this.pay.lookup("key")).isEmpty();
	}

	@Test
	void releasesThatAreLostShouldBeTriedAgainForABoundedNumberOfCalls() {
		this.store.releases.fail(1_100);
		IntStream.range(0, 1_100).forEach((call) -> fail("key" + call));
		assertThat(this.memory.size()).isEqualTo(1_100);
		this.ticker.advance(BEAT);
		assertThat(this.memory.size()).isEqualTo(100);
	}

	@Test
	void releaseThatIsAlwaysLostShouldNotBeTriedForEver() {
		this.store.releases.fail(1_000);
		fail("key");
		this.ticker.advance(Duration.ofMinutes(30));
		assertThat(this.store.releases.sent).hasValue(31);
	}

	/**
	 * The claim, if it was granted, is as good as one whose answer came.
	 */
	@Test
	void openWhenOnlyTheAnswersAreLostShouldKeepTheClaim() throws Exception {
		IdempotentOperation open = operation(IdempotencyConfig.builder().onStoreFailure(OnStoreFailure.OPEN));
		this.store.claims.loseAnswers(2);
		Status status = open.execute("key", null, () -> this.pay.lookup("key").orElseThrow().status());
		assertThat(status).isEqualTo(Status.IN_PROGRESS);
		assertThat(open.execute("key", null, () -> Status.ABANDONED)).isEqualTo(Status.IN_PROGRESS);
	}

	private void fail(String key) {
		assertThatIllegalStateException().isThrownBy(() -> this.pay.execute(key, null, () -> {
			throw new IllegalStateException("no funds");
		}));
	}

	private IdempotentOperation operation(IdempotencyConfig.Builder config) {
		return new IdempotentOperation("pay", config.build(), this.store, this.ticker.source());
	}

}
