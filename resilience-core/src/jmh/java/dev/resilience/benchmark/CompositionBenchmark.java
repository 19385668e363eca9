package dev.resilience.benchmark;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

import dev.resilience.Pipeline;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.ratelimiter.RateLimiter;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A call that succeeds through a closed breaker and a limiter.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CompositionBenchmark {

	private final Callable<Integer> call = new Work();

	private final Limiters limiters = Limiters.of(90_000_000, Duration.ofSeconds(1));

	private final Pipeline ours = Pipeline.of(CircuitBreaker.of("ours", CircuitBreakerConfig.builder().build()),
			this.limiters.ours());

	private final Callable<Integer> resilience4j = io.github.resilience4j.circuitbreaker.CircuitBreaker
		.decorateCallable(io.github.resilience4j.circuitbreaker.CircuitBreaker.ofDefaults("peer"),
				RateLimiter.decorateCallable(this.limiters.resilience4j(), this.call));

	@Benchmark
	public Integer ours() throws Exception {
		return this.ours.call(this.call);
	}

	@Benchmark
	public Integer resilience4j() throws Exception {
		return this.resilience4j.call();
	}

}
