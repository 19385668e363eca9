package dev.resilience.idempotency;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import dev.resilience.Trap;
import dev.resilience.idempotency.IdempotencyConfig.OnAbandoned;
import dev.resilience.idempotency.store.IdempotencyStore.Status;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.idempotency.store.Reconciler;
import dev.resilience.idempotency.store.Reconciler.Finding;
import dev.resilience.idempotency.store.ResultCodec;
import dev.resilience.time.FakeTicker;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * A call that takes over from one without a known outcome, and does not come to an end of
 * its own: what was unknown before must not be forgotten with it.
 */
@Timeout(20)
class TakeOverTests {

	private final FakeTicker ticker = new FakeTicker();

	private final MemoryIdempotencyStore memory = new MemoryIdempotencyStore(this.ticker.source());

	private final ScriptedStore store = new ScriptedStore(this.memory);

	private final AtomicInteger effects = new AtomicInteger();

	private final AtomicInteger asked = new AtomicInteger();

	private final Reconciler noEffect = (call) -> {
		this.asked.getAndIncrement();
		return Finding.noEffect();
	};

	@Test
	@Trap(28)
	void takeOverWhoseAnswerIsLostShouldBeAskedAboutAgain() throws Exception {
		IdempotentOperation pay = operation(OnAbandoned.REJECT, this.noEffect);
		timeOut(pay);
		this.store.takeOvers.loseAnswers(2);
		assertThatExceptionOfType(IdempotencyStoreException.class)
			.isThrownBy(() -> pay.execute("key", null, this::charge));
		requireAskedAgain(pay);
	}

	@Test
	@Trap({ 28, 37 })
	void takeOverThatIsCancelledShouldBeAskedAboutAgain() throws Exception {
		IdempotentOperation pay = operation(OnAbandoned.REJECT, this.noEffect);
		timeOut(pay);
		CompletableFuture<Void> gate = this.store.takeOvers.hold();
		assertThat(executeAsync(pay).cancel(true)).isTrue();
		gate.complete(null);
		requireAskedAgain(pay);
	}

	@Test
	@Trap(28)
	void takeOverThatIsInterruptedShouldBeAskedAboutAgain() throws Exception {
		IdempotentOperation pay = operation(OnAbandoned.REJECT, this.noEffect);
		timeOut(pay);
		CompletableFuture<Void> gate = this.store.takeOvers.hold();
		FutureTask<String> call = new FutureTask<>(() -> pay.execute("key", null, this::charge));
		Threads.waiting(call).interrupt();
		assertThatThrownBy(call::get).hasCauseInstanceOf(InterruptedException.class);
		gate.complete(null);
		requireAskedAgain(pay);
	}

	private void requireAskedAgain(IdempotentOperation pay) throws Exception {
		assertThat(pay.lookup("key").orElseThrow().status()).isEqualTo(Status.ABANDONED);
		assertThat(this.asked).hasValue(0);
		assertThat(pay.execute("key", null, this::charge)).isEqualTo("receipt 1");
		assertThat(this.asked).hasValue(1);
	}

	@Test
	@Trap(28)
	void failureAfterATakeOverShouldLeaveTheOutcomeUnknown() throws Exception {
		IdempotentOperation pay = operation(OnAbandoned.RERUN, null);
		timeOut(pay);
		assertThatIllegalStateException().isThrownBy(() -> pay.execute("key", null, () -> {
			throw new IllegalStateException("declined");
		}));
		assertThat(pay.lookup("key").orElseThrow().status()).isEqualTo(Status.ABANDONED);
		assertThat(pay.snapshot().calls()).containsEntry("released", 0L).containsEntry("unknown", 2L);
		int attempt = pay.execute("key", null, () -> IdempotencyContext.current().orElseThrow().attempt());
		assertThat(attempt).isEqualTo(3);
	}

	@Test
	void failureWhenTheOneBeforeHadNoEffectShouldFreeTheKey() throws Exception {
		IdempotentOperation pay = operation(OnAbandoned.REJECT, this.noEffect);
		timeOut(pay);
		assertThatIllegalStateException().isThrownBy(() -> pay.execute("key", null, () -> {
			throw new IllegalStateException("declined");
		}));
		assertThat(pay.lookup("key")).isEmpty();
		assertThat(pay.snapshot().calls()).containsEntry("released", 1L);
	}

	@Test
	@Trap(37)
	void callThatIsCancelledWhileTheReconcilerWorksShouldNotBegin() throws Exception {
		AtomicReference<@Nullable CompletableFuture<String>> call = new AtomicReference<>();
		IdempotentOperation pay = operation(OnAbandoned.REJECT, (record) -> {
			CompletableFuture<String> running = call.get();
			if (running != null) {
				running.cancel(true);
			}
			return Finding.noEffect();
		});
		timeOut(pay);
		CompletableFuture<Void> gate = this.store.takeOvers.hold();
		call.set(executeAsync(pay));
		gate.complete(null);
		this.ticker.advance(Duration.ZERO);
		assertThat(call.get()).isCancelled();
		assertThat(this.effects).hasValue(0);
		assertThat(pay.lookup("key")).isEmpty();
		assertThat(pay.snapshot().gauges()).containsEntry("in-flight", 0.0);
	}

	@Test
	void innerResultThatCannotBeReadShouldLeaveTheOuterOutcomeUnknown() throws Exception {
		IdempotentOperation inner = bytes("inner", 1_000);
		inner.execute("key", null, () -> "unreadable");
		IdempotentOperation outer = operation(OnAbandoned.REJECT, null);
		assertThatExceptionOfType(IdempotencyStoreException.class)
			.isThrownBy(() -> outer.execute("key", null, () -> inner.execute("key", null, this::charge)));
		assertThat(outer.lookup("key").orElseThrow().status()).isEqualTo(Status.ABANDONED);
	}

	@Test
	void resultsThatTheStoreDoesNotTakeShouldBeKeptUpTo64Megabytes() throws Exception {
		int size = 33 * 1024 * 1024;
		IdempotentOperation pay = bytes("pay", size);
		String large = "x".repeat(size);
		this.store.completions.fail(2);
		pay.execute("one", null, () -> large);
		pay.execute("two", null, () -> large);
		assertThat(pay.snapshot().gauges()).containsEntry("in-flight", 1.0);
		this.ticker.advance(Duration.ofSeconds(11));
		assertThat(pay.lookup("one").orElseThrow().status()).isEqualTo(Status.COMPLETED);
		assertThat(pay.snapshot().gauges()).containsEntry("in-flight", 0.0);
	}

	private String charge() {
		return "receipt " + this.effects.incrementAndGet();
	}

	private CompletableFuture<String> executeAsync(IdempotentOperation operation) {
		return operation.executeAsync("key", null, () -> CompletableFuture.completedFuture(charge()))
			.toCompletableFuture();
	}

	private static void timeOut(IdempotentOperation operation) {
		assertThatThrownBy(() -> operation.execute("key", null, () -> {
			throw new TimeoutException();
		})).isInstanceOf(TimeoutException.class);
	}

	private IdempotentOperation operation(OnAbandoned onAbandoned, @Nullable Reconciler reconciler) {
		return new IdempotentOperation("pay", IdempotencyConfig.builder().onAbandoned(onAbandoned).build(), this.store,
				null, reconciler, this.ticker.source());
	}

	private IdempotentOperation bytes(String name, int maxResultSize) {
		return new IdempotentOperation(name, IdempotencyConfig.builder().maxResultSize(maxResultSize).build(),
				new ScriptedStore(this.store, true), new Text(), null, this.ticker.source());
	}

	private static final class Text implements ResultCodec {

		@Override
		public byte[] encode(Object value) {
			return value.toString().getBytes(StandardCharsets.ISO_8859_1);
		}

		@Override
		public Object decode(byte[] bytes) {
			throw new IllegalStateException("unreadable");
		}

	}

}
