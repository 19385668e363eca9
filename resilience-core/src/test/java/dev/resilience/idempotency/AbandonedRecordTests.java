package dev.resilience.idempotency;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import dev.resilience.PolicyEvent;
import dev.resilience.RecordingListener;
import dev.resilience.idempotency.IdempotencyConfig.OnAbandoned;
import dev.resilience.idempotency.IdempotencyConfig.OnStoreFailure;
import dev.resilience.idempotency.store.IdempotencyStore.Status;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.idempotency.store.Reconciler;
import dev.resilience.idempotency.store.Reconciler.Finding;
import dev.resilience.time.FakeTicker;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * What the configuration makes of calls that failed, fell silent, or met a store that
 * does not answer.
 */
@Timeout(20)
class AbandonedRecordTests {

	private final FakeTicker ticker = new FakeTicker();

	private final ScriptedStore store = new ScriptedStore(new MemoryIdempotencyStore(this.ticker.source()));

	private final AtomicInteger effects = new AtomicInteger();

	private final Callable<String> charge = () -> "receipt " + this.effects.incrementAndGet();

	@Test
	void rerunShouldRunAfterAnUnknownOutcomeAndSayThatItIsAnotherAttempt() throws Exception {
		IdempotentOperation pay = operation(rerun(), null);
		timeOut(pay);
		int attempt = pay.execute("key", null, () -> IdempotencyContext.current().orElseThrow().attempt());
		assertThat(attempt).isEqualTo(2);
		assertThat(pay.snapshot().calls()).containsEntry("takeover", 1L).containsEntry("first", 0L);
		assertThat(pay.execute("key", null, () -> 7)).isEqualTo(2);
	}

	@Test
	void rerunShouldMakeTheSilentOwnersResultCountAsLost() throws Exception {
		IdempotentOperation silent = operation(rerun(), null);
		IdempotentOperation other = operation(rerun(), null);
		AtomicReference<Boolean> lost = new AtomicReference<>();
		String own = silent.execute("key", null, () -> {
			IdempotencyContext context = IdempotencyContext.current().orElseThrow();
			this.store.renewals.fail(3);
			this.ticker.advance(Duration.ofSeconds(30));
			assertThat(context.isLost()).isFalse();
			assertThat(other.execute("key", null, () -> "successor")).isEqualTo("successor");
			this.ticker.advance(Duration.ofSeconds(10));
			lost.set(context.isLost());
			return "late";
		});
		assertThat(own).isEqualTo("late");
		assertThat(lost).hasValue(true);
		assertThat(silent.snapshot().calls()).containsEntry("lost", 1L);
		assertThat(silent.execute("key", null, this.charge)).isEqualTo("successor");
	}

	@Test
	void rejectShouldNameTheRecord() throws Exception {
		IdempotentOperation pay = operation(IdempotencyConfig.builder(), null);
		timeOut(pay);
		assertThatExceptionOfType(IdempotencyConflictException.class)
			.isThrownBy(() -> pay.execute("key", null, this.charge))
			.withMessageContaining("nobody knows whether that call took effect")
			.withMessageContaining(new dev.resilience.idempotency.store.RecordKey(null, null, "pay", "key").digest());
		assertThat(this.effects).hasValue(0);
	}

	@Test
	void rejectShouldAdviseOperatorsAndNotRemoteCallers() throws Exception {
		IdempotentOperation pay = operation(IdempotencyConfig.builder(), null);
		timeOut(pay);
		assertThatExceptionOfType(IdempotencyConflictException.class)
			.isThrownBy(() -> pay.execute("key", null, this.charge))
			.satisfies((conflict) -> assertThat(conflict.rejection().explain()).contains("forget the key"))
			.satisfies((conflict) -> assertThat(conflict.rejection().explainToCaller()).contains("nobody knows")
				.doesNotContain("forget"));
	}

	@Test
	void reconcilerThatFindsTheEffectShouldGiveItsResult() throws Exception {
		IdempotentOperation pay = operation(IdempotencyConfig.builder(),
				(call) -> Finding.tookEffect(call.operation() + " " + call.key()));
		timeOut(pay);
		assertThat(pay.execute("key", null, this.charge)).isEqualTo("pay key");
		assertThat(pay.lookup("key").orElseThrow().status()).isEqualTo(Status.COMPLETED);
		assertThat(pay.execute("key", null, this.charge)).isEqualTo("pay key");
		assertThat(this.effects).hasValue(0);
	}

	@Test
	void reconcilerThatFindsNoEffectShouldLetTheCallRun() throws Exception {
		IdempotentOperation pay = operation(IdempotencyConfig.builder(), (call) -> Finding.noEffect());
		timeOut(pay);
		assertThat(pay.executeAsync("key", null, () -> CompletableFuture.completedFuture("receipt")))
			.isCompletedWithValue("receipt");
		assertThat(pay.snapshot().calls()).containsEntry("takeover", 1L);
	}

	@Test
	void reconcilerThatCannotTellShouldLeaveTheRecordAbandoned() throws Exception {
		AtomicInteger asked = new AtomicInteger();
		IdempotentOperation pay = operation(IdempotencyConfig.builder(), (call) -> {
			asked.getAndIncrement();
			throw new IOException("no answer");
		});
		timeOut(pay);
		for (int call = 1; call <= 2; call++) {
			assertThatExceptionOfType(IdempotencyConflictException.class)
				.isThrownBy(() -> pay.execute("key", null, this.charge));
			assertThat(asked).hasValue(call);
			assertThat(pay.lookup("key").orElseThrow().status()).isEqualTo(Status.ABANDONED);
		}
		assertThat(this.effects).hasValue(0);
		assertThat(pay.snapshot().gauges()).containsEntry("in-flight", 0.0);
	}

	@Test
	void rerunThatFailsShouldNotMakeTheEarlierOutcomeForgotten() throws Exception {
		Deque<Finding> findings = new ArrayDeque<>(List.of(Finding.unknown(), Finding.tookEffect("found")));
		IdempotentOperation pay = operation(rerun(), (call) -> findings.remove());
		timeOut(pay);
		assertThatThrownBy(() -> pay.execute("key", null, () -> {
			throw new IllegalStateException("no connection");
		})).isInstanceOf(IllegalStateException.class);
		assertThat(pay.lookup("key").orElseThrow().status()).isEqualTo(Status.ABANDONED);
		assertThat(pay.snapshot().calls()).containsEntry("released", 0L).containsEntry("unknown", 2L);
		assertThat(pay.execute("key", null, this.charge)).isEqualTo("found");
		assertThat(this.effects).hasValue(0);
	}

	@Test
	void rerunThatFailsAfterItWasFoundThatNothingHappenedShouldSetTheKeyFree() throws Exception {
		IdempotentOperation pay = operation(rerun(), (call) -> Finding.noEffect());
		timeOut(pay);
		assertThatThrownBy(() -> pay.execute("key", null, () -> {
			throw new IllegalStateException("no funds");
		})).isInstanceOf(IllegalStateException.class);
		assertThat(pay.lookup("key")).isEmpty();
		assertThat(pay.snapshot().calls()).containsEntry("released", 1L);
	}

	@Test
	void reconcilerShouldNotBeAskedAboutALiveClaim() throws Exception {
		IdempotentOperation pay = operation(IdempotencyConfig.builder().inFlightWait(Duration.ZERO),
				(call) -> Finding.noEffect());
		IdempotentOperation elsewhere = operation(IdempotencyConfig.builder().inFlightWait(Duration.ZERO),
				(call) -> Finding.noEffect());
		pay.execute("key", null, () -> {
			assertThatExceptionOfType(IdempotencyConflictException.class)
				.isThrownBy(() -> elsewhere.execute("key", null, this.charge));
			return "receipt";
		});
		assertThat(this.effects).hasValue(0);
	}

	@Test
	void storedFailureShouldBeReplayedAndNotRunAgain() throws Exception {
		IdempotentOperation pay = operation(
				IdempotencyConfig.builder().storedFailures(List.of(IllegalArgumentException.class)), null);
		NumberFormatException declined = new NumberFormatException("declined");
		assertThatThrownBy(() -> pay.execute("key", null, () -> {
			throw declined;
		})).isSameAs(declined);
		assertThatExceptionOfType(ReplayedFailureException.class)
			.isThrownBy(() -> pay.execute("key", null, this.charge))
			.satisfies((replayed) -> {
				assertThat(replayed.failureType()).isEqualTo("java.lang.NumberFormatException");
				assertThat(replayed.failureMessage()).isEqualTo("declined");
			});
		assertThat(pay.snapshot().calls()).containsEntry("failure-stored", 1L).containsEntry("replayed", 1L);
		assertThat(this.effects).hasValue(0);
	}

	@Test
	void heldFailureShouldLeaveTheOutcomeUnknown() throws Exception {
		IdempotentOperation pay = operation(
				IdempotencyConfig.builder().heldFailures(List.of(IllegalStateException.class)), null);
		assertThatThrownBy(() -> pay.execute("key", null, () -> {
			throw new IllegalStateException("who knows");
		})).isInstanceOf(IllegalStateException.class);
		assertThat(pay.lookup("key").orElseThrow().status()).isEqualTo(Status.ABANDONED);
	}

	@Test
	void openShouldRunWithoutTheStoreAndLeaveTheResultIfItIsBack() throws Exception {
		IdempotentOperation pay = operation(IdempotencyConfig.builder().onStoreFailure(OnStoreFailure.OPEN), null);
		this.store.claims.fail(2);
		this.store.releases.fail(1);
		long fence = pay.execute("key", null, () -> IdempotencyContext.current().orElseThrow().fence());
		assertThat(fence).isZero();
		assertThat(pay.snapshot().calls()).containsEntry("open-bypass", 1L).containsEntry("first", 0L);
		assertThat(pay.execute("key", null, () -> 7L)).isZero();
	}

	@Test
	void openWhenTheStoreTakesNoResultShouldOfferItAgain() throws Exception {
		IdempotentOperation pay = operation(IdempotencyConfig.builder().onStoreFailure(OnStoreFailure.OPEN), null);
		this.store.claims.fail(2);
		this.store.completions.fail(1);
		assertThat(pay.execute("key", null, this.charge)).isEqualTo("receipt 1");
		this.ticker.advance(Duration.ofSeconds(10));
		assertThat(pay.lookup("key").orElseThrow().status()).isEqualTo(Status.COMPLETED);
		assertThat(pay.snapshot().gauges()).containsEntry("in-flight", 0.0);
	}

	@Test
	void storeThatCannotBeAskedShouldBeToldOfWithWhatItSays() {
		RecordingListener listener = new RecordingListener();
		IdempotentOperation closed = operation(IdempotencyConfig.builder(), null);
		IdempotentOperation open = operation(IdempotencyConfig.builder().onStoreFailure(OnStoreFailure.OPEN), null);
		closed.addListener(listener);
		open.addListener(listener);
		this.store.claims.breakDown(new IllegalStateException("failed", new IOException("WRONGPASS\r\nx".repeat(99))));
		assertThatExceptionOfType(IdempotencyStoreException.class)
			.isThrownBy(() -> closed.execute("secret", null, this.charge))
			.withMessage("idempotent operation 'pay' was not called, because its store failed");
		assertThat(open.executeAsync("secret", null, () -> CompletableFuture.completedFuture("receipt")))
			.isCompletedWithValue("receipt");
		assertThat(listener.await(2)).extracting(PolicyEvent::kind)
			.containsExactlyInAnyOrder("store-failed", "open-bypass");
		assertThat(listener.events()).extracting(PolicyEvent::message)
			.allSatisfy((message) -> assertThat(message).contains("java.io.IOException: WRONGPASS  xWRONGPASS")
				.doesNotContain("secret")
				.hasSizeLessThan(700));
	}

	@Test
	void openWhenTheWorkFailsShouldFailTheCallAndHoldNothing() throws Exception {
		IdempotentOperation pay = operation(IdempotencyConfig.builder().onStoreFailure(OnStoreFailure.OPEN), null);
		this.store.claims.fail(2);
		assertThatThrownBy(() -> pay.execute("key", null, () -> {
			throw new IllegalStateException("declined");
		})).isInstanceOf(IllegalStateException.class);
		assertThat(pay.lookup("key")).isEmpty();
		assertThat(pay.snapshot().gauges()).containsEntry("in-flight", 0.0);
		assertThat(pay.snapshot().calls()).containsEntry("open-bypass", 1L);
	}

	@Test
	void resultAfterTheLeaseThatNobodyTookOverShouldBeStoredAndCountAsLate() throws Exception {
		IdempotentOperation pay = operation(IdempotencyConfig.builder(), null);
		pay.execute("key", null, () -> {
			this.store.renewals.fail(100);
			this.ticker.advance(Duration.ofSeconds(31));
			return "late";
		});
		assertThat(pay.snapshot().calls()).containsEntry("late", 1L).containsEntry("first", 0L);
		assertThat(pay.execute("key", null, this.charge)).isEqualTo("late");
	}

	private static IdempotencyConfig.Builder rerun() {
		return IdempotencyConfig.builder().onAbandoned(OnAbandoned.RERUN);
	}

	private static void timeOut(IdempotentOperation operation) {
		assertThatThrownBy(() -> operation.execute("key", null, () -> {
			throw new TimeoutException();
		})).isInstanceOf(TimeoutException.class);
	}

	private IdempotentOperation operation(IdempotencyConfig.Builder config, @Nullable Reconciler reconciler) {
		return new IdempotentOperation("pay", config.build(), this.store, null, reconciler, this.ticker.source());
	}

}
