package dev.resilience.idempotency;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import dev.resilience.Trap;
import dev.resilience.idempotency.store.IdempotencyStore.Status;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.time.FakeTicker;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@Timeout(20)
class AsyncIdempotentCallTests {

	private final FakeTicker ticker = new FakeTicker();

	private final ScriptedStore store = new ScriptedStore(new MemoryIdempotencyStore(this.ticker.source()));

	private final IdempotentOperation operation = new IdempotentOperation("pay", IdempotencyConfig.builder().build(),
			this.store, this.ticker.source());

	private final AtomicInteger effects = new AtomicInteger();

	@Test
	void executeWhenRepeatedShouldReplayTheFirstResult() {
		CompletableFuture<String> work = new CompletableFuture<>();
		CompletableFuture<String> first = execute(work);
		assertThat(first).isNotDone();
		work.complete("receipt");
		assertThat(first).isCompletedWithValue("receipt");
		assertThat(execute(new CompletableFuture<>())).isCompletedWithValue("receipt");
		assertThat(IdempotencyContext.replayed()).isTrue();
		assertThat(this.effects).hasValue(1);
	}

	@Test
	@Trap(32)
	void executeWhenTheResultIsNullShouldReplayNull() {
		CompletableFuture<@Nullable String> nothing = CompletableFuture.completedFuture(null);
		assertThat(this.operation.<@Nullable String>executeAsync("key", null, () -> nothing).toCompletableFuture())
			.isCompletedWithValue(null);
		assertThat(execute(new CompletableFuture<>())).isCompletedWithValue(null);
		assertThat(this.effects).hasValue(0);
	}

	@Test
	void executeWhenTheStageFailsShouldFreeTheKey() {
		IllegalStateException failure = new IllegalStateException("declined");
		assertThatThrownBy(execute(CompletableFuture.failedFuture(failure))::get).hasCause(failure);
		assertThat(execute(CompletableFuture.completedFuture("receipt"))).isCompletedWithValue("receipt");
	}

	@Test
	void executeWhenTheSupplierThrowsShouldCompleteAndFreeTheKey() {
		IllegalStateException failure = new IllegalStateException("declined");
		CompletionStage<String> result = this.operation.executeAsync("key", null, () -> {
			throw failure;
		});
		assertThatThrownBy(result.toCompletableFuture()::get).hasCause(failure);
		assertThat(this.operation.lookup("key")).isEmpty();
	}

	@Test
	void executeWhenItIsCancelledWhileItsResultIsStoredShouldStillBeStored() {
		CompletableFuture<Void> stored = this.store.completions.hold();
		CompletableFuture<String> first = execute(CompletableFuture.completedFuture("receipt"));
		CompletableFuture<String> second = execute(new CompletableFuture<>());
		first.cancel(true);
		assertThat(second).isNotDone();
		stored.completeExceptionally(new IOException("down"));
		this.ticker.advance(Duration.ZERO);
		assertThat(second).isCompletedWithValue("receipt");
		assertThat(this.store.abandonments.sent).hasValue(0);
		this.ticker.advance(Duration.ofSeconds(10));
		assertThat(this.store.completions.sent).hasValue(2);
		assertThat(this.operation.snapshot().calls()).containsEntry("unstored", 1L).containsEntry("unknown", 0L);
	}

	@Test
	@SuppressWarnings("NullAway") // suppliers without null checks exist
	void executeWhenThereIsNoStageShouldComplete() {
		CompletionStage<String> result = this.operation.callAsync(CallContext.ofKey(IdempotencyKey.of("key")), "none",
				(argument) -> null);
		assertThatThrownBy(result.toCompletableFuture()::get).hasCauseInstanceOf(NullPointerException.class);
	}

	@Test
	void executeWhenNeitherClaimNorReleaseReachesTheStoreShouldComplete() {
		this.store.claims.fail(2);
		this.store.releases.breakDown();
		assertThatThrownBy(execute(new CompletableFuture<>())::get).hasCauseInstanceOf(IdempotencyStoreException.class);
		assertThat(this.effects).hasValue(0);
	}

	@Test
	void executeWhenTheStageTimesOutShouldAbandonTheRecord() {
		assertThat(execute(CompletableFuture.failedFuture(new TimeoutException()))).isCompletedExceptionally();
		assertThat(this.store.releases.sent).hasValue(0);
		assertThat(status()).isEqualTo(Status.ABANDONED);
	}

	@Test
	void executeWhenTheStoreIsSlowToHearOfAnUnknownOutcomeShouldSaySoMeanwhile() {
		CompletableFuture<Void> heard = this.store.abandonments.hold();
		CompletableFuture<String> first = execute(CompletableFuture.failedFuture(new TimeoutException()));
		requireUnknown(execute(new CompletableFuture<>()));
		assertThat(first).as("completes after the record").isNotDone();
		heard.complete(null);
		this.ticker.advance(Duration.ZERO);
		assertThat(first).isCompletedExceptionally();
		assertThat(this.store.claims.sent).hasValue(1);
		assertThat(this.operation.snapshot().gauges()).containsEntry("in-flight", 0.0);
	}

	@Test
	void executeWhenTheStoreDoesNotHearOfAnUnknownOutcomeShouldLetTheLeaseRunOut() {
		this.store.abandonments.fail(1);
		assertThat(execute(CompletableFuture.failedFuture(new TimeoutException()))).isCompletedExceptionally();
		assertThat(status()).isEqualTo(Status.IN_PROGRESS);
		this.ticker.advance(Duration.ofSeconds(30));
		assertThat(this.store.renewals.sent).hasValue(0);
		requireUnknown(execute(new CompletableFuture<>()));
		assertThat(this.effects).hasValue(1);
	}

	@Test
	@Trap(37)
	void cancelWhenTheWorkRunsShouldCancelItAndNotFreeTheKey() {
		CompletableFuture<String> work = new CompletableFuture<>();
		CompletableFuture<String> result = execute(work);
		result.cancel(true);
		assertThat(work).isCancelled();
		assertThat(this.store.releases.sent).hasValue(0);
		assertThat(status()).isEqualTo(Status.ABANDONED);
		requireUnknown(execute(new CompletableFuture<>()));
		this.ticker.advance(Duration.ofSeconds(30));
		assertThat(this.store.renewals.sent).hasValue(0);
		assertThat(this.effects).hasValue(1);
		assertThat(this.operation.snapshot().calls()).containsEntry("unknown", 1L);
	}

	@Test
	@Trap(37)
	void cancelWhenTheWorkFailsOnCancellationShouldNotFreeTheKey() {
		CompletableFuture<String> work = new CompletableFuture<>() {

			@Override
			public boolean cancel(boolean mayInterruptIfRunning) {
				return completeExceptionally(new IOException("stream closed"));
			}

		};
		CompletableFuture<String> result = raw(work);
		result.cancel(true);
		assertThat(work).isCompletedExceptionally();
		assertThat(this.store.releases.sent).hasValue(0);
		assertThat(status()).isEqualTo(Status.ABANDONED);
	}

	@Test
	@Trap(37)
	void cancelWhenTheEffectGoesOnShouldStoreItsLateResult() {
		CompletableFuture<String> work = new CompletableFuture<>() {

			@Override
			public boolean cancel(boolean mayInterruptIfRunning) {
				return false;
			}

		};
		raw(work).cancel(true);
		this.ticker.advance(Duration.ofMinutes(1));
		work.complete("late");
		assertThat(execute(new CompletableFuture<>())).isCompletedWithValue("late");
	}

	@Test
	@Trap(37)
	void cancelWhenOthersJoinedShouldTellThemThatTheOutcomeIsUnknown() {
		CompletableFuture<String> first = execute(new CompletableFuture<>());
		CompletableFuture<String> joined = execute(new CompletableFuture<>());
		first.cancel(true);
		this.ticker.advance(Duration.ZERO);
		requireUnknown(joined);
	}

	@Test
	void cancelWhenTheClaimIsUnderWayShouldGiveItBackUnused() {
		CompletableFuture<Void> gate = this.store.claims.hold();
		CompletableFuture<String> result = execute(new CompletableFuture<>());
		result.cancel(true);
		gate.complete(null);
		this.ticker.advance(Duration.ZERO);
		assertThat(this.operation.lookup("key")).isEmpty();
		assertThat(this.effects).hasValue(0);
		assertThat(this.ticker.timers()).isZero();
	}

	@Test
	void cancelWhenWaitingForAnOwnerElsewhereShouldAskNoMore() throws Exception {
		IdempotentOperation elsewhere = new IdempotentOperation("pay", IdempotencyConfig.builder().build(), this.store,
				this.ticker.source());
		elsewhere.execute("key", null, () -> {
			CompletableFuture<String> result = execute(new CompletableFuture<>());
			result.cancel(true);
			int sent = this.store.claims.sent.get();
			this.ticker.advance(Duration.ofSeconds(5));
			assertThat(this.store.claims.sent).hasValue(sent);
			assertThat(this.store.releases.sent).hasValue(0);
			return "receipt";
		});
	}

	@Test
	void executeWhenTheStoreAnswersLaterShouldNotBlock() {
		CompletableFuture<Void> gate = this.store.claims.hold();
		CompletableFuture<Void> stored = this.store.completions.hold();
		CompletableFuture<String> result = execute(CompletableFuture.completedFuture("receipt"));
		assertThat(this.effects).hasValue(0);
		gate.complete(null);
		assertThat(this.effects).as("not on the thread that has the answer").hasValue(0);
		this.ticker.advance(Duration.ZERO);
		assertThat(this.effects).hasValue(1);
		stored.complete(null);
		assertThat(result).as("completes after the record, and elsewhere").isNotDone();
		this.ticker.advance(Duration.ZERO);
		assertThat(result).isCompletedWithValue("receipt");
	}

	@Test
	@Trap(28)
	void executeWhenTheResultCannotBeStoredShouldCompleteWithIt() {
		this.store.completions.fail(1);
		assertThat(execute(CompletableFuture.completedFuture("receipt"))).isCompletedWithValue("receipt");
		assertThat(this.store.releases.sent).hasValue(0);
		this.ticker.advance(Duration.ofSeconds(10));
		assertThat(status()).isEqualTo(Status.COMPLETED);
	}

	@Test
	void executeWhenTheWorkTakesLongShouldRenewItsLease() {
		CompletableFuture<String> work = new CompletableFuture<>();
		CompletableFuture<String> result = execute(work);
		this.ticker.advance(Duration.ofMinutes(5));
		assertThat(status()).isEqualTo(Status.IN_PROGRESS);
		work.complete("receipt");
		assertThat(result).isCompletedWithValue("receipt");
		this.ticker.advance(Duration.ofSeconds(10));
		assertThat(this.ticker.timers()).isZero();
	}

	@Test
	void replayedShouldHoldForDependentsOfEachResult() {
		List<Boolean> seen = new ArrayList<>();
		IdempotencyContext.finished(false);
		CompletableFuture<String> work = new CompletableFuture<>();
		CompletableFuture<Void> first = execute(work).thenAccept((value) -> seen.add(IdempotencyContext.replayed()));
		CompletableFuture<Void> joined = execute(work).thenAccept((value) -> seen.add(IdempotencyContext.replayed()));
		work.complete("receipt");
		this.ticker.advance(Duration.ZERO);
		assertThat(first).isCompleted();
		assertThat(joined).isCompleted();
		assertThat(seen).containsExactly(false, true);
		assertThat(IdempotencyContext.replayed()).isFalse();
	}

	@Test
	void cancelWhenItRacesWithTheGrantShouldNeverFreeAKeyWhoseWorkBegan() throws Exception {
		for (int round = 0; round < 300; round++) {
			String key = "round" + round;
			CompletableFuture<Void> gate = this.store.claims.hold();
			AtomicInteger begun = new AtomicInteger();
			CompletableFuture<String> result = this.operation.executeAsync(key, null, () -> {
				begun.incrementAndGet();
				return new CompletableFuture<String>();
			}).toCompletableFuture();
			Thread canceller = new Thread(() -> result.cancel(true));
			canceller.start();
			gate.complete(null);
			canceller.join();
			assertThat(this.operation.lookup(key).isPresent()).isEqualTo(begun.get() == 1);
			assertThatThrownBy(result::join).isInstanceOf(CancellationException.class);
		}
	}

	@Test
	void joinWhenAnInnerPolicyRejectsShouldGetARejectionOfItsOwn() {
		CompletableFuture<String> work = new CompletableFuture<>();
		CompletableFuture<String> first = raw(work);
		CompletableFuture<String> joined = raw(work);
		CallRejectedException rejection = IdempotencyRejection.invalidKey(this.operation, "inner").toException();
		work.completeExceptionally(rejection);
		this.ticker.advance(Duration.ZERO);
		assertThatThrownBy(first::get).cause().isSameAs(rejection);
		assertThatThrownBy(joined::get).cause()
			.isNotSameAs(rejection)
			.isInstanceOfSatisfying(IdempotencyKeyException.class, (ex) -> {
				assertThat(CallRejectedException.isOwn(ex)).isTrue();
				assertThat(ex.rejection()).isSameAs(rejection.rejection());
			});
	}

	private static void requireUnknown(CompletableFuture<String> result) {
		assertThat(result).isDone();
		assertThatThrownBy(result::get).cause()
			.isInstanceOfSatisfying(IdempotencyConflictException.class,
					(ex) -> assertThat(ex.reason()).isEqualTo("outcome-unknown"));
	}

	private Status status() {
		return this.operation.lookup("key").orElseThrow().status();
	}

	private CompletableFuture<String> execute(CompletionStage<String> work) {
		return this.operation.executeAsync("key", null, () -> {
			this.effects.incrementAndGet();
			return work;
		}).toCompletableFuture();
	}

	private CompletableFuture<String> raw(CompletableFuture<String> work) {
		return this.operation.callAsync(CallContext.ofKey(IdempotencyKey.of("key")), work, (stage) -> stage)
			.toCompletableFuture();
	}

}
