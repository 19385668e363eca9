package dev.resilience;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotencyKey;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.killswitch.Activation;
import dev.resilience.killswitch.Cause;
import dev.resilience.killswitch.KillSwitchActiveException;
import dev.resilience.killswitch.KillSwitches;
import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.ratelimiter.RateLimiterConfig;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Orders to stop that come while a call waits behind the switch.
 */
@Timeout(20)
class StopWhileWaitingTests {

	private final FakeTicker ticker = new FakeTicker();

	private final KillSwitches switches = new KillSwitches(this.ticker.source());

	private final MemoryIdempotencyStore store = new MemoryIdempotencyStore(this.ticker.source());

	private final IdempotentOperation operation = operation();

	private final AtomicInteger effects = new AtomicInteger();

	@Test
	void callWhenStoppedWhileItWaitsForAClaimShouldNotRunAndSetTheKeyFree() throws Exception {
		CompletableFuture<String> elsewhere = new CompletableFuture<>();
		CompletionStage<String> owner = operation().executeAsync("key", null, () -> elsewhere);
		Pipeline.Compiled<CompletableFuture<String>, String> chain = chain(this.switches.declare("payments"),
				this.operation);
		CompletionStage<String> duplicate = chain.callAsync(CompletableFuture.completedFuture("second"));
		stop();
		elsewhere.completeExceptionally(new IllegalStateException("declined"));
		assertThat(owner).isCompletedExceptionally();
		this.ticker.advance(ofSeconds(1));
		assertThatThrownBy(() -> duplicate.toCompletableFuture().get())
			.hasCauseInstanceOf(KillSwitchActiveException.class);
		assertThat(this.effects).hasValue(0);
		assertThat(this.operation.lookup("key")).isEmpty();
		this.switches.release("payments", Cause.PERSON, "over", "ada");
		assertThat(chain.callAsync(CompletableFuture.completedFuture("third"))).isCompletedWithValue("third");
	}

	@Test
	void callWhenStoppedWhileItWaitsBehindAnotherPolicyShouldNotRun() throws Exception {
		RateLimiter limiter = new RateLimiter("slow",
				RateLimiterConfig.builder().limit(1).period(ofSeconds(10)).maxWait(ofSeconds(60)).build(),
				this.ticker.source());
		assertThat(limiter.tryAcquire(CallContext.ofKey(IdempotencyKey.of("key")))).isInstanceOf(Permit.class);
		Pipeline.Compiled<CompletableFuture<String>, String> chain = chain(this.switches.declare("payments"),
				this.operation, limiter);
		CompletionStage<String> waiting = chain.callAsync(CompletableFuture.completedFuture("paid"));
		stop();
		this.ticker.advance(ofSeconds(11));
		assertThatThrownBy(() -> waiting.toCompletableFuture().get())
			.hasCauseInstanceOf(KillSwitchActiveException.class);
		assertThat(this.effects).hasValue(0);
		assertThat(this.operation.lookup("key")).isEmpty();
		assertThat(this.operation.snapshot().calls()).containsEntry("released", 1L);
	}

	@Test
	void callWhenStoppedBetweenAdmissionAndClaimShouldNotRunAndSetTheKeyFree() {
		Gate flipping = flipping();
		Pipeline.Compiled<CompletableFuture<String>, String> chain = chain(this.switches.declare("payments"), flipping,
				this.operation);
		assertThatThrownBy(() -> chain.callAsync(CompletableFuture.completedFuture("paid")).toCompletableFuture().get())
			.hasCauseInstanceOf(KillSwitchActiveException.class);
		assertThat(this.effects).hasValue(0);
		assertThat(this.operation.lookup("key")).isEmpty();
	}

	@Test
	void plainCallWhenStoppedWhileItWaitsForAPermitShouldNotRun() {
		RateLimiter limiter = new RateLimiter("slow",
				RateLimiterConfig.builder().limit(1).period(ofSeconds(10)).maxWait(ofSeconds(60)).build(),
				this.ticker.source());
		assertThat(limiter.tryAcquirePermit()).isTrue();
		this.ticker.schedule(this::stop, ofSeconds(5).toNanos());
		Pipeline pipeline = Pipeline.of(this.switches.declare("payments"), limiter);
		assertThatExceptionOfType(KillSwitchActiveException.class)
			.isThrownBy(() -> pipeline.call(this.effects::incrementAndGet));
		assertThat(this.effects).hasValue(0);
	}

	@Test
	void plainCallWhenStoppedBetweenAdmissionAndClaimShouldNotRunAndSetTheKeyFree() {
		Gate flipping = flipping();
		Pipeline.Compiled<CompletableFuture<String>, String> chain = chain(this.switches.declare("payments"), flipping,
				this.operation);
		assertThatExceptionOfType(KillSwitchActiveException.class)
			.isThrownBy(() -> chain.call(CompletableFuture.completedFuture("paid")));
		assertThat(this.effects).hasValue(0);
		assertThat(this.operation.lookup("key")).isEmpty();
	}

	private Gate flipping() {
		return new ScriptedGate("flipping", this.ticker.source()) {
			@Override
			Permit grant() {
				stop();
				return super.grant();
			}
		};
	}

	private IdempotentOperation operation() {
		return new IdempotentOperation("pay", IdempotencyConfig.builder().build(), this.store, this.ticker.source());
	}

	private Pipeline.Compiled<CompletableFuture<String>, String> chain(Policy... policies) {
		List<Function<CompletableFuture<String>, CallContext>> contexts = Arrays.stream(policies)
			.<Function<CompletableFuture<String>, CallContext>>map(
					(policy) -> (ignored) -> CallContext.ofKey(IdempotencyKey.of("key")))
			.toList();
		Policy.Call<CompletableFuture<String>, CompletionStage<String>> work = (stage) -> {
			this.effects.incrementAndGet();
			return stage;
		};
		return Pipeline.compile(List.of(policies), contexts, work);
	}

	private void stop() {
		this.switches.activate("payments",
				Activation.builder().cause(Cause.PERSON).reason("fraud").actor("ada").build());
	}

}
