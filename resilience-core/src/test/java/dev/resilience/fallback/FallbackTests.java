package dev.resilience.fallback;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import dev.resilience.Pipeline;
import dev.resilience.PolicySnapshot;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

class FallbackTests {

	private static final Handler ANY = Handler.of(Throwable.class, (argument, failure) -> "saved");

	@Test
	void callWhenItSucceedsShouldAskNoHandler() throws Exception {
		Fallback fallback = fallback(Handler.of(Throwable.class, (argument, failure) -> {
			throw new AssertionError("A handler was asked");
		}));
		assertThat(fallback.<String>call(() -> "done")).isEqualTo("done");
		assertThat(counts(fallback)).isEqualTo(Map.of("passed", 1L, "recovered", 0L, "failed", 0L));
	}

	@Test
	void callWhenItFailsShouldReturnTheFirstFittingHandlersValue() throws Exception {
		Fallback fallback = fallback(Handler.of(IllegalStateException.class, (argument, failure) -> "wrong"),
				Handler.of(IOException.class, (argument, failure) -> "saved from " + failure.getMessage()), ANY);
		assertThat(fallback.<String>call(failing(new IOException("disk")))).isEqualTo("saved from disk");
		assertThat(counts(fallback)).isEqualTo(Map.of("passed", 0L, "recovered", 1L, "failed", 0L));
	}

	@Test
	void callWhenAHandlerAnswersNullShouldReturnNull() throws Exception {
		Fallback fallback = fallback(Handler.of(IOException.class, (argument, failure) -> null), ANY);
		assertThat(fallback.call(failing(new IOException()))).isNull();
	}

	@Test
	void callShouldHandTheHandlerWhatTheCallWasGiven() throws Throwable {
		Fallback fallback = fallback(Handler.of(IOException.class, (argument, failure) -> "saved " + argument));
		String value = fallback.call(CallContext.NONE, "order 7", (order) -> {
			throw new IOException(order);
		});
		assertThat(value).isEqualTo("saved order 7");
	}

	@Test
	void callWhenNoHandlerFitsShouldThrowTheFailureAsItIs() {
		Fallback fallback = fallback(Handler.of(IllegalStateException.class, (argument, failure) -> "wrong"));
		IOException failure = new IOException("disk");
		assertThat(catchThrowable(() -> fallback.call(failing(failure)))).isSameAs(failure).hasNoSuppressedExceptions();
		assertThat(counts(fallback)).isEqualTo(Map.of("passed", 0L, "recovered", 0L, "failed", 1L));
	}

	@Test
	void callWhenAHandlerFailsShouldGiveItsFailureToTheNextThatHandlesIt() throws Exception {
		List<String> asked = new ArrayList<>();
		Fallback fallback = fallback(Handler.of(IOException.class, (argument, failure) -> {
			asked.add("backup got " + failure.getMessage());
			throw new IllegalStateException("backup");
		}), Handler.of(IOException.class, (argument, failure) -> {
			asked.add("not for this failure");
			return "wrong";
		}), Handler.of(IllegalStateException.class, (argument, failure) -> {
			asked.add("cache got " + failure.getMessage());
			return "cached";
		}));
		assertThat(fallback.<String>call(failing(new IOException("disk")))).isEqualTo("cached");
		assertThat(asked).containsExactly("backup got disk", "cache got backup");
	}

	@Test
	void callWhenAllHandlersFailShouldThrowTheOriginalWithTheirFailuresSuppressed() {
		IOException original = new IOException("disk");
		IllegalStateException backup = new IllegalStateException("backup");
		ConnectException cache = new ConnectException("cache");
		Fallback fallback = fallback(throwing(backup), throwing(cache));
		assertThat(catchThrowable(() -> fallback.call(failing(original)))).isSameAs(original);
		assertThat(original.getSuppressed()).containsExactly(backup, cache);
		assertThat(counts(fallback)).isEqualTo(Map.of("passed", 0L, "recovered", 0L, "failed", 1L));
	}

	@Test
	void callWhenHandlersPassFailuresOnShouldSuppressEachOnceAndNeverOnItself() {
		IOException original = new IOException("disk");
		IllegalStateException backup = new IllegalStateException("backup");
		Handler passingOn = Handler.of(Throwable.class, (argument, failure) -> {
			throw failure;
		});
		Fallback fallback = fallback(passingOn, throwing(backup), passingOn, throwing(original));
		assertThat(catchThrowable(() -> fallback.call(failing(original)))).isSameAs(original);
		assertThat(original.getSuppressed()).containsExactly(backup);
	}

	@Test
	void callWhenTheSameExceptionIsThrownAgainAndAgainShouldNotPileUpOnIt() {
		IOException shared = new IOException("disk");
		Fallback fallback = fallback(Handler.of(Throwable.class, (argument, failure) -> {
			throw new IllegalStateException("backup");
		}));
		for (int call = 0; call < 20; call++) {
			assertThat(catchThrowable(() -> fallback.call(failing(shared)))).isSameAs(shared);
		}
		assertThat(shared.getSuppressed()).hasSize(8);
	}

	@Test
	void callWhenAnInnerGateRejectsShouldAnswer() throws Exception {
		Pipeline pipeline = Pipeline.of(fallback(ANY), new Closed("breaker", false));
		assertThat(pipeline.<String>call(() -> "done")).isEqualTo("saved");
	}

	@Test
	void callWhenRejectionIsFinalShouldPassGeneralHandlersOver() {
		Fallback fallback = fallback(ANY, Handler.of(CallRejectedException.class, (argument, failure) -> "wrong"));
		Pipeline pipeline = Pipeline.of(fallback, new Closed("switch", true));
		assertThatExceptionOfType(EmergencyException.class).isThrownBy(() -> pipeline.call(() -> "done"));
	}

	@Test
	void callWhenRejectionIsFinalShouldAskTheHandlerThatNamesIt() throws Exception {
		Fallback fallback = fallback(ANY, Handler.of(EmergencyException.class, (argument, failure) -> "stopped"));
		Pipeline pipeline = Pipeline.of(fallback, new Closed("switch", true));
		assertThat(pipeline.<String>call(() -> "done")).isEqualTo("stopped");
	}

	@Test
	void callWhenTheHandlerOfAFinalRejectionFailsShouldNotAskGeneralOnes() {
		Fallback fallback = fallback(Handler.of(EmergencyException.class, (argument, failure) -> {
			throw new IOException("notice board");
		}), ANY);
		Pipeline pipeline = Pipeline.of(fallback, new Closed("switch", true));
		assertThatExceptionOfType(EmergencyException.class).isThrownBy(() -> pipeline.call(() -> "done"))
			.satisfies((stopped) -> assertThat(stopped.getSuppressed()).hasSize(1));
	}

	@Test
	void callWhenAHandlerMeetsAFinalRejectionShouldNotAskGeneralOnes() {
		IOException original = new IOException("disk");
		Fallback fallback = fallback(throwing(new EmergencyException()), ANY);
		assertThat(catchThrowable(() -> fallback.call(failing(original)))).isSameAs(original);
	}

	@Test
	void callWhenCasesOverlapShouldAskTheClosest() throws Exception {
		Fallback fallback = fallback(
				new Handler(List.of(new Handler.Case<>(IOException.class, (argument, failure) -> "io"),
						new Handler.Case<>(FileNotFoundException.class, (argument, failure) -> "file"))));
		assertThat(fallback.<String>call(failing(new FileNotFoundException()))).isEqualTo("file");
	}

	@Test
	void callWhenAnInterruptionIsAnsweredShouldLeaveTheFlagSet() throws Exception {
		assertThat(fallback(ANY).<String>call(failing(new InterruptedException()))).isEqualTo("saved");
		assertThat(Thread.interrupted()).isTrue();
	}

	@Test
	void callWhenAHandlerIsInterruptedShouldLeaveTheFlagSet() {
		Fallback fallback = fallback(throwing(new InterruptedException()));
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> fallback.call(failing(new IOException())));
		assertThat(Thread.interrupted()).isTrue();
	}

	@Test
	void snapshotShouldListTheHandlers() {
		PolicySnapshot snapshot = fallback(Handler.of(IOException.class, (argument, failure) -> "saved"), ANY)
			.snapshot();
		assertThat(snapshot.type()).isEqualTo("fallback");
		assertThat(snapshot.config())
			.isEqualTo(Map.of("handlers", List.of(List.of("java.io.IOException"), List.of("java.lang.Throwable"))));
	}

	private static Fallback fallback(Handler... handlers) {
		return new Fallback("orders", List.of(handlers), new FakeTicker().source());
	}

	private static Handler throwing(Throwable failure) {
		return Handler.of(Throwable.class, (argument, handled) -> {
			throw failure;
		});
	}

	private static Callable<String> failing(Exception failure) {
		return () -> {
			throw failure;
		};
	}

	private static Map<String, Long> counts(Fallback fallback) {
		return fallback.snapshot().calls();
	}

}
