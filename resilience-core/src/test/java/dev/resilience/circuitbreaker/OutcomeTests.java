package dev.resilience.circuitbreaker;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

import dev.resilience.CallContext;
import dev.resilience.CallTimeoutException;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import dev.resilience.RecordingListener;
import dev.resilience.Sneaky;
import dev.resilience.config.Mode;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@Timeout(10)
class OutcomeTests {

	private final FakeTicker ticker = new FakeTicker();

	private final CircuitBreakerConfig.Builder config = CircuitBreakerConfig.builder().failureThreshold(3);

	@Test
	void callTimeoutShouldBeAFailureWhateverElseIsRecorded() {
		this.config.callTimeout(Duration.ofSeconds(1))
			.recordExceptions(List.of(IOException.class))
			.ignoreExceptions(List.of(RuntimeException.class));
		CircuitBreaker breaker = breaker();
		breaker.callAsync(CompletableFuture::new);
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(breaker.snapshot().calls()).containsEntry("failed", 1L).containsEntry("ignored", 0L);
	}

	@Test
	void callWhenResultIsRecordedShouldReturnItAndCountAsFailed() throws Exception {
		this.config.recordResult((value) -> Objects.equals(value, 503));
		CircuitBreaker breaker = breaker();
		for (int call = 0; call < 3; call++) {
			assertThat(breaker.call(() -> 200)).isEqualTo(200);
			assertThat(breaker.call(() -> 503)).isEqualTo(503);
		}
		assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
		breaker.callAsync(() -> CompletableFuture.completedFuture(503));
		assertThat(breaker.call(() -> 503)).isEqualTo(503);
		assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
		PolicySnapshot snapshot = breaker.snapshot();
		assertThat(snapshot.calls()).containsEntry("succeeded", 3L).containsEntry("failed", 5L);
		assertThat(snapshot.gauges()).containsEntry("success-rate", 0.375);
		assertThat(snapshot.details())
			.containsEntry("reason", "3 consecutive failures, last a result of type java.lang.Integer")
			.containsEntry("lastFailure", "a result of type java.lang.Integer")
			.containsEntry("lastFailureAt", FakeTicker.EPOCH);
	}

	@Test
	void snapshotWhenResultIsRecordedShouldShowTheNameOfTheRuleOnly() throws Exception {
		this.config.recordResult(Objects::isNull);
		assertThat(breaker().snapshot().config()).containsEntry("record-result", "a predicate");
		this.config.failureThreshold(1).recordResult(new ResultRule("empty", Objects::isNull));
		CircuitBreaker named = breaker();
		assertThat(named.snapshot().config()).containsEntry("record-result", "empty");
		named.call(() -> "full");
		assertThat(named.state()).isEqualTo(CircuitState.CLOSED);
		named.call(() -> null);
		assertThat(named.state()).isEqualTo(CircuitState.OPEN);
	}

	@Test
	void callWhenNullIsRecordedShouldCountAsFailed() throws Exception {
		this.config.failureThreshold(1).recordResult(Objects::isNull);
		CircuitBreaker breaker = breaker();
		breaker.recordSuccess();
		assertThat(breaker.state()).as("reported by hand, without a value").isEqualTo(CircuitState.CLOSED);
		breaker.call(() -> null);
		assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
		assertThat(breaker.snapshot().details()).containsEntry("lastFailure", "the result null");
	}

	@Test
	void trialWhenResultIsRecordedShouldReopen() throws Exception {
		this.config.failureThreshold(1).recordResult((value) -> Objects.equals(value, 503));
		CircuitBreaker breaker = breaker();
		breaker.call(() -> 503);
		this.ticker.advance(Duration.ofSeconds(60));
		assertThat(breaker.call(() -> 503)).isEqualTo(503);
		assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
	}

	@Test
	void callWhenPredicateThrowsShouldSucceedAndShowTheMistake() throws Exception {
		this.config.recordResult((value) -> {
			throw new ClassCastException("not a response");
		});
		CircuitBreaker breaker = breaker();
		for (int call = 0; call < 10; call++) {
			assertThat(breaker.call(() -> 503)).isEqualTo(503);
		}
		assertThat(breaker.state()).isEqualTo(CircuitState.CLOSED);
		assertThat(breaker.snapshot().calls()).containsEntry("succeeded", 10L);
		assertThat(breaker.snapshot().details()).containsEntry("recordResultError", "java.lang.ClassCastException");
	}

	@Test
	void callWhenPredicateThrowsACheckedExceptionShouldSucceedAndShowTheMistake() throws Exception {
		this.config.recordResult((value) -> {
			throw Sneaky.sneaky(new IOException("not a response"));
		});
		CircuitBreaker breaker = breaker();
		assertThat(breaker.call(() -> 503)).isEqualTo(503);
		assertThat(breaker.callAsync(() -> CompletableFuture.completedFuture(503))).isCompletedWithValue(503);
		assertThat(breaker.snapshot().calls()).containsEntry("succeeded", 2L);
		assertThat(breaker.snapshot().details()).containsEntry("recordResultError", "java.io.IOException");
	}

	@Test
	void callAsyncWhenItTakesTooLongShouldCountAsFailed() {
		this.config.callTimeout(Duration.ofSeconds(1));
		CircuitBreaker breaker = breaker();
		for (int call = 0; call < 3; call++) {
			CompletableFuture<String> work = new CompletableFuture<>();
			CompletableFuture<String> result = breaker.callAsync(() -> work).toCompletableFuture();
			this.ticker.advance(Duration.ofSeconds(1));
			assertThatExceptionOfType(CompletionException.class).isThrownBy(result::join)
				.withCauseInstanceOf(CallTimeoutException.class);
			assertThat(work).isCancelled();
		}
		assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
		assertThat(breaker.snapshot().details()).containsEntry("lastFailure", CallTimeoutException.class.getName());
		assertThat(this.ticker.timers()).isZero();
	}

	@Test
	void trialAndKeyAndDisabledCallShouldBeBoundedToo() {
		this.config.failureThreshold(1).callTimeout(Duration.ofSeconds(1));
		CircuitBreaker breaker = breaker();
		breaker.recordFailure(new IllegalStateException("down"));
		this.ticker.advance(Duration.ofSeconds(60));
		Permit trial = (Permit) breaker.admit(CallContext.NONE);
		assertThat(breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
		trial.abandoned();
		CompletableFuture<Object> result = breaker.callAsync(CompletableFuture::new).toCompletableFuture();
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(result).isCompletedExceptionally();
		assertThat(breaker.state()).isEqualTo(CircuitState.OPEN);
		breaker.disable("drill");
		result = breaker.callAsync(CompletableFuture::new).toCompletableFuture();
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(result).isCompletedExceptionally();
		assertThat(breaker.snapshot().calls()).containsEntry("failed", 3L);
	}

	@Test
	void reconfigureWhenTimeoutIsAddedOrRemovedShouldHoldForTheNextCall() {
		CircuitBreaker breaker = breaker();
		breaker.reconfigure(this.config.callTimeout(Duration.ofSeconds(1)).build());
		CompletableFuture<Object> bounded = breaker.callAsync(CompletableFuture::new).toCompletableFuture();
		breaker.reconfigure(this.config.callTimeout(null).build());
		CompletableFuture<Object> free = breaker.callAsync(CompletableFuture::new).toCompletableFuture();
		this.ticker.advance(Duration.ofSeconds(1));
		assertThat(bounded).isCompletedExceptionally();
		assertThat(free).isNotDone();
	}

	@Test
	void callWhenInShadowModeShouldDecideCountAndTellButPass() throws Exception {
		this.config.mode(Mode.SHADOW);
		CircuitBreaker breaker = breaker();
		for (int call = 0; call < 3; call++) {
			breaker.recordFailure(new IllegalStateException("down"));
		}
		RecordingListener events = new RecordingListener();
		breaker.addListener(events);
		assertThat(breaker.call(() -> "fine")).isEqualTo("fine");
		PolicySnapshot snapshot = breaker.snapshot();
		assertThat(snapshot.state()).isEqualTo("OPEN");
		assertThat(snapshot.health()).isEqualTo(PolicySnapshot.Health.UP);
		assertThat(snapshot.rejections()).containsEntry("open", 1L);
		assertThat(events.await(1).get(0).kind()).isEqualTo("shadow-rejection");
		breaker.reconfigure(this.config.mode(Mode.ENFORCE).build());
		assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(() -> breaker.call(() -> "never"));
	}

	private CircuitBreaker breaker() {
		return new CircuitBreaker("payments", this.config.build(), this.ticker.source());
	}

}
