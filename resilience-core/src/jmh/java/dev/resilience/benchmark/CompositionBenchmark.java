package dev.resilience.benchmark;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

import dev.resilience.Pipeline;
import dev.resilience.bulkhead.Bulkhead;
import dev.resilience.bulkhead.BulkheadConfig;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.retry.Retry;
import dev.resilience.retry.RetryConfig;
import io.github.resilience4j.ratelimiter.RateLimiter;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A call that succeeds at the first try, through a retry, a closed breaker, a limiter and
 * a bulkhead.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CompositionBenchmark {

	private final Callable<Integer> call = new Work();

	private final Limiters limiters = Limiters.of(90_000_000, Duration.ofSeconds(1));

	private final Pipeline ours = Pipeline.of(Retry.of("ours", RetryConfig.builder().build()),
			CircuitBreaker.of("ours", CircuitBreakerConfig.builder().build()), this.limiters.ours(),
			Bulkhead.of("ours", BulkheadConfig.builder().build()));

	private final Callable<Integer> resilience4j = io.github.resilience4j.retry.Retry.decorateCallable(
			io.github.resilience4j.retry.Retry.ofDefaults("peer"),
			io.github.resilience4j.circuitbreaker.CircuitBreaker.decorateCallable(
					io.github.resilience4j.circuitbreaker.CircuitBreaker.ofDefaults("peer"),
					RateLimiter.decorateCallable(this.limiters.resilience4j(), io.github.resilience4j.bulkhead.Bulkhead
						.decorateCallable(io.github.resilience4j.bulkhead.Bulkhead.ofDefaults("peer"), this.call))));

	@Benchmark
	public Integer ours() throws Exception {
		return this.ours.call(this.call);
	}

	@Benchmark
	public Integer resilience4j() throws Exception {
		return this.resilience4j.call();
	}

}
