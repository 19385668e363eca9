package dev.resilience.idempotency;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import dev.resilience.CallRejectedException.Category;
import dev.resilience.RecordingListener;
import dev.resilience.Trap;
import dev.resilience.idempotency.store.IdempotencyStore.Status;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.idempotency.store.RecordKey;
import dev.resilience.time.FakeTicker;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@Timeout(20)
class IdempotentOperationTests {

	private static final Duration LEASE = Duration.ofSeconds(30);

	private final FakeTicker ticker = new FakeTicker();

	private final MemoryIdempotencyStore memory = new MemoryIdempotencyStore(this.ticker.source());

	private final ScriptedStore store = new ScriptedStore(this.memory);

	private final IdempotentOperation operation = operation("pay");

	private final AtomicInteger effects = new AtomicInteger();

	@Test
	@Trap(35)
	void keyShouldShowNoPersonalData() {
		assertThat(new IdempotencyKey("order-4711", "print", "alice@example.org", "tenant"))
			.hasToString("IdempotencyKey[...]");
	}

	@Test
	void executeWhenRepeatedShouldReplayTheFirstResult() throws Exception {
		assertThat(this.operation.execute("key", null, this::charge)).isEqualTo(1);
		assertThat(IdempotencyContext.replayed()).isFalse();
		assertThat(this.operation.execute("key", null, this::charge)).isEqualTo(1);
		assertThat(IdempotencyContext.replayed()).isTrue();
		assertThat(this.operation.execute("other", null, this::charge)).isEqualTo(2);
		assertThat(IdempotencyContext.replayed()).isFalse();
		assertThat(calls("first")).isEqualTo(2);
		assertThat(calls("replayed")).isEqualTo(1);
	}

	@Test
	void executeWhenTheStoresStagesCannotBeAskedShouldFollowThemNevertheless() throws Exception {
		this.store.claims.answerInMinimalStages();
		this.store.completions.answerInMinimalStages();
		assertThat(this.operation.execute("key", null, this::charge)).isEqualTo(1);
		assertThat(this.operation.execute("key", null, this::charge)).isEqualTo(1);
		assertThat(calls("first")).isEqualTo(1);
		assertThat(calls("replayed")).isEqualTo(1);
	}

	@Test
	@Trap(32)
	void executeWhenTheResultIsNullOrEmptyShouldReplayIt() throws Exception {
		assertThat(this.operation.<@Nullable Object>execute("null", null, () -> none(this.effects))).isNull();
		assertThat(this.operation.<@Nullable Object>execute("null", null, () -> none(this.effects))).isNull();
		assertThat(this.operation.execute("optional", null, () -> optional(this.effects))).isEmpty();
		assertThat(this.operation.execute("optional", null, () -> optional(this.effects))).isEmpty();
		assertThat(this.effects).hasValue(2);
		assertThat(calls("replayed")).isEqualTo(2);
	}

	@Test
	void executeWhenTheTtlIsOverShouldRunAgain() throws Exception {
		this.operation.execute("key", null, this::charge);
		this.ticker.advance(Duration.ofHours(1));
		assertThat(this.operation.execute("key", null, this::charge)).isEqualTo(2);
	}

	@Test
	void executeWhenOperationPrincipalOrScopeDifferShouldRunEach() throws Exception {
		this.operation.execute("key", null, this::charge);
		operation("refund").execute("key", null, this::charge);
		this.operation.call(CallContext.ofKey(new IdempotencyKey("key", null, "alice", null)), this::charge);
		this.operation.call(CallContext.ofKey(new IdempotencyKey("key", null, null, "alice")), this::charge);
		assertThat(this.effects).hasValue(4);
	}

	@Test
	void executeWhenTheFingerprintDiffersShouldDiscloseNothing() throws Exception {
		this.operation.execute("secret-key", "one", () -> "secret-result");
		assertThatExceptionOfType(IdempotencyMismatchException.class)
			.isThrownBy(() -> this.operation.execute("secret-key", "two", this::charge))
			.satisfies((ex) -> {
				assertThat(ex.category()).isEqualTo(Category.MISMATCH);
				assertThat(ex.reason()).isEqualTo("mismatch");
				assertThat(ex.isFinal()).isTrue();
				assertThat(ex).hasMessageNotContaining("secret").hasNoCause();
				assertThat(ex.retryAfter()).isNull();
			});
		assertThat(this.effects).hasValue(0);
		assertThat(rejections("mismatch")).isEqualTo(1);
	}

	@Test
	void callWhenThereIsNoKeyShouldBeInvalid() {
		assertThatExceptionOfType(IdempotencyKeyException.class).isThrownBy(() -> this.operation.call(this::charge))
			.withMessageContaining("the call carries no IdempotencyKey")
			.satisfies((ex) -> assertThat(ex.category()).isEqualTo(Category.INVALID))
			.satisfies((ex) -> assertThat(ex.isFinal()).isTrue());
		assertThatExceptionOfType(IdempotencyKeyException.class)
			.isThrownBy(() -> this.operation.call(CallContext.ofKey("text"), this::charge));
		assertThatExceptionOfType(ExecutionException.class)
			.isThrownBy(() -> this.operation.callAsync(() -> CompletableFuture.completedFuture(charge()))
				.toCompletableFuture()
				.get())
			.withCauseInstanceOf(IdempotencyKeyException.class);
		assertThat(rejections("invalid-key")).isEqualTo(3);
		assertThat(this.effects).hasValue(0);
	}

	@Test
	@SuppressWarnings("NullAway") // callers without null checks exist
	void executeWhenTheKeyBreaksARuleShouldBeInvalidAndNotEchoIt() {
		String nothing = null;
		assertInvalid(nothing, "must not be null");
		assertInvalid("", "must not be blank");
		assertInvalid(" \t\u2003", "must not be blank");
		assertInvalid("x".repeat(256), "must have at most 255 characters");
		assertInvalid("\uD83D\uDCB6".repeat(256), "must have at most 255 characters");
		assertThatExceptionOfType(IdempotencyKeyException.class)
			.isThrownBy(() -> this.operation.execute("key", "x".repeat(334), this::charge))
			.withMessageContaining("has a fingerprint of more than 333 characters");
	}

	@Test
	void executeWhenTheKeyIsUnusualShouldTakeIt() throws Exception {
		this.operation.execute("x".repeat(255), null, this::charge);
		this.operation.execute("\uD83D\uDCB6".repeat(255), null, this::charge);
		this.operation.execute("\uD800", null, this::charge);
		this.operation.execute("\uD801", null, this::charge);
		assertThat(this.effects).hasValue(4);
	}

	@Test
	void executeWhenTheCallFailsShouldThrowItAndFreeTheKey() throws Exception {
		IllegalStateException failure = new IllegalStateException("declined");
		assertThatThrownBy(() -> this.operation.execute("key", null, () -> {
			throw failure;
		})).isSameAs(failure);
		assertThat(this.operation.lookup("key")).isEmpty();
		assertThat(this.operation.execute("key", null, this::charge)).isEqualTo(1);
		assertThat(calls("released")).isEqualTo(1);
	}

	@Test
	void executeWhenReleasingFailsForEverShouldThrowTheFailureAndLetTheKeyLapse() {
		this.store.releases.breakDown();
		assertThatThrownBy(() -> this.operation.execute("key", null, () -> {
			throw new IllegalStateException("declined");
		})).isInstanceOf(IllegalStateException.class);
		this.ticker.advance(LEASE);
		assertConflict("outcome-unknown", () -> this.operation.execute("key", null, this::charge));
	}

	@Test
	@Trap(28)
	void executeWhenTheResultCannotBeStoredShouldReturnItAndNeverRelease() throws Exception {
		RecordingListener listener = new RecordingListener();
		this.operation.addListener(listener);
		this.store.completions.fail(100);
		assertThat(this.operation.execute("key", null, this::charge)).isEqualTo(1);
		assertThat(this.store.releases.sent).hasValue(0);
		assertThat(calls("unstored")).isEqualTo(1);
		assertThat(listener.await(1).get(0).kind()).isEqualTo("unstored");
		assertThat(this.operation.execute("key", null, this::charge)).isEqualTo(1);
		this.ticker.advance(LEASE.multipliedBy(2));
		assertConflict("outcome-unknown", () -> this.operation.execute("key", null, this::charge));
		assertThat(this.effects).hasValue(1);
		assertThat(this.store.completions.sent).hasValue(4);
		assertThat(this.ticker.timers()).isZero();
	}

	@Test
	@Trap(28)
	void executeWhenSendingTheResultBreaksShouldReturnIt() throws Exception {
		this.store.completions.breakDown();
		assertThat(this.operation.execute("key", null, this::charge)).isEqualTo(1);
		assertThat(this.store.releases.sent).hasValue(0);
	}

	@Test
	@Trap(28)
	void executeWhenStoringRecoversWithinTheLeaseShouldReplayTheResult() throws Exception {
		this.store.completions.fail(2);
		this.operation.execute("key", null, this::charge);
		this.ticker.advance(LEASE);
		assertThat(this.operation.lookup("key").orElseThrow().status()).isEqualTo(Status.COMPLETED);
		assertThat(this.operation.execute("key", null, this::charge)).isEqualTo(1);
		assertThat(this.operation.snapshot().gauges()).containsEntry("in-flight", 0.0);
	}

	@Test
	@Trap(29)
	void executeWhenAnotherOwnerTookOverShouldReturnItsOwnResultAndLeaveTheRecord() throws Exception {
		RecordingListener listener = new RecordingListener();
		this.operation.addListener(listener);
		IdempotentOperation elsewhere = operation("pay");
		int result = this.operation.execute("key", null, () -> {
			this.store.renewals.fail(100);
			this.ticker.advance(LEASE);
			elsewhere.forget("key");
			elsewhere.execute("key", null, () -> "successor");
			return 7;
		});
		assertThat(result).isEqualTo(7);
		assertThat(calls("lost")).isEqualTo(1);
		assertThat(listener.await(1).get(0).kind()).isEqualTo("lost");
		assertThat(this.operation.lookup("key").orElseThrow().value()).isEqualTo("successor");
	}

	@Test
	@Trap(29)
	void executeWhenAStaleOwnerFailsShouldNotReleaseItsSuccessor() {
		IdempotentOperation elsewhere = operation("pay");
		assertThatThrownBy(() -> this.operation.execute("key", null, () -> {
			this.store.renewals.fail(100);
			this.ticker.advance(LEASE);
			elsewhere.forget("key");
			elsewhere.execute("key", null, () -> "successor");
			throw new IllegalStateException("declined");
		})).isInstanceOf(IllegalStateException.class);
		assertThat(this.operation.lookup("key").orElseThrow().value()).isEqualTo("successor");
	}

	@Test
	@Trap(30)
	void executeWhenTheAnswerToTheClaimIsLostShouldAskAgainAndRun() throws Exception {
		this.store.claims.loseAnswers(1);
		assertThat(this.operation.execute("key", null, this::charge)).isEqualTo(1);
		assertThat(this.store.claims.sent).hasValue(2);
		assertThat(calls("first")).isEqualTo(1);
	}

	@Test
	void executeWhenTheStoreIsDownShouldNotRun() {
		this.store.claims.loseAnswers(2);
		assertThatExceptionOfType(IdempotencyStoreException.class)
			.isThrownBy(() -> this.operation.execute("key", null, this::charge))
			.withCauseInstanceOf(IOException.class)
			.satisfies((ex) -> {
				assertThat(ex.category()).isEqualTo(Category.UNAVAILABLE);
				assertThat(ex.reason()).isEqualTo("store-failed");
				assertThat(ex.isFinal()).isTrue();
			});
		assertThat(this.effects).hasValue(0);
		assertThat(this.operation.lookup("key")).as("the claim that may have arrived is given back").isEmpty();
		assertThat(rejections("store-failed")).isEqualTo(1);
	}

	@Test
	void lookupWhenTheStoreThrowsAnErrorShouldThrowIt() {
		LinkageError error = new LinkageError("driver");
		this.store.others.breakDown(error);
		assertThatThrownBy(() -> this.operation.lookup("key")).isSameAs(error);
		assertThat(rejections("store-failed")).isZero();
	}

	@Test
	void lookupWhenTheStoreIsInterruptedShouldFailAndKeepTheFlag() {
		this.store.others.breakDown(new InterruptedException());
		assertThatExceptionOfType(IdempotencyStoreException.class).isThrownBy(() -> this.operation.lookup("key"));
		assertThat(Thread.interrupted()).isTrue();
	}

	@Test
	void executeWhenTheStoreBreaksShouldNotRun() {
		this.store.claims.breakDown();
		assertThatExceptionOfType(IdempotencyStoreException.class)
			.isThrownBy(() -> this.operation.execute("key", null, this::charge))
			.withCauseInstanceOf(IOException.class);
		this.store.others.breakDown();
		assertThatExceptionOfType(IdempotencyStoreException.class).isThrownBy(() -> this.operation.lookup("key"));
		assertThat(this.effects).hasValue(0);
	}

	@Test
	@Trap(33)
	void executeWhenTheStoreIsFullShouldRejectAndKeepWhatItHas() throws Exception {
		IdempotentOperation small = new IdempotentOperation("pay", IdempotencyConfig.builder().build(),
				new MemoryIdempotencyStore(1, this.ticker.source()), this.ticker.source());
		small.execute("key", null, this::charge);
		assertThatExceptionOfType(IdempotencyStoreException.class)
			.isThrownBy(() -> small.execute("other", null, this::charge))
			.satisfies((ex) -> assertThat(ex.reason()).isEqualTo("store-full"))
			.satisfies((ex) -> assertThat(ex.category()).isEqualTo(Category.UNAVAILABLE));
		assertThat(small.execute("key", null, this::charge)).isEqualTo(1);
		assertThat(this.effects).hasValue(1);
	}

	@Test
	void executeWhenTheCallTakesLongShouldRenewItsLease() throws Exception {
		IdempotentOperation elsewhere = operation("pay", Duration.ZERO);
		this.operation.execute("key", null, () -> {
			this.ticker.advance(LEASE.multipliedBy(10));
			assertConflict("in-flight", () -> elsewhere.execute("key", null, this::charge));
			return charge();
		});
		assertThat(this.store.renewals.sent).hasValue(30);
		assertThat(this.operation.execute("key", null, this::charge)).isEqualTo(1);
	}

	@Test
	void executeWhenManyCallsRunShouldKeepOneTimerAndOnlyWhileOneRuns() throws Exception {
		this.operation.execute("a", null, () -> this.operation.execute("b", null, () -> {
			assertThat(this.ticker.timers()).isEqualTo(1);
			this.ticker.advance(LEASE);
			assertThat(this.store.renewals.sent).hasValue(6);
			return charge();
		}));
		this.ticker.advance(LEASE);
		assertThat(this.ticker.timers()).isZero();
		assertThat(this.store.renewals.sent).hasValue(6);
	}

	@Test
	void executeWhenAnOwnerElsewhereFinishesShouldReplayItsResult() throws Exception {
		IdempotentOperation elsewhere = operation("pay");
		List<FutureTask<Integer>> duplicates = new ArrayList<>();
		elsewhere.execute("key", null, () -> {
			duplicates.add(Threads.untilWaiting(() -> this.operation.execute("key", null, this::charge)));
			this.ticker.advance(Duration.ofSeconds(1));
			return charge();
		});
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(duplicates.get(0).get()).isEqualTo(1);
		assertThat(this.effects).hasValue(1);
		assertThat(calls("waited")).isEqualTo(1);
	}

	@Test
	@Trap(27)
	void executeWhenAnOwnerElsewhereTakesTooLongShouldBeAConflictAndLeaveTheClaimAlone() throws Exception {
		IdempotentOperation elsewhere = operation("pay");
		elsewhere.execute("key", null, () -> {
			FutureTask<Integer> waiting = Threads.untilWaiting(() -> this.operation.execute("key", null, this::charge));
			this.ticker.advance(Duration.ofSeconds(5));
			assertThatThrownBy(waiting::get).cause()
				.isInstanceOfSatisfying(IdempotencyConflictException.class, (ex) -> {
					assertThat(ex.reason()).isEqualTo("in-flight");
					assertThat(ex.retryAfter()).isPositive().isLessThanOrEqualTo(LEASE);
				});
			assertThat(elsewhere.lookup("key").orElseThrow().status()).isEqualTo(Status.IN_PROGRESS);
			return "receipt";
		});
		assertThat(this.operation.lookup("key").orElseThrow().value()).isEqualTo("receipt");
	}

	@Test
	void executeWhenNotReadyToWaitShouldBeAConflictAtOnce() throws Exception {
		this.operation.execute("key", null, () -> {
			assertConflict("in-flight", () -> this.operation
				.call(CallContext.ofKey(IdempotencyKey.of("key")).withoutWaiting(), this::charge));
			return "receipt";
		});
	}

	@Test
	@Trap(31)
	void executeWhenTheOwnerCrashedShouldTellThatTheOutcomeIsUnknown() throws Exception {
		this.memory.claim(new RecordKey(null, null, "pay", "key"), UUID.randomUUID(), null, LEASE, Duration.ofHours(1));
		this.ticker.advance(LEASE);
		assertConflict("outcome-unknown", () -> this.operation.execute("key", null, this::charge));
		assertThat(this.operation.lookup("key").orElseThrow().status()).isEqualTo(Status.ABANDONED);
		assertThat(this.operation.forget("key")).isTrue();
		assertThat(this.operation.execute("key", null, this::charge)).isEqualTo(1);
	}

	@Test
	void forgetWhenTheCallRunsShouldRefuse() throws Exception {
		this.operation.execute("key", null, () -> {
			assertThat(this.operation.forget("key")).isFalse();
			assertThat(this.operation.lookup("key").orElseThrow().status()).isEqualTo(Status.IN_PROGRESS);
			return charge();
		});
		assertThat(this.operation.forget("key")).isTrue();
		assertThat(this.operation.forget("key")).isFalse();
		assertThat(this.operation.execute("key", null, this::charge)).isEqualTo(2);
	}

	@Test
	void executeWhenInterruptedBeforeTheClaimIsGrantedShouldGiveItBack() throws Exception {
		CompletableFuture<Void> gate = this.store.claims.hold();
		CountDownLatch interrupted = new CountDownLatch(1);
		FutureTask<Integer> task = new FutureTask<>(() -> {
			try {
				return this.operation.execute("key", null, this::charge);
			}
			catch (InterruptedException ex) {
				interrupted.countDown();
				throw ex;
			}
		});
		Threads.waiting(task).interrupt();
		interrupted.await();
		assertThat(this.operation.lookup("key").orElseThrow().status()).isEqualTo(Status.IN_PROGRESS);
		gate.complete(null);
		assertThat(this.operation.lookup("key")).isEmpty();
		assertThat(this.operation.execute("key", null, this::charge)).isEqualTo(1);
	}

	@ParameterizedTest
	@EnumSource
	void rejectionShouldTellCallersTheReasonAndOperatorsWhatToDo(IdempotencyRejection.Reason reason) {
		IdempotencyRejection rejection = IdempotencyRejection.of(this.operation, reason);
		assertThat(rejection.explain()).startsWith(rejection.explainToCaller());
		assertThat(rejection.explainToCaller()).doesNotContain("forget", "complete", "max-entries", "mend");
	}

	@Test
	void snapshotShouldHaveEveryCounterAndSetting() throws Exception {
		assertThat(this.operation.snapshot().calls()).containsOnlyKeys("first", "replayed", "waited", "joined",
				"released", "unknown", "takeover", "late", "tombstone", "failure-stored", "open-bypass", "lost",
				"unstored");
		assertThat(this.operation.snapshot().rejections()).containsOnlyKeys("in-flight", "too-many-waiting",
				"outcome-unknown", "result-not-kept", "result-unreadable", "mismatch", "invalid-key", "store-full",
				"store-failed");
		assertThat(this.operation.snapshot().config()).containsEntry("ttl", Duration.ofHours(1))
			.containsEntry("lease", LEASE)
			.containsEntry("in-flight-wait", Duration.ofSeconds(5))
			.containsEntry("on-abandoned", "reject")
			.containsEntry("on-store-failure", "closed")
			.containsEntry("stored-failures", List.of())
			.containsEntry("held-failures", List.of())
			.containsEntry("max-result-size", 262_144);
		this.operation.execute("key", null, () -> {
			assertThat(this.operation.snapshot().gauges()).containsEntry("in-flight", 1.0);
			return null;
		});
		assertThat(this.operation.type()).isEqualTo("idempotency");
	}

	@Test
	void executeWhenAnInnerPolicyTimesOutInAnEarlierAttemptShouldNotFreeTheKey() {
		IllegalStateException last = new IllegalStateException("declined");
		last.addSuppressed(new TimeoutException());
		assertThatThrownBy(() -> this.operation.execute("key", null, () -> {
			throw last;
		})).isSameAs(last);
		assertThat(this.store.releases.sent).hasValue(0);
	}

	private void assertInvalid(String key, String fault) {
		assertThatExceptionOfType(IdempotencyKeyException.class)
			.isThrownBy(() -> this.operation.execute(key, null, this::charge))
			.satisfies((ex) -> assertThat(ex.getMessage())
				.isEqualTo("idempotent operation 'pay' needs another key: the key " + fault));
		assertThat(this.effects).hasValue(0);
	}

	private static void assertConflict(String reason, Callable<?> call) {
		assertThatExceptionOfType(IdempotencyConflictException.class).isThrownBy(call::call)
			.satisfies((ex) -> assertThat(ex.reason()).isEqualTo(reason))
			.satisfies((ex) -> assertThat(ex.category()).isEqualTo(Category.CONFLICT))
			.satisfies((ex) -> assertThat(ex.isFinal()).isTrue())
			.satisfies((ex) -> assertThat(CallRejectedException.isOwn(ex)).isTrue());
	}

	private IdempotentOperation operation(String name) {
		return operation(name, Duration.ofSeconds(5));
	}

	private IdempotentOperation operation(String name, Duration wait) {
		return new IdempotentOperation(name, IdempotencyConfig.builder().lease(LEASE).inFlightWait(wait).build(),
				this.store, this.ticker.source());
	}

	private int charge() {
		return this.effects.incrementAndGet();
	}

	private static @Nullable Object none(AtomicInteger effects) {
		effects.incrementAndGet();
		return null;
	}

	private static Optional<String> optional(AtomicInteger effects) {
		effects.incrementAndGet();
		return Optional.empty();
	}

	private long calls(String outcome) {
		return this.operation.snapshot().calls().getOrDefault(outcome, -1L);
	}

	private long rejections(String reason) {
		return this.operation.snapshot().rejections().getOrDefault(reason, -1L);
	}

}
