package dev.resilience.idempotency;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

import dev.resilience.PolicyEvent;
import dev.resilience.RecordingListener;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.idempotency.store.RecordKey;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * What listeners hear of calls that somebody may have to look after.
 */
@Timeout(20)
class NoticesTests {

	private static final String RECORD = new RecordKey(null, null, "pay", "secret-key").digest();

	private static final long FENCE = FakeTicker.EPOCH.toEpochMilli() * 1_000;

	private final FakeTicker ticker = new FakeTicker();

	private final ScriptedStore store = new ScriptedStore(new MemoryIdempotencyStore(this.ticker.source()));

	private final IdempotentOperation operation = new IdempotentOperation("pay", IdempotencyConfig.builder().build(),
			this.store, this.ticker.source());

	private final RecordingListener listener = new RecordingListener();

	@BeforeEach
	void listen() {
		this.operation.addListener(this.listener);
	}

	@Test
	void outcomeUnknownShouldNameTheOperationTheExceptionAndTheFenceButNoSecret() {
		failWith("secret-key", new UncheckedIOException(new IOException("secret-message")));
		PolicyEvent event = this.listener.await(1).get(0);
		assertThat(event.kind()).isEqualTo("outcome-unknown");
		assertThat(event.message())
			.isEqualTo("idempotent operation 'pay' does not know whether a call took effect (record " + RECORD
					+ ", fence " + FENCE
					+ ", java.io.UncheckedIOException): its key is rejected until the ttl ends or the record is forgotten");
		assertThat(event.details()).isEqualTo(Map.of("operation", "pay", "record", RECORD, "fence", FENCE, "exception",
				"java.io.UncheckedIOException", "count", 1L));
		assertThat(event.toString()).doesNotContain("secret");
	}

	@Test
	void outcomeUnknownWhenTheCallerCancelledShouldNameTheCancellation() {
		this.operation.executeAsync("key", null, CompletableFuture<String>::new).toCompletableFuture().cancel(true);
		assertThat(this.listener.await(1).get(0).details()).containsEntry("exception",
				CancellationException.class.getName());
	}

	@Test
	void unstoredShouldNameTheOperationTheStoresExceptionAndTheFence() throws Exception {
		this.store.completions.fail(100);
		this.operation.execute("secret-key", null, () -> "receipt");
		PolicyEvent event = this.listener.await(1).get(0);
		assertThat(event.kind()).isEqualTo("unstored");
		assertThat(event.message())
			.isEqualTo("idempotent operation 'pay' returned a result that the store did not take (record " + RECORD
					+ ", fence " + FENCE
					+ ", java.io.IOException): unless it takes it within the lease, its key is rejected until the ttl ends "
					+ "or the record is forgotten");
		assertThat(event.details()).isEqualTo(Map.of("operation", "pay", "record", RECORD, "fence", FENCE, "exception",
				"java.io.IOException", "count", 1L));
	}

	@Test
	void unstoredWhenTheStoreWrapsItsExceptionShouldNameTheRealOne() throws Exception {
		this.store.completions.loseAnswers(100);
		this.operation.execute("key", null, () -> "receipt");
		assertThat(this.listener.await(1).get(0).details()).containsEntry("exception", "java.io.IOException");
	}

	@Test
	void lostShouldNameTheOperationAndTheFence() throws Exception {
		IdempotentOperation elsewhere = new IdempotentOperation("pay", IdempotencyConfig.builder().build(), this.store,
				this.ticker.source());
		this.operation.execute("secret-key", null, () -> {
			this.store.renewals.fail(100);
			this.ticker.advance(Duration.ofSeconds(30));
			elsewhere.forget("secret-key");
			return elsewhere.execute("secret-key", null, () -> "successor");
		});
		PolicyEvent event = this.listener.await(1).get(0);
		assertThat(event.kind()).isEqualTo("lost");
		assertThat(event.message())
			.isEqualTo("idempotent operation 'pay' returned a result that is not stored (record " + RECORD + ", fence "
					+ FENCE + "): the record has another owner by now, whose call may be a second one");
		assertThat(event.details())
			.isEqualTo(Map.of("operation", "pay", "record", RECORD, "fence", FENCE, "count", 1L));
	}

	@Test
	void eventsWhenThereAreManyShouldComeOnceASecondOfEachKindWithTheirNumber() throws Exception {
		for (int call = 0; call < 10; call++) {
			failWith("first" + call, new TimeoutException());
		}
		this.store.completions.fail(1);
		this.operation.execute("unstored", null, () -> "receipt");
		this.ticker.advance(Duration.ofSeconds(1).minusNanos(1));
		failWith("just before", new TimeoutException());
		this.ticker.advance(Duration.ofNanos(1));
		failWith("just then", new TimeoutException());
		this.operation.forget("just then");
		List<PolicyEvent> events = this.listener.await(4);
		assertThat(events).extracting(PolicyEvent::kind)
			.containsExactly("outcome-unknown", "unstored", "outcome-unknown", "forgotten");
		assertThat(events).extracting((event) -> event.details().get("count")).containsExactly(1L, 1L, 11L, null);
		assertThat(this.operation.snapshot().calls()).containsEntry("unknown", 12L);
	}

	private void failWith(String key, Exception failure) {
		assertThatThrownBy(() -> this.operation.execute(key, null, () -> {
			throw failure;
		})).isSameAs(failure);
	}

}
