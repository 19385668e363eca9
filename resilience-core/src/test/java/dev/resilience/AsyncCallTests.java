package dev.resilience;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;

import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.ratelimiter.RateLimiterConfig;
import dev.resilience.time.ClosableSleeper;
import dev.resilience.time.FakeTicker;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@Timeout(20)
class AsyncCallTests {

	private final FakeTicker ticker = new FakeTicker();

	private final ScriptedGate gate = new ScriptedGate("door", this.ticker.source());

	private final CompletableFuture<String> work = new CompletableFuture<>();

	private final CompletableFuture<String> other = new CompletableFuture<>();

	@Test
	void callAsyncWhenWorkGoesOnShouldHoldThePermitUntilItEnds() {
		CompletableFuture<String> outcome = future(this.gate.callAsync(() -> this.work));
		assertThat(outcome).isNotDone();
		assertThat(this.gate.log()).containsExactly("door asked");
		this.work.complete("value");
		assertThat(outcome).isCompletedWithValue("value");
		assertThat(this.gate.log()).containsExactly("door asked", "door succeeded value 0");
	}

	@Test
	void endWhenTheCallHasEndedShouldTellThatItCameTooLate() {
		CompletableFuture<String> outcome = future(this.gate.callAsync(() -> this.work));
		this.work.complete("value");
		assertThat(outcome.complete("late")).isFalse();
		assertThat(outcome.completeExceptionally(new IOException("late"))).isFalse();
		assertThat(outcome.cancel(true)).isFalse();
		assertThat(outcome).isCompletedWithValue("value");
	}

	@Test
	void callAsyncWhenWorkFailsShouldFailWithTheCauseItself() {
		CompletableFuture<String> outcome = future(
				this.gate.callAsync(() -> this.work.thenApply((value) -> value + "!")));
		this.work.completeExceptionally(new IOException("refused"));
		assertCause(outcome, IOException.class);
		assertThat(this.gate.log()).containsExactly("door asked", "door failed IOException 0");
	}

	@Test
	@Trap(20)
	void callAsyncWhenSupplierThrowsShouldCompleteTheStage() {
		assertCause(future(this.gate.callAsync(() -> {
			throw new IllegalStateException("synchronous");
		})), IllegalStateException.class);
		assertCause(future(this.gate.callAsync(() -> {
			throw new StackOverflowError();
		})), StackOverflowError.class);
		assertThat(this.gate.log()).containsExactly("door asked", "door failed IllegalStateException 0", "door asked",
				"door failed StackOverflowError 0");
	}

	@Test
	@SuppressWarnings("NullAway") // what a caller outside null checks may do
	void callAsyncWhenSupplierReturnsNullShouldFailTheStage() {
		CompletableFuture<String> outcome = future(this.gate.callAsync(() -> null));
		assertCause(outcome, NullPointerException.class);
		assertThat(this.gate.log()).containsExactly("door asked", "door failed NullPointerException 0");
	}

	@Test
	void callAsyncWhenGateThrowsShouldFailTheStage() {
		this.gate.answer = ScriptedGate.Answer.THROW;
		assertCause(future(this.gate.callAsync(() -> this.work)), IllegalStateException.class);
	}

	@Test
	void callAsyncWhenNoTimerCanBeSetShouldGiveUpTheWait() {
		ClosableSleeper sleeper = new ClosableSleeper(this.ticker);
		RateLimiter limiter = new RateLimiter("orders",
				RateLimiterConfig.builder().limit(1).maxWait(Duration.ofSeconds(9)).build(), sleeper.source());
		assertThat(limiter.tryAcquirePermit()).isTrue();
		sleeper.close(true);
		assertCause(future(limiter.callAsync(() -> this.work)), IllegalStateException.class);
		assertThat(limiter.snapshot().gauges()).containsEntry("waiting", 0.0);
		assertThat(limiter.snapshot().calls()).containsEntry("cancelled", 1L);
	}

	@Test
	void callAsyncWhenRejectedShouldFailTheStageAndCallNobody() {
		this.gate.answer = ScriptedGate.Answer.REJECT;
		assertCause(future(this.gate.callAsync(() -> {
			throw new AssertionError("called");
		})), CallRejectedException.class);
	}

	@Test
	void cancelWhenWorkGoesOnShouldCancelItAndAbandonThePermit() {
		CompletableFuture<String> outcome = future(this.gate.callAsync(() -> this.work));
		assertThat(outcome.cancel(true)).isTrue();
		assertThat(outcome).isCancelled();
		assertThat(this.work).isCancelled();
		assertThat(this.gate.log()).containsExactly("door asked", "door abandoned");
		assertThat(outcome.cancel(true)).isTrue();
		assertThat(this.gate.log()).hasSize(2);
	}

	@Test
	void cancelWhenWorkCannotBeCancelledShouldHoldThePermitUntilItEnds() {
		CompletableFuture<String> outcome = future(this.gate.callAsync(this.work::minimalCompletionStage));
		outcome.cancel(true);
		assertThat(outcome).isCancelled();
		assertThat(this.gate.log()).as("the callee is still busy").containsExactly("door asked");
		this.work.complete("late");
		assertThat(this.gate.log()).containsExactly("door asked", "door abandoned");
	}

	@Test
	void completeWhenCallerLosesPatienceShouldHoldThePermitUntilTheWorkEnds() {
		CompletableFuture<String> outcome = future(this.gate.callAsync(() -> this.work));
		CompletableFuture<String> uncancellable = future(this.gate.callAsync(this.other::minimalCompletionStage));
		outcome.completeExceptionally(new TimeoutException("impatient"));
		uncancellable.completeExceptionally(new TimeoutException("impatient"));
		assertThat(this.work).isCancelled();
		assertThat(this.gate.log()).as("one callee is still busy").hasSize(3).last().asString().contains("failed");
		this.other.complete("late");
		assertThat(this.gate.log()).hasSize(4).last().asString().contains("failed TimeoutException");
	}

	@Test
	void orTimeoutShouldCancelTheWorkAndCountAsItsFailure() {
		CompletableFuture<String> outcome = future(this.gate.callAsync(() -> this.work));
		assertThatExceptionOfType(CompletionException.class)
			.isThrownBy(outcome.orTimeout(1, TimeUnit.MILLISECONDS)::join)
			.withCauseInstanceOf(TimeoutException.class);
		Awaitility.await().until(() -> this.work.isCancelled() && this.gate.log().size() == 2);
		assertThat(this.gate.log()).last().asString().contains("failed", "TimeoutException");
	}

	@Test
	void completeWhenCallerHasAnotherAnswerShouldCancelTheWorkAndSayNothingOfIt() {
		CompletableFuture<String> outcome = future(this.gate.callAsync(() -> this.work));
		assertThat(outcome.complete("instead")).isTrue();
		assertThat(this.work).isCancelled();
		assertThat(this.gate.log()).containsExactly("door asked", "door abandoned");
	}

	@Test
	void cancelWhenCalleeCancelsItselfShouldFailThePermit() {
		CompletableFuture<String> outcome = future(this.gate.callAsync(() -> this.work));
		this.work.cancel(true);
		assertThatExceptionOfType(CancellationException.class).isThrownBy(outcome::join);
		assertThat(this.gate.log()).containsExactly("door asked", "door failed CancellationException 0");
	}

	@Test
	void callAsyncWhenGateWaitsShouldNotBlockAndBeginOnceGranted() {
		this.gate.answer = ScriptedGate.Answer.WAIT;
		CompletableFuture<String> outcome = future(this.gate.callAsync(() -> this.work));
		this.work.complete("value");
		assertThat(outcome).isNotDone();
		this.gate.decision.complete(this.gate.grant());
		assertThat(outcome).isCompletedWithValue("value");
		assertThat(this.gate.log()).containsExactly("door asked", "door succeeded value 0");
	}

	@Test
	void callAsyncWhenWaitEndsInRejectionShouldFailAndAbandonTheEarlierPermits() {
		ScriptedGate outer = new ScriptedGate("outer", this.ticker.source(), this.gate.log());
		this.gate.answer = ScriptedGate.Answer.WAIT;
		CompletableFuture<String> outcome = future(Pipeline.of(outer, this.gate).callAsync(() -> this.work));
		this.gate.decision.complete(this.gate.rejection("otherwise"));
		assertCause(outcome, CallRejectedException.class);
		assertThat(this.gate.log()).containsExactly("outer asked", "door asked", "outer abandoned");
		assertThat(this.gate.snapshot().rejections()).containsEntry("otherwise", 1L);
	}

	@Test
	void callAsyncWhenWaitIsDecidedWronglyShouldFailTheStageAllTheSame() {
		ScriptedGate outer = new ScriptedGate("outer", this.ticker.source(), this.gate.log());
		this.gate.answer = ScriptedGate.Answer.WAIT;
		CompletableFuture<String> outcome = future(Pipeline.of(outer, this.gate).callAsync(() -> this.work));
		this.gate.decision.complete(this.gate.rejection("a reason that the gate never named"));
		assertThat(outcome).isCompletedExceptionally();
		assertThat(this.gate.log()).containsExactly("outer asked", "door asked", "outer abandoned");
	}

	@Test
	void callAsyncWhenAWaitCannotBeFollowedShouldGiveItBack() {
		this.gate.answer = ScriptedGate.Answer.WAIT;
		this.gate.decision = new Unfollowed();
		assertCause(future(this.gate.callAsync(() -> this.work)), IOException.class);
		assertThat(this.gate.log()).containsExactly("door asked", "door wait cancelled");
	}

	@Test
	void callAsyncWhenAGrantCannotBeFollowedShouldAbandonIt() {
		ScriptedGate outer = new ScriptedGate("outer", this.ticker.source(), this.gate.log());
		this.gate.answer = ScriptedGate.Answer.WAIT;
		this.gate.decision = new Unfollowed();
		this.gate.decision.complete(this.gate.grant());
		assertCause(future(Pipeline.of(outer, this.gate).callAsync(() -> this.work)), IOException.class);
		assertThat(this.gate.log()).containsExactly("outer asked", "door asked", "door abandoned", "outer abandoned");
	}

	@Test
	void callAsyncWhenAPermitFailsToEndShouldCompleteTheStage() {
		ScriptedGate faulty = new ScriptedGate("faulty", this.ticker.source()) {

			@Override
			Permit grant() {
				return new FaultyPermit();
			}

		};
		assertThat(faulty.callAsync(() -> CompletableFuture.completedFuture("value"))).isCompletedWithValue("value");
		assertCause(future(faulty.callAsync(() -> CompletableFuture.failedFuture(new TimeoutException()))),
				TimeoutException.class);
	}

	@Test
	@SuppressWarnings("NullAway")
	void callAsyncWhenWorkUnderALimitReturnsNoStageShouldEndThePermitOnce() {
		this.gate.limit = new Permit.TimeLimit(this.gate, Duration.ofSeconds(1), true);
		Policy.Call<String, CompletionStage<String>> nothing = (argument) -> null;
		assertCause(future(this.gate.callAsync(CallContext.NONE, "argument", nothing)), NullPointerException.class);
		this.ticker.advance(Duration.ofSeconds(2));
		assertThat(this.gate.log()).containsExactly("door asked", "door failed NullPointerException 0");
	}

	@Test
	void cancelWhenGateWaitsShouldGiveTheWaitBackAndCallNobody() {
		ScriptedGate outer = new ScriptedGate("outer", this.ticker.source(), this.gate.log());
		this.gate.answer = ScriptedGate.Answer.WAIT;
		CompletableFuture<String> outcome = future(Pipeline.of(outer, this.gate).callAsync(() -> {
			throw new AssertionError("called");
		}));
		outcome.cancel(true);
		assertThat(this.gate.log()).containsExactlyInAnyOrder("outer asked", "door asked", "door wait cancelled",
				"outer abandoned");
	}

	@Test
	void cancelWhenWaitIsGrantedAtTheSameMomentShouldEndThePermitOnce() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(2);
		try {
			for (int round = 0; round < 500; round++) {
				ScriptedGate racing = new ScriptedGate("racing", this.ticker.source());
				racing.answer = ScriptedGate.Answer.WAIT;
				CompletableFuture<String> running = new CompletableFuture<>();
				CompletableFuture<String> outcome = future(racing.callAsync(() -> running));
				CyclicBarrier start = new CyclicBarrier(2);
				List<Future<Boolean>> both = threads.invokeAll(List.of(() -> {
					start.await(5, TimeUnit.SECONDS);
					return outcome.cancel(true);
				}, () -> {
					start.await(5, TimeUnit.SECONDS);
					return racing.decision.complete(racing.grant());
				}));
				assertThat(both.get(0).get()).isTrue();
				if (both.get(1).get()) {
					assertThat(racing.log()).containsExactly("racing asked", "racing abandoned");
				}
				else {
					assertThat(racing.log()).containsExactly("racing asked", "racing wait cancelled");
				}
			}
		}
		finally {
			threads.shutdownNow();
		}
	}

	@Test
	void callAsyncWhenPipelineIsEmptyShouldPassCancellingOn() {
		CompletableFuture<String> outcome = future(Pipeline.of().callAsync(() -> this.work));
		outcome.cancel(true);
		assertThat(outcome).isCancelled();
		assertThat(this.work).isCancelled();
	}

	/**
	 * A decision that cannot be followed at first.
	 */
	private static final class Unfollowed extends CompletableFuture<Admission> {

		private boolean asked;

		@Override
		public CompletableFuture<Admission> whenComplete(
				BiConsumer<? super @Nullable Admission, ? super @Nullable Throwable> action) {
			if (!this.asked) {
				this.asked = true;
				throw Sneaky.sneaky(new IOException("no context"));
			}
			return super.whenComplete(action);
		}

	}

	private static <T> CompletableFuture<T> future(CompletionStage<T> stage) {
		return stage.toCompletableFuture();
	}

	private static void assertCause(CompletableFuture<?> outcome, Class<? extends Throwable> type) {
		assertThat(outcome).isCompletedExceptionally();
		assertThatExceptionOfType(CompletionException.class).isThrownBy(outcome::join).withCauseExactlyInstanceOf(type);
	}

}
