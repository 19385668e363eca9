package dev.resilience.idempotency;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;

import dev.resilience.CallRejectedException;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

class IdempotencyContextTests {

	private final FakeTicker ticker = new FakeTicker();

	private final MemoryIdempotencyStore store = new MemoryIdempotencyStore(this.ticker.source());

	private final IdempotentOperation pay = operation("pay");

	private final IdempotentOperation book = operation("book");

	@Test
	void currentWhenWorkRunsShouldTellKeyFenceAndOperation() throws Exception {
		long fence = this.pay.execute("key", null, () -> {
			IdempotencyContext context = current();
			assertThat(context.key()).isEqualTo("key");
			assertThat(context.operation()).isEqualTo("pay");
			assertThat(context).hasToString("IdempotencyContext[operation=pay, fence=" + context.fence() + "]");
			return context.fence();
		});
		assertThat(fence).isEqualTo(FakeTicker.EPOCH.toEpochMilli() * 1_000);
		assertThat(IdempotencyContext.current()).isEmpty();
	}

	@Test
	void currentWhenCallsAreNestedShouldBeRestored() throws Exception {
		this.pay.execute("outer", null, () -> {
			IdempotencyContext outer = current();
			this.book.execute("inner", null, () -> assertThat(current().key()).isEqualTo("inner"));
			assertThat(current()).isSameAs(outer);
			assertThatIllegalStateException().isThrownBy(() -> this.book.execute("failing", null, () -> {
				throw new IllegalStateException();
			}));
			assertThat(current()).isSameAs(outer);
			this.book.execute("inner", null, () -> "replayed");
			assertThat(IdempotencyContext.replayed()).isTrue();
			assertThat(current()).isSameAs(outer);
			return "done";
		});
		assertThat(IdempotencyContext.replayed()).as("the outer call finished last").isFalse();
		assertThat(IdempotencyContext.current()).isEmpty();
	}

	@Test
	void currentWhenWorkIsAsynchronousShouldHoldWhileItStarts() {
		CompletableFuture<Optional<IdempotencyContext>> work = new CompletableFuture<>();
		CompletableFuture<Optional<IdempotencyContext>> later = work
			.thenApply((ignored) -> IdempotencyContext.current());
		this.pay.executeAsync("key", null, () -> {
			assertThat(current().key()).isEqualTo("key");
			return later;
		});
		assertThat(IdempotencyContext.current()).isEmpty();
		work.complete(Optional.empty());
		assertThat(later).isCompletedWithValue(Optional.empty());
	}

	@Test
	void currentWhenReadWhileAssemblingShouldServeWorkOnOtherThreads() {
		CompletableFuture<String> seen = this.pay.executeAsync("key", null, () -> {
			IdempotencyContext call = current();
			return CompletableFuture
				.supplyAsync(() -> call.key() + ", there: " + IdempotencyContext.current().isPresent());
		}).toCompletableFuture();
		assertThat(seen.join()).isEqualTo("key, there: false");
	}

	@Test
	void replayedWhenAStepIsAttachedLateOrRunsElsewhereShouldBeFalse() {
		CompletableFuture<String> work = new CompletableFuture<>();
		this.pay.executeAsync("key", null, () -> work);
		CompletableFuture<String> joined = this.pay.executeAsync("key", null, () -> work).toCompletableFuture();
		// A result of its own: a thread that runs a step of a future may run the others
		// too.
		CompletableFuture<String> another = this.pay.executeAsync("key", null, () -> work).toCompletableFuture();
		CompletableFuture<Boolean> following = joined.thenApply((value) -> IdempotencyContext.replayed());
		CompletableFuture<Boolean> elsewhere = another.thenApplyAsync((value) -> IdempotencyContext.replayed());
		work.complete("receipt");
		this.ticker.advance(Duration.ZERO);
		assertThat(following).isCompletedWithValue(true);
		assertThat(elsewhere.join()).isFalse();
		assertThat(joined.thenApply((value) -> IdempotencyContext.replayed())).isCompletedWithValue(false);
	}

	@Test
	void currentShouldStayOnItsThread() throws Exception {
		this.pay.execute("key", null, () -> {
			FutureTask<Boolean> other = Threads.untilWaiting(() -> IdempotencyContext.current().isEmpty());
			assertThat(other.get()).isTrue();
			return "done";
		});
	}

	@Test
	void replayedShouldStayOnItsThreadAndTellOfTheLastCall() throws Exception {
		this.pay.execute("key", null, () -> "receipt");
		this.pay.execute("key", null, () -> "again");
		assertThat(IdempotencyContext.replayed()).isTrue();
		FutureTask<Boolean> other = Threads.untilWaiting(IdempotencyContext::replayed);
		assertThat(other.get()).isFalse();
		assertThatIllegalStateException().isThrownBy(() -> this.pay.execute("failing", null, () -> {
			throw new IllegalStateException();
		}));
		assertThat(IdempotencyContext.replayed()).isFalse();
	}

	@Test
	void replayedWhenTheNextCallIsRejectedShouldNotTellOfTheFormerCall() throws Exception {
		this.pay.execute("key", "one", () -> "receipt");
		this.pay.execute("key", "one", () -> "again");
		assertThat(IdempotencyContext.replayed()).isTrue();
		assertThatExceptionOfType(CallRejectedException.class)
			.isThrownBy(() -> this.pay.execute("key", "two", () -> "never"));
		assertThat(IdempotencyContext.replayed()).isFalse();
	}

	@Test
	void replayedWhenTheNextAsynchronousCallIsPendingShouldNotTellOfTheFormerCall() throws Exception {
		this.pay.execute("key", null, () -> "receipt");
		this.pay.execute("key", null, () -> "again");
		this.pay.executeAsync("other", null, CompletableFuture::new);
		assertThat(IdempotencyContext.replayed()).isFalse();
	}

	private IdempotentOperation operation(String name) {
		return new IdempotentOperation(name, IdempotencyConfig.builder().build(), this.store, this.ticker.source());
	}

	private static IdempotencyContext current() {
		return IdempotencyContext.current().orElseThrow();
	}

}
