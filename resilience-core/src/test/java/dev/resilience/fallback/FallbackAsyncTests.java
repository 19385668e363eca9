package dev.resilience.fallback;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

import dev.resilience.CallContext;
import dev.resilience.Pipeline;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class FallbackAsyncTests {

	private static final Handler ANY = Handler.of(Throwable.class, (argument, failure) -> "saved");

	private final CompletableFuture<String> work = new CompletableFuture<>();

	private final CompletableFuture<String> rescue = new CompletableFuture<>();

	private final Handler later = Handler.of(Throwable.class, (argument, failure) -> this.rescue);

	@Test
	void callAsyncWhenItSucceedsShouldPassTheValue() {
		Fallback fallback = fallback(ANY);
		CompletableFuture<String> result = call(fallback, () -> this.work);
		assertThat(result).isNotDone();
		this.work.complete("done");
		assertThat(result).isCompletedWithValue("done");
		assertThat(counts(fallback)).isEqualTo(Map.of("passed", 1L, "recovered", 0L, "failed", 0L));
	}

	@Test
	void callAsyncWhenTheStageFailsShouldCompleteWithAHandlersValue() {
		Fallback fallback = fallback(ANY);
		CompletableFuture<String> result = call(fallback, () -> this.work);
		this.work.completeExceptionally(new IOException("disk"));
		assertThat(result).isCompletedWithValue("saved");
		assertThat(counts(fallback)).isEqualTo(Map.of("passed", 0L, "recovered", 1L, "failed", 0L));
	}

	@Test
	void callAsyncWhenTheCallThrowsShouldCompleteWithAHandlersValue() {
		CompletableFuture<String> result = call(fallback(ANY), () -> {
			throw new IllegalStateException("at once");
		});
		assertThat(result).isCompletedWithValue("saved");
	}

	@Test
	@SuppressWarnings("NullAway") // what a careless caller does
	void callAsyncWhenTheWorkReturnsNoStageShouldFailTheResult() {
		CompletionStage<String> result = fallback().callAsync(CallContext.NONE, "order 7", (order) -> null);
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(result.toCompletableFuture()::get)
			.withMessageContaining("returned null instead of a stage");
	}

	@Test
	void callAsyncWhenAHandlerAnswersLaterShouldFollowIt() {
		CompletableFuture<String> result = call(fallback(this.later), () -> this.work);
		this.work.completeExceptionally(new IOException("disk"));
		assertThat(result).isNotDone();
		this.rescue.complete("late");
		assertThat(result).isCompletedWithValue("late");
	}

	@Test
	void callAsyncWhenAHandlersStageCannotBeAskedShouldFollowItNevertheless() {
		Fallback fallback = fallback(
				Handler.of(Throwable.class, (argument, failure) -> CompletableFuture.completedStage("saved")));
		CompletableFuture<String> result = call(fallback, () -> this.work);
		this.work.completeExceptionally(new IOException("disk"));
		assertThat(result).isCompletedWithValue("saved");
	}

	@Test
	void callAsyncWhenAHandlersStageFailsShouldAskTheNext() {
		Handler next = Handler.of(IllegalStateException.class, (argument, failure) -> "after " + failure.getMessage());
		CompletableFuture<String> result = call(fallback(this.later, next), () -> this.work);
		this.work.completeExceptionally(new IOException("disk"));
		this.rescue.completeExceptionally(new CompletionException(new IllegalStateException("backup")));
		assertThat(result).isCompletedWithValue("after backup");
	}

	@Test
	void callAsyncWhenAllHandlersFailShouldFailWithTheOriginal() {
		IOException original = new IOException("disk");
		IllegalStateException atOnce = new IllegalStateException("at once");
		IllegalStateException late = new IllegalStateException("late");
		Fallback fallback = fallback(Handler.of(IOException.class, (argument, failure) -> {
			throw atOnce;
		}), this.later);
		CompletableFuture<String> result = call(fallback, () -> this.work);
		this.work.completeExceptionally(original);
		this.rescue.completeExceptionally(late);
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(result::get).havingCause().isSameAs(original);
		assertThat(original.getSuppressed()).containsExactly(atOnce, late);
		assertThat(counts(fallback)).isEqualTo(Map.of("passed", 0L, "recovered", 0L, "failed", 1L));
	}

	@Test
	void callAsyncWhenTheFailureComesWrappedShouldHandleWhatIsInside() {
		Fallback fallback = fallback(Handler.of(IOException.class, (argument, failure) -> failure.getMessage()));
		CompletionStage<String> result = fallback.callAsync(CallContext.NONE, "order 7",
				(order) -> this.work.thenApply((value) -> value));
		this.work.completeExceptionally(new IOException("disk"));
		assertThat(result.toCompletableFuture()).isCompletedWithValue("disk");
	}

	@Test
	void callAsyncWhenAnInnerGateRejectsShouldAnswerUnlessFinal() {
		Pipeline breaker = Pipeline.of(fallback(ANY), new Closed("breaker", false));
		assertThat(breaker.<String>callAsync(() -> this.work).toCompletableFuture()).isCompletedWithValue("saved");
		Pipeline stopped = Pipeline.of(fallback(ANY), new Closed("switch", true));
		CompletableFuture<String> result = stopped.<String>callAsync(() -> this.work).toCompletableFuture();
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(result::get)
			.withCauseInstanceOf(EmergencyException.class);
	}

	@Test
	void callAsyncWhenAnInterruptionIsAnsweredShouldLeaveTheFlagSet() {
		CompletionStage<String> result = fallback(ANY).callAsync(CallContext.NONE, "order 7", (order) -> {
			throw new InterruptedException();
		});
		assertThat(Thread.interrupted()).isTrue();
		assertThat(result.toCompletableFuture()).isCompletedWithValue("saved");
	}

	@Test
	void callAsyncWhenAHandlerIsInterruptedShouldLeaveTheFlagSet() {
		CompletableFuture<String> result = call(fallback(Handler.of(IOException.class, (argument, failure) -> {
			throw new InterruptedException();
		})), () -> this.work);
		this.work.completeExceptionally(new IOException("disk"));
		assertThat(Thread.interrupted()).isTrue();
		assertThat(result).isCompletedExceptionally();
	}

	@Test
	void cancelWhenTheCallRunsShouldCancelItAndAskNoHandler() {
		Fallback fallback = fallback(Handler.of(Throwable.class, (argument, failure) -> {
			this.rescue.complete("asked");
			return "saved";
		}));
		CompletableFuture<String> result = call(fallback, () -> this.work);
		result.cancel(true);
		assertThat(this.work).isCancelled();
		assertThat(this.rescue).isNotDone();
		assertThat(counts(fallback)).isEqualTo(Map.of("passed", 0L, "recovered", 0L, "failed", 0L));
	}

	@Test
	void cancelWhenAHandlerRunsShouldCancelIt() {
		CompletableFuture<String> result = call(fallback(this.later, ANY), () -> this.work);
		this.work.completeExceptionally(new IOException("disk"));
		result.cancel(true);
		assertThat(this.rescue).isCancelled();
		assertThat(result).isCancelled();
	}

	@Test
	void cancelWhenAHandlerIsAboutToAnswerShouldCancelItsStage() {
		CompletionStage<String> answer = this.rescue;
		CompletableFuture<CompletableFuture<String>> result = new CompletableFuture<>();
		Fallback fallback = fallback(Handler.of(Throwable.class, (argument, failure) -> {
			result.join().cancel(true);
			return answer;
		}));
		result.complete(call(fallback, () -> this.work));
		this.work.completeExceptionally(new IOException("disk"));
		assertThat(this.rescue).isCancelled();
	}

	private static CompletableFuture<String> call(Fallback fallback, Supplier<CompletionStage<String>> call) {
		return fallback.<String>callAsync(call).toCompletableFuture();
	}

	private static Fallback fallback(Handler... handlers) {
		return new Fallback("orders", List.of(handlers), new FakeTicker().source());
	}

	private static Map<String, Long> counts(Fallback fallback) {
		return fallback.snapshot().calls();
	}

}
