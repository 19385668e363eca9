package dev.resilience.idempotency;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import dev.resilience.Gate;
import dev.resilience.Pipeline;
import dev.resilience.PolicySnapshot;
import dev.resilience.Trap;
import dev.resilience.idempotency.store.IdempotencyStore.Status;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Which ends of a call free its key, and which leave it to lapse.
 */
@Timeout(20)
class UncertainOutcomeTests {

	private final FakeTicker ticker = new FakeTicker();

	private final IdempotentOperation operation = new IdempotentOperation("pay", IdempotencyConfig.builder().build(),
			new MemoryIdempotencyStore(this.ticker.source()), this.ticker.source());

	static Throwable[] uncertain() {
		return new Throwable[] { new TimeoutException(), new InterruptedException(), new InterruptedIOException(),
				new SocketTimeoutException("Read timed out"), new HttpTimeoutException("request timed out"),
				new ClosedByInterruptException(), new CancellationException(), new AssertionError(),
				new StackOverflowError(), new ExecutionException(new TimeoutException()),
				new CompletionException(new IOException(new SocketTimeoutException())),
				new IllegalStateException(new OutOfMemoryError()), new DriverTimeoutException(),
				suppressing(new IllegalStateException(), new TimeoutException()), deep(), new IOException("reset"),
				new EOFException(), new GatewayTimeout(), new UncheckedIOException(new IOException("reset")) };
	}

	static Exception[] certain() {
		return new Exception[] { refused(), new ConnectException("refused"), new IllegalStateException(),
				new HttpConnectTimeoutException("connect"), new IOException(new HttpConnectTimeoutException("connect")),
				cyclic() };
	}

	private static Exception refused() {
		ConnectException refused = new ConnectException("refused");
		refused.initCause(new ClosedChannelException());
		return refused;
	}

	@ParameterizedTest
	@MethodSource("uncertain")
	@Trap({ 28, 37 })
	void executeWhenTheOutcomeIsUnknownShouldRunNoSecondTimeAndSaySoAtOnce(Throwable failure) {
		assertThatThrownBy(() -> run(failure)).isSameAs(failure);
		assertThat(this.operation.lookup("key").orElseThrow().status()).isEqualTo(Status.ABANDONED);
		CompletableFuture<String> again = this.operation
			.executeAsync("key", null, () -> CompletableFuture.completedFuture("again"))
			.toCompletableFuture();
		assertThat(again).as("needs no time to pass").isDone();
		assertThatThrownBy(again::get).cause()
			.isInstanceOfSatisfying(IdempotencyConflictException.class,
					(ex) -> assertThat(ex.reason()).isEqualTo("outcome-unknown"))
			.hasMessageContaining("nobody knows whether that call took effect");
		this.ticker.advance(Duration.ofHours(1).minusSeconds(1));
		assertThatExceptionOfType(IdempotencyConflictException.class)
			.isThrownBy(() -> this.operation.execute("key", null, () -> "again"));
		assertThat(this.operation.snapshot().calls()).containsEntry("unknown", 1L).containsEntry("released", 0L);
	}

	@ParameterizedTest
	@MethodSource("certain")
	void executeWhenTheCallFailedForSureShouldFreeTheKey(Exception failure) throws Exception {
		assertThatThrownBy(() -> run(failure)).isSameAs(failure);
		assertThat(this.operation.execute("key", null, () -> "again")).isEqualTo("again");
		assertThat(this.operation.snapshot().calls()).containsEntry("unknown", 0L).containsEntry("released", 1L);
	}

	@Test
	void executeWhenTheCalleeHidItsInterruptionShouldAbandonTheRecord() {
		assertThatThrownBy(() -> this.operation.execute("key", null, () -> {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("stopped");
		})).isInstanceOf(IllegalStateException.class);
		assertThat(Thread.interrupted()).isTrue();
		assertThat(this.operation.lookup("key")).isPresent();
	}

	@Test
	void executeWhenAnInnerPolicyRejectsShouldFreeTheKey() {
		assertThatExceptionOfType(CallRejectedException.class)
			.isThrownBy(() -> throughGate(CallRejectedException.Category.LIMITED, false));
		assertThat(this.operation.lookup("key")).isEmpty();
	}

	@Test
	void executeWhenAnInnerPolicyTimesOutShouldAbandonTheRecord() {
		assertThatExceptionOfType(CallRejectedException.class)
			.isThrownBy(() -> throughGate(CallRejectedException.Category.TIMED_OUT, false));
		assertThat(this.operation.lookup("key")).isPresent();
	}

	@Test
	void executeWhenANestedServiceTimesOutShouldAbandonTheRecord() {
		assertThatExceptionOfType(CallRejectedException.class)
			.isThrownBy(() -> throughGate(CallRejectedException.Category.TIMED_OUT, true));
		assertThat(this.operation.lookup("key")).isPresent();
	}

	private void run(Throwable failure) throws Throwable {
		this.operation.call(CallContext.ofKey(IdempotencyKey.of("key")), failure, (thrown) -> {
			throw thrown;
		});
	}

	private void throughGate(CallRejectedException.Category category, boolean nested) throws Throwable {
		Shut gate = new Shut(this.ticker, category);
		CallContext key = CallContext.ofKey(IdempotencyKey.of("key"));
		if (nested) {
			this.operation.call(key, () -> gate.call(() -> "never"));
		}
		else {
			Pipeline
				.<String, String>compile(List.of(this.operation, gate),
						List.of((call) -> key, (call) -> CallContext.NONE), (call) -> call)
				.call("never");
		}
	}

	private static Exception cyclic() {
		IOException one = new IOException("one");
		IOException two = new IOException("two", one);
		one.initCause(two);
		return one;
	}

	private static Exception deep() {
		Exception outermost = new IOException("innermost");
		for (int depth = 0; depth < 1_000; depth++) {
			outermost = new IOException(outermost);
		}
		return outermost;
	}

	private static Exception suppressing(Exception last, Exception earlier) {
		last.addSuppressed(earlier);
		return last;
	}

	private static final class DriverTimeoutException extends RuntimeException {

		private static final long serialVersionUID = 1L;

	}

	private static final class Shut extends Gate {

		private final CallRejectedException.Category category;

		Shut(FakeTicker ticker, CallRejectedException.Category category) {
			super("test", "shut", ticker.source(), List.of("shut"));
			this.category = category;
		}

		@Override
		protected Admission admit(CallContext context) {
			return new Admission.Rejection(this, "shut") {

				@Override
				public String explain() {
					return "shut";
				}

				@Override
				public CallRejectedException toException() {
					return new ShutException(this, Shut.this.category);
				}

			};
		}

		@Override
		public PolicySnapshot snapshot() {
			return PolicySnapshot.of(this, "SHUT", List.of("SHUT")).build();
		}

	}

	private static final class ShutException extends CallRejectedException {

		private static final long serialVersionUID = 1L;

		private final Category category;

		ShutException(Admission.Rejection rejection, Category category) {
			super(rejection);
			this.category = category;
		}

		@Override
		public Category category() {
			return this.category;
		}

	}

	/**
	 * Named like the exceptions of HTTP clients for the status 504.
	 */
	private static final class GatewayTimeout extends RuntimeException {

		private static final long serialVersionUID = 1L;

	}

}
