package dev.resilience.spring.readme;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;

import dev.resilience.CallRejectedException;
import dev.resilience.Policy;
import dev.resilience.bulkhead.Bulkhead;
import dev.resilience.bulkhead.BulkheadConfig;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.idempotency.store.ResultCodec;
import dev.resilience.killswitch.Activation;
import dev.resilience.killswitch.KillSwitch;
import dev.resilience.killswitch.KillSwitches;
import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.ratelimiter.RateLimiterConfig;
import dev.resilience.spring.annotation.Bulkheaded;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.RateLimited;
import dev.resilience.spring.web.RejectionAdvice;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.TimeSource;
import dev.resilience.timeout.Timeout;
import dev.resilience.timeout.TimeoutConfig;
import org.junit.jupiter.api.Test;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * The README's table of what remote callers get has every rejection that there is: each
 * is provoked.
 */
class ReadmeProblemsTests {

	private final FakeTicker ticker = new FakeTicker();

	private final TimeSource time = this.ticker.source();

	private final List<Policy> policies = new ArrayList<>();

	private final Set<String> answers = new HashSet<>();

	@Test
	void tableShouldHaveEveryAnswerAndNoOther() throws Exception {
		rejectByBreaker();
		rejectByBreakersTimeout();
		rejectByLimiter();
		rejectByBulkhead();
		rejectByTimeout();
		rejectWithoutKey();
		rejectBySwitch();
		rejectByKey();
		rejectByStore();
		rejectByResult();
		assertThat(Readme.table("Status").rows())
			.extracting((row) -> row.get(0) + " " + Readme.code(row.get(1)) + " " + Readme.code(row.get(2)))
			.containsExactlyInAnyOrderElementsOf(this.answers);
		this.policies.forEach((policy) -> policy.snapshot()
			.rejections()
			.keySet()
			.forEach((reason) -> assertThat(this.answers)
				.anyMatch((answer) -> answer.endsWith(" " + policy.type() + " " + reason))));
	}

	private void rejectByBreaker() {
		CircuitBreakerConfig config = CircuitBreakerConfig.builder().failureThreshold(1).halfOpenMaxCalls(1).build();
		CircuitBreaker breaker = keep(new CircuitBreaker("breaker", config, this.time));
		breaker.recordFailure(new IOException());
		answer(() -> breaker.call(() -> ""));
		this.ticker.advance(config.openDuration());
		breaker.tryAcquire();
		answer(() -> breaker.call(() -> ""));
		breaker.forceOpen("test");
		answer(() -> breaker.call(() -> ""));
	}

	private void rejectByBreakersTimeout() {
		CircuitBreakerConfig config = CircuitBreakerConfig.builder().callTimeout(Duration.ofSeconds(1)).build();
		CircuitBreaker breaker = new CircuitBreaker("slow", config, this.time);
		CompletableFuture<String> result = breaker.<String>callAsync(CompletableFuture::new).toCompletableFuture();
		this.ticker.advance(Duration.ofSeconds(1));
		answer(() -> {
			throw (Exception) result.handle((value, failure) -> failure).join();
		});
	}

	private void rejectByLimiter() {
		RateLimiter limiter = keep(new RateLimiter("limiter", RateLimiterConfig.builder().limit(1).build(), this.time));
		limiter.tryAcquire();
		answer(() -> limiter.call(() -> ""));
		RateLimiterConfig busy = RateLimiterConfig.builder().limit(1).maxWait(Duration.ofDays(1)).maxWaiting(0).build();
		RateLimiter full = new RateLimiter("full", busy, this.time);
		full.tryAcquire();
		answer(() -> full.call(() -> ""));
	}

	private void rejectByBulkhead() {
		BulkheadConfig config = BulkheadConfig.builder().maxConcurrentCalls(1).build();
		Bulkhead bulkhead = keep(new Bulkhead("bulkhead", config, this.time));
		bulkhead.tryAcquire();
		answer(() -> bulkhead.call(() -> ""));
		BulkheadConfig patient = BulkheadConfig.builder()
			.maxConcurrentCalls(1)
			.maxWaiting(1)
			.maxWait(Duration.ofSeconds(1))
			.build();
		Bulkhead busy = new Bulkhead("busy", patient, this.time);
		busy.tryAcquire();
		CompletionStage<String> waiting = busy.callAsync(() -> CompletableFuture.completedFuture(""));
		answer(() -> busy.call(() -> ""));
		this.ticker.advance(patient.maxWait());
		answer(waiting);
	}

	private void rejectByTimeout() {
		TimeoutConfig config = TimeoutConfig.builder().duration(Duration.ofSeconds(1)).build();
		Timeout timeout = keep(new Timeout("timeout", config, this.time));
		CompletionStage<String> slow = timeout.callAsync(CompletableFuture::new);
		this.ticker.advance(config.duration());
		answer(slow);
	}

	private void rejectWithoutKey() {
		new ApplicationContextRunner().withConfiguration(Readme.starter())
			.withPropertyValues("resilience.rate-limiters.keyed.limit=1", "resilience.bulkheads.keyed.max-wait=0s",
					"resilience.circuit-breakers.keyed.max-keys=1")
			.withBean(Keyed.class)
			.run((context) -> {
				Keyed keyed = context.getBean(Keyed.class);
				answer(() -> keyed.call(null));
				answer(() -> keyed.callFor(null));
				answer(() -> keyed.serve(null));
				answer(() -> keyed.serveFor(null));
				answer(() -> keyed.charge(null));
				answer(() -> keyed.chargeFor(null));
			});
	}

	private void rejectBySwitch() {
		KillSwitches switches = new KillSwitches(this.time);
		KillSwitch inner = keep(switches.declare("outer.inner"));
		Activation order = Activation.builder().reason("test").actor("test").build();
		switches.activate("outer", order);
		answer(() -> inner.call(() -> ""));
		switches.activate("outer.inner", order);
		answer(() -> inner.call(() -> ""));
	}

	private void rejectByKey() throws Exception {
		IdempotencyConfig config = IdempotencyConfig.builder().inFlightWait(Duration.ZERO).build();
		IdempotentOperation operation = keep(
				new IdempotentOperation("operation", config, new MemoryIdempotencyStore(this.time), this.time));
		answer(() -> operation.execute("", null, () -> ""));
		operation.execute("first", "one", () -> answer(() -> operation.execute("first", "one", () -> "")));
		answer(() -> operation.execute("first", "two", () -> ""));
		rejectByCrowd();
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> operation.execute("second", null, () -> {
			throw new AssertionError("nobody knows");
		}));
		this.ticker.advance(config.lease());
		answer(() -> operation.execute("second", null, () -> ""));
	}

	private void rejectByCrowd() {
		IdempotentOperation crowded = new IdempotentOperation("crowded", IdempotencyConfig.builder().build(),
				new MemoryIdempotencyStore(this.time), this.time);
		CompletableFuture<String> first = new CompletableFuture<>();
		List<CompletionStage<String>> waiting = IntStream.rangeClosed(0, 1_000)
			.mapToObj((index) -> crowded.executeAsync("key", null, () -> first))
			.toList();
		CompletionStage<String> oneTooMany = crowded.executeAsync("key", null, () -> first);
		assertThat(waiting).noneMatch((stage) -> stage.toCompletableFuture().isDone());
		answer(oneTooMany);
		first.complete("receipt");
	}

	private void rejectByStore() throws Exception {
		IdempotencyConfig config = IdempotencyConfig.builder().build();
		IdempotentOperation full = new IdempotentOperation("full", config, new MemoryIdempotencyStore(1, this.time),
				this.time);
		full.execute("first", null, () -> "");
		answer(() -> full.execute("second", null, () -> ""));
		IdempotencyStore broken = (IdempotencyStore) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { IdempotencyStore.class }, (proxy, method, arguments) -> {
					if (method.getName().equals("keepsBytes")) {
						return false;
					}
					throw new IllegalStateException("down");
				});
		answer(() -> new IdempotentOperation("broken", config, broken, this.time).execute("key", null, () -> ""));
	}

	private void rejectByResult() throws Exception {
		IdempotencyStore memory = new MemoryIdempotencyStore(this.time);
		IdempotencyStore bytes = (IdempotencyStore) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { IdempotencyStore.class },
				(proxy, method, arguments) -> method.getName().equals("keepsBytes") ? (Object) true
						: method.invoke(memory, arguments));
		ResultCodec codec = new ResultCodec() {

			@Override
			public byte[] encode(Object value) {
				return new byte[Integer.parseInt((String) value)];
			}

			@Override
			public Object decode(byte[] bytes) {
				throw new IllegalStateException("unreadable");
			}

		};
		IdempotentOperation operation = new IdempotentOperation("bytes", IdempotencyConfig.builder().build(), bytes,
				codec, null, this.time);
		operation.execute("unwritable", null, () -> "no number");
		answer(() -> operation.execute("unwritable", null, () -> ""));
		operation.execute("unreadable", null, () -> "7");
		answer(() -> operation.execute("unreadable", null, () -> ""));
	}

	private <P extends Policy> P keep(P policy) {
		this.policies.add(policy);
		return policy;
	}

	private String answer(CompletionStage<?> rejected) {
		return answer(() -> {
			throw (Exception) rejected.handle((value, failure) -> failure).toCompletableFuture().join();
		});
	}

	private String answer(Callable<?> call) {
		CallRejectedException rejection = catchThrowableOfType(CallRejectedException.class, call::call);
		assertThat(rejection).isNotNull();
		String answer = status(rejection) + " " + rejection.policyType() + " " + rejection.reason();
		assertThat(this.answers.add(answer)).as(answer).isTrue();
		return answer;
	}

	private static int status(CallRejectedException rejection) {
		try {
			return new RejectionAdvice().handle(rejection, rejection).getStatusCode().value();
		}
		catch (Throwable ex) {
			throw new AssertionError("A rejection was not answered", ex);
		}
	}

	static class Keyed {

		@RateLimited(value = "keyed", key = "#key")
		String call(String key) {
			return key;
		}

		@RateLimited(value = "keyed", key = "#order.customerId")
		String callFor(Shop.Order order) {
			return order.customerId();
		}

		@Bulkheaded(value = "keyed", key = "#key")
		String serve(String key) {
			return key;
		}

		@Bulkheaded(value = "keyed", key = "#order.customerId")
		String serveFor(Shop.Order order) {
			return order.customerId();
		}

		@CircuitProtected(value = "keyed", key = "#key")
		String charge(String key) {
			return key;
		}

		@CircuitProtected(value = "keyed", key = "#order.customerId")
		String chargeFor(Shop.Order order) {
			return order.customerId();
		}

	}

}
