package dev.resilience.idempotency;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeoutException;

import dev.resilience.idempotency.IdempotencyConfig.OnStoreFailure;
import dev.resilience.idempotency.IdempotencyRecords.Open;
import dev.resilience.idempotency.store.IdempotencyStore.Status;
import dev.resilience.idempotency.store.IdempotencyStore.StoredRecord;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.idempotency.store.RecordKey;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * What people see of calls that run, and of calls without a known outcome.
 */
@Timeout(20)
class OpenRecordsTests {

	private final FakeTicker ticker = new FakeTicker();

	private final ScriptedStore store = new ScriptedStore(new MemoryIdempotencyStore(this.ticker.source()));

	private final IdempotentOperation pay = operation(IdempotencyConfig.builder());

	@Test
	void runningCallsShouldBeListedNewestFirstWithoutTheStore() throws Exception {
		this.pay.execute("1", null, () -> {
			this.ticker.advance(Duration.ofSeconds(3));
			this.store.others.breakDown();
			return this.pay.execute("2", null, () -> {
				Open open = this.pay.records().open();
				assertThat(open.failure()).isNull();
				assertThat(open.records().keySet()).containsExactly(digest("2"), digest("1"));
				StoredRecord first = record(open, "1");
				assertThat(first.status()).isEqualTo(Status.IN_PROGRESS);
				assertThat(first.claimedAt()).isEqualTo(FakeTicker.EPOCH);
				assertThat(first.timeLeft()).isEqualTo(Duration.ofSeconds(27));
				assertThat(first.owner()).isNotEqualTo(record(open, "2").owner());
				return "receipt";
			});
		});
		assertThat(this.pay.records().open().records()).isEmpty();
		assertThat(this.store.others.sent).hasValue(0);
	}

	@Test
	void runningCallShouldHaveTheOwnerOfItsRecordAndNeverLessThanNoLease() throws Exception {
		this.pay.execute("1", null, () -> {
			assertThat(record(this.pay.records().open(), "1").owner())
				.isEqualTo(this.pay.lookup("1").orElseThrow().owner());
			this.store.renewals.fail(100);
			this.ticker.advance(Duration.ofMinutes(1));
			assertThat(record(this.pay.records().open(), "1").timeLeft()).isZero();
			return "receipt";
		});
	}

	@Test
	void callWithoutARecordShouldNotBeListed() throws Exception {
		IdempotentOperation open = operation(IdempotencyConfig.builder().onStoreFailure(OnStoreFailure.OPEN));
		this.store.claims.fail(2);
		assertThat(open.execute("1", null, () -> open.records().open().records())).isEmpty();
	}

	@Test
	void abandonedCallsShouldBeListedNewestFirst() {
		timeOut("1");
		this.ticker.advance(Duration.ofSeconds(1));
		timeOut("2");
		Open open = this.pay.records().open();
		assertThat(open.records().keySet()).containsExactly(digest("2"), digest("1"));
		assertThat(record(open, "1")).isEqualTo(this.pay.lookup("1").orElseThrow());
		assertThat(record(open, "1").status()).isEqualTo(Status.ABANDONED);
	}

	@Test
	void callThatAnotherInstanceAbandonedShouldBeListedOnceItWasRefusedHere() {
		timeOut("1");
		IdempotentOperation other = operation(IdempotencyConfig.builder());
		assertThat(other.records().open().records()).isEmpty();
		assertThatExceptionOfType(IdempotencyConflictException.class)
			.isThrownBy(() -> other.execute("1", null, () -> "receipt"));
		assertThat(other.records().open().records().keySet()).containsExactly(digest("1"));
	}

	@Test
	void cancelledCallShouldBeListed() {
		CompletionStage<String> call = this.pay.executeAsync("1", null, CompletableFuture::new);
		call.toCompletableFuture().cancel(true);
		assertThat(record(this.pay.records().open(), "1").status()).isEqualTo(Status.ABANDONED);
	}

	@Test
	void callWhoseResultOrReleaseTheStoreDidNotTakeShouldBeListed() throws Exception {
		this.store.completions.fail(100);
		this.store.renewals.fail(100);
		this.pay.execute("1", null, () -> "receipt");
		this.store.releases.fail(100);
		assertThatThrownBy(() -> this.pay.execute("2", null, () -> {
			throw new IllegalStateException("declined");
		})).isInstanceOf(IllegalStateException.class);
		assertThat(record(this.pay.records().open(), "1").status()).isEqualTo(Status.IN_PROGRESS);
		this.ticker.advance(Duration.ofSeconds(31));
		Open open = this.pay.records().open();
		assertThat(record(open, "1").status()).isEqualTo(Status.ABANDONED);
		assertThat(record(open, "2").status()).isEqualTo(Status.ABANDONED);
	}

	@Test
	void resultThatTheStoreTookInTheEndShouldNotBeListed() throws Exception {
		this.store.completions.fail(1);
		this.pay.execute("1", null, () -> "receipt");
		this.ticker.advance(Duration.ofSeconds(11));
		assertThat(this.pay.lookup("1").orElseThrow().status()).isEqualTo(Status.COMPLETED);
		assertThat(this.pay.records().open().records()).isEmpty();
	}

	@Test
	void settledRecordsShouldVanishAndNotBeAskedForAgain() {
		timeOut("1");
		timeOut("2");
		timeOut("3");
		this.pay.forget("1");
		this.pay.records().complete(digest("2"), this.pay.lookup("2").orElseThrow().owner());
		assertThat(this.pay.records().open().records().keySet()).containsExactly(digest("3"));
		int sent = this.store.others.sent.get();
		assertThat(this.pay.records().open().records().keySet()).containsExactly(digest("3"));
		assertThat(this.store.others.sent).hasValue(sent + 1);
		this.ticker.advance(Duration.ofHours(2));
		assertThat(this.pay.records().open().records()).isEmpty();
	}

	@Test
	void recordWhoseCallRunsAgainShouldBeListedAsRunning() throws Exception {
		timeOut("1");
		this.pay.forget("1");
		this.pay.execute("1", null, () -> {
			int sent = this.store.others.sent.get();
			assertThat(record(this.pay.records().open(), "1").status()).isEqualTo(Status.IN_PROGRESS);
			assertThat(this.store.others.sent).hasValue(sent);
			return "receipt";
		});
	}

	@Test
	void newestHundredOfEachKindShouldBeListed() {
		for (int index = 0; index < 150; index++) {
			timeOut("abandoned " + index);
		}
		List<CompletableFuture<String>> running = new ArrayList<>();
		for (int index = 0; index < 150; index++) {
			CompletableFuture<String> work = new CompletableFuture<>();
			running.add(work);
			this.pay.executeAsync("running " + index, null, () -> work);
			this.ticker.advance(Duration.ofMillis(1));
		}
		List<String> listed = List.copyOf(this.pay.records().open().records().keySet());
		assertThat(listed).hasSize(200);
		for (int index = 0; index < 100; index++) {
			assertThat(listed.get(index)).isEqualTo(digest("running " + (149 - index)));
			assertThat(listed.get(100 + index)).isEqualTo(digest("abandoned " + (149 - index)));
		}
		running.forEach((work) -> work.complete("receipt"));
	}

	@Test
	void lookUpsShouldGoOutTogether() throws Exception {
		for (int index = 0; index < 20; index++) {
			timeOut("key " + index);
		}
		CompletableFuture<Void> answers = this.store.others.hold();
		FutureTask<Open> open = Threads.untilWaiting(() -> this.pay.records().open());
		assertThat(open).isNotDone();
		assertThat(this.store.others.sent).hasValue(20);
		answers.complete(null);
		assertThat(open.get().records()).hasSize(20);
	}

	@Test
	void storeThatFailsShouldCostNoMoreThanTheRecordsThatItDidNotTell() throws Exception {
		timeOut("1");
		timeOut("2");
		this.store.others.fail(1);
		Open open = this.pay.records().open();
		assertThat(open.records().keySet()).containsExactly(digest("1"));
		assertThat(open.failure()).isExactlyInstanceOf(IOException.class);
		assertThat(this.pay.records().open().records()).hasSize(2);
		this.store.others.breakDown(new StackOverflowError());
		this.pay.execute("3", null, () -> {
			Open broken = this.pay.records().open();
			assertThat(broken.records().keySet()).containsExactly(digest("3"));
			assertThat(broken.failure()).isExactlyInstanceOf(StackOverflowError.class);
			return "receipt";
		});
		assertThat(this.pay.snapshot().rejections()).containsEntry("store-failed", 0L);
	}

	@Test
	void keyThatIsNotedAgainShouldStayThoughItWasSettledBefore() {
		Unsettled unsettled = new Unsettled();
		RecordKey one = new RecordKey(null, null, "pay", "1");
		unsettled.note(one);
		unsettled.note(new RecordKey(null, null, "pay", "2"));
		Map.Entry<RecordKey, Long> before = unsettled.newestFirst().get(1);
		assertThat(before.getKey()).isEqualTo(one);
		unsettled.note(one);
		unsettled.settled(before);
		assertThat(unsettled.newestFirst()).extracting(Map.Entry::getKey).first().isEqualTo(one);
		unsettled.settled(unsettled.newestFirst().get(0));
		assertThat(unsettled.newestFirst()).hasSize(1);
	}

	private void timeOut(String key) {
		assertThatThrownBy(() -> this.pay.execute(key, null, () -> {
			throw new TimeoutException();
		})).isInstanceOf(TimeoutException.class);
	}

	private static String digest(String key) {
		return new RecordKey(null, null, "pay", key).digest();
	}

	private static StoredRecord record(Open open, String key) {
		return Objects.requireNonNull(open.records().get(digest(key)));
	}

	private IdempotentOperation operation(IdempotencyConfig.Builder config) {
		return new IdempotentOperation("pay", config.build(), this.store, this.ticker.source());
	}

}
