package dev.resilience;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.resilience.time.ClosableSleeper;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Gates whose permits bound the time of their calls.
 */
@Timeout(20)
class TimeLimitTests {

	private static final Duration SECOND = Duration.ofSeconds(1);

	private final FakeTicker ticker = new FakeTicker();

	private final List<String> log = new CopyOnWriteArrayList<>();

	private final ScriptedGate outer = new ScriptedGate("outer", this.ticker.source(), this.log, true);

	private final ScriptedGate inner = new ScriptedGate("inner", this.ticker.source(), this.log);

	private final Pipeline pipeline = Pipeline.of(this.outer, this.inner);

	@AfterEach
	void clearInterrupt() {
		Thread.interrupted();
	}

	@Test
	void callWhenTimeIsOverShouldBeAFailureToAllGates() {
		limit(this.inner, SECOND, true);
		assertThatExceptionOfType(CallTimeoutException.class).isThrownBy(() -> this.pipeline.call(() -> {
			this.ticker.advance(Duration.ofMillis(1001));
			this.ticker.sleep(1);
			return "never";
		})).satisfies((ex) -> {
			assertThat(ex.policyName()).isEqualTo("inner");
			assertThat(ex.reason()).isEqualTo("out-of-time");
			assertThat(ex.isLate()).isFalse();
		});
		assertThat(this.log).containsSubsequence("inner failed CallTimeoutException 1001000000",
				"outer failed CallTimeoutException 1001000000");
	}

	@Test
	void callWhenTwoGatesBoundItShouldObeyTheShorterLimit() {
		for (ScriptedGate shorter : List.of(this.outer, this.inner)) {
			limit(this.outer, Duration.ofSeconds((shorter == this.outer) ? 1 : 2), true);
			limit(this.inner, Duration.ofSeconds((shorter == this.inner) ? 1 : 2), true);
			assertStopped(Duration.ofMillis(1001), shorter);
		}
	}

	@Test
	void callWhenItReturnsTooLateShouldReturnAndBeAFailureToAllGates() throws Exception {
		limit(this.inner, SECOND, false);
		assertThat(this.pipeline.call(() -> {
			this.ticker.advance(SECOND.plusMillis(1));
			return "late";
		})).isEqualTo("late");
		assertThat(this.log).contains("outer failed CallTimeoutException 1001000000",
				"inner failed CallTimeoutException 1001000000");
	}

	@Test
	void callWhenItThrowsTooLateShouldThrowTheSameAndBeOutOfTimeToAllGates() {
		limit(this.inner, SECOND, false);
		IOException failure = new IOException("refused");
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> this.pipeline.call(() -> {
			this.ticker.advance(SECOND.plusMillis(1));
			throw failure;
		})).isSameAs(failure);
		assertThat(this.log).contains("inner failed CallTimeoutException 1001000000");
	}

	@Test
	void callWhenItEndsInTimeShouldBeWhatItIs() throws Exception {
		limit(this.inner, SECOND, true);
		assertThat(this.pipeline.call(() -> "value")).isEqualTo("value");
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> this.pipeline.call(() -> {
			throw new IOException("refused");
		}));
		assertThat(this.log).contains("outer succeeded value 0", "inner succeeded value 0",
				"inner failed IOException 0");
	}

	@Test
	void callWhenNoDeadlineCanBeSetShouldNotBeMade() {
		ClosableSleeper sleeper = new ClosableSleeper(this.ticker);
		ScriptedGate bounded = new ScriptedGate("bounded", sleeper.source(), this.log);
		limit(bounded, SECOND, true);
		sleeper.close(true);
		assertThatIllegalStateException().isThrownBy(() -> Pipeline.of(this.outer, bounded).call(() -> "never"));
		assertThat(this.log).containsExactly("outer asked", "bounded asked", "bounded abandoned", "outer abandoned");
	}

	@ParameterizedTest
	@CsvSource({ "PT2S, 2 s", "PT1.5S, 1500 ms", "PT0.0000015S, 1500 ns" })
	void callAsyncWhenTimeIsOverShouldSayHowMuchThereWas(Duration allowed, String text) {
		limit(this.inner, allowed, true);
		CompletableFuture<String> call = this.pipeline.<String>callAsync(CompletableFuture::new).toCompletableFuture();
		this.ticker.advance(allowed);
		assertThatExceptionOfType(CompletionException.class).isThrownBy(call::join)
			.havingCause()
			.withMessage("the call took longer than the " + text + " that scripted 'inner' allows");
	}

	@Test
	void callAsyncWhenTimeIsOverShouldTellTheGatesAtOnce() {
		limit(this.inner, SECOND, true);
		CompletableFuture<String> callee = new CompletableFuture<>();
		CompletableFuture<String> call = this.pipeline.callAsync(callee::minimalCompletionStage).toCompletableFuture();
		this.ticker.advance(SECOND);
		assertThat(call).isCompletedExceptionally();
		assertThat(this.log).contains("inner failed CallTimeoutException 1000000000");
		int heard = this.log.size();
		callee.complete("late");
		assertThat(this.log).hasSize(heard);
	}

	@Test
	void callAsyncWhenTimeIsOverShouldBeAFailureToTheGatesFurtherIn() {
		limit(this.outer, SECOND, true);
		CompletableFuture<String> callee = new CompletableFuture<>();
		CompletableFuture<String> call = this.outer.callAsync(() -> this.inner.callAsync(() -> callee))
			.toCompletableFuture();
		this.ticker.advance(SECOND);
		assertThat(callee).isCancelled();
		assertThat(call).isCompletedExceptionally();
	}

	@Test
	void callAsyncWhenItEndsInTimeShouldForgetTheTimer() {
		limit(this.inner, SECOND, true);
		assertThat(this.pipeline.callAsync(() -> CompletableFuture.completedFuture("value")))
			.isCompletedWithValue("value");
		assertThat(this.ticker.timers()).isZero();
		assertThat(this.log).contains("outer succeeded value 0");
	}

	@Test
	void callWhenTheGateIsInShadowModeShouldNotBeStopped() throws Exception {
		limit(this.inner, SECOND, true);
		this.inner.enforcing = false;
		assertThat(this.pipeline.call(() -> {
			this.ticker.advance(SECOND.plusMillis(1));
			assertThat(Thread.currentThread().isInterrupted()).isFalse();
			return "late";
		})).isEqualTo("late");
		assertThat(this.log).contains("inner failed CallTimeoutException 1001000000");
		CompletableFuture<String> callee = new CompletableFuture<>();
		CompletableFuture<String> call = this.pipeline.callAsync(() -> callee).toCompletableFuture();
		this.ticker.advance(SECOND.plusMillis(1));
		assertThat(call).isNotDone();
		callee.complete("late");
		assertThat(call).isCompletedWithValue("late");
	}

	@Test
	void callWhenAShorterLimitIsInShadowModeShouldBeStoppedByTheLonger() {
		limit(this.outer, SECOND, true);
		limit(this.inner, SECOND.multipliedBy(2), true);
		this.outer.enforcing = false;
		assertStopped(Duration.ofMillis(2001), this.inner);
		assertThat(this.log).contains("inner failed CallTimeoutException 2001000000",
				"outer failed CallTimeoutException 2001000000");
	}

	@Test
	void callWhenOnlyALimitInShadowModeIsOverShouldTellItsGateAlone() throws Exception {
		limit(this.outer, SECOND.multipliedBy(3), true);
		limit(this.inner, SECOND, true);
		this.inner.enforcing = false;
		assertThat(this.pipeline.call(() -> {
			this.ticker.advance(SECOND);
			return "value";
		})).isEqualTo("value");
		assertThat(this.log).contains("outer succeeded value 1000000000",
				"inner failed CallTimeoutException 1000000000");
	}

	@Test
	void callAsyncWhenAShorterLimitIsInShadowModeShouldBeStoppedByTheLonger() {
		limit(this.outer, SECOND, true);
		limit(this.inner, SECOND.multipliedBy(2), true);
		this.outer.enforcing = false;
		CompletableFuture<String> callee = new CompletableFuture<>();
		CompletableFuture<String> call = this.pipeline.callAsync(() -> callee).toCompletableFuture();
		this.ticker.advance(SECOND);
		assertThat(call).isNotDone();
		this.ticker.advance(SECOND);
		assertThat(callee).isCancelled();
		assertThat(call).failsWithin(Duration.ZERO)
			.withThrowableThat()
			.havingCause()
			.isInstanceOfSatisfying(CallTimeoutException.class,
					(ex) -> assertThat(ex.rejection().policy()).isSameAs(this.inner));
		assertThat(this.log).contains("outer failed CallTimeoutException 2000000000");
	}

	@Test
	void callAsyncWhenALimitInShadowModeIsOverShouldTellItsGateAlone() {
		limit(this.inner, SECOND, true);
		this.inner.enforcing = false;
		CompletableFuture<String> callee = new CompletableFuture<>();
		CompletableFuture<String> call = this.pipeline.callAsync(() -> callee).toCompletableFuture();
		this.ticker.advance(SECOND);
		callee.complete("late");
		assertThat(call).isCompletedWithValue("late");
		assertThat(this.log).contains("outer succeeded late 1000000000",
				"inner failed CallTimeoutException 1000000000");
	}

	@Test
	void tryAcquireWhenTheGateIsInShadowModeShouldLeaveTheTimeToTheCaller() {
		limit(this.inner, SECOND, true);
		this.inner.enforcing = false;
		Permit permit = (Permit) this.inner.tryAcquire();
		permit.succeeded("value", SECOND.toNanos());
		assertThat(this.log).contains("inner succeeded value 1000000000");
	}

	@Test
	void callWhenAShorterLimitMayNotInterruptShouldBeStoppedByTheLonger() throws Exception {
		for (ScriptedGate shorter : List.of(this.outer, this.inner)) {
			ScriptedGate longer = (shorter == this.outer) ? this.inner : this.outer;
			limit(shorter, SECOND, false);
			limit(longer, SECOND.multipliedBy(2), true);
			assertStopped(Duration.ofMillis(2001), longer);
			this.log.clear();
			assertThat(this.pipeline.call(() -> {
				this.ticker.advance(SECOND.plusMillis(1));
				assertThat(Thread.currentThread().isInterrupted()).isFalse();
				return "late";
			})).isEqualTo("late");
			assertThat(this.log).contains("outer failed CallTimeoutException 1001000000",
					"inner failed CallTimeoutException 1001000000");
		}
	}

	private void assertStopped(Duration after, ScriptedGate gate) {
		assertThatExceptionOfType(CallTimeoutException.class).isThrownBy(() -> this.pipeline.call(() -> {
			this.ticker.advance(after);
			this.ticker.sleep(1);
			return "never";
		})).satisfies((ex) -> {
			assertThat(ex.rejection().policy()).isSameAs(gate);
			assertThat(ex.isLate()).isFalse();
		});
	}

	@Test
	void callAsyncWhenTheWorkCannotBeCancelledShouldTellTheGatesAllTheSame() {
		limit(this.inner, SECOND, true);
		CompletableFuture<String> callee = new CompletableFuture<>() {

			@Override
			public boolean cancel(boolean mayInterruptIfRunning) {
				throw Sneaky.sneaky(new IOException("never"));
			}

		};
		CompletableFuture<String> call = this.pipeline.callAsync(() -> callee).toCompletableFuture();
		this.ticker.advance(SECOND);
		assertThat(call).isCompletedExceptionally();
		assertThat(this.log).contains("outer failed CallTimeoutException 1000000000",
				"inner failed CallTimeoutException 1000000000");
	}

	@Test
	void callWhenItsTimeCannotBeWatchedShouldAbandonThePermitAndLeaveNoTrace() {
		ClosableSleeper sleeper = new ClosableSleeper(this.ticker, new IOException("shut down"));
		ScriptedGate blind = new ScriptedGate("blind", sleeper.source(), this.log);
		limit(blind, SECOND, true);
		sleeper.close(true);
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> blind.call(() -> "never"));
		assertThat(this.log).containsExactly("blind asked", "blind abandoned");
		sleeper.close(false);
		assertThatExceptionOfType(CallTimeoutException.class).isThrownBy(() -> blind.call(() -> {
			this.ticker.advance(Duration.ofMillis(1001));
			this.ticker.sleep(1);
			return "never";
		}));
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
	}

	@Test
	void callWhenTheLongerTimeCannotBeWatchedShouldAbandonThePermitsAndLeaveNoTrace() {
		ClosableSleeper sleeper = new ClosableSleeper(this.ticker, new IOException("shut down"));
		ScriptedGate blind = new ScriptedGate("blind", sleeper.source(), this.log);
		limit(this.inner, SECOND, false);
		limit(blind, SECOND.multipliedBy(2), true);
		sleeper.close(true);
		Pipeline pipeline = Pipeline.of(this.inner, blind);
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> pipeline.call(() -> "never"));
		assertThat(this.log).containsExactly("inner asked", "blind asked", "blind abandoned", "inner abandoned");
		this.ticker.advance(Duration.ofSeconds(11));
		assertThat(this.ticker.timers()).as("no work, no timer").isZero();
	}

	@Test
	void callAsyncWhenItsTimerCannotBeCancelledShouldEndAllTheSame() {
		ClosableSleeper sleeper = new ClosableSleeper(this.ticker, new IOException("shut down"));
		ScriptedGate bounded = new ScriptedGate("bounded", sleeper.source(), this.log);
		limit(bounded, SECOND, true);
		CompletableFuture<String> callee = new CompletableFuture<>();
		CompletableFuture<String> call = Pipeline.of(this.outer, bounded).callAsync(() -> callee).toCompletableFuture();
		sleeper.close(true);
		callee.complete("value");
		assertThat(call).isCompletedWithValue("value");
		this.ticker.advance(SECOND);
		assertThat(this.log).containsExactly("outer asked", "bounded asked", "bounded succeeded value 0",
				"outer succeeded value 0");
	}

	private static void limit(ScriptedGate gate, Duration duration, boolean interrupts) {
		gate.limit = new Permit.TimeLimit(gate, duration, interrupts);
	}

}
