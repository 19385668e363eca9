package dev.resilience.benchmark;

import java.util.concurrent.TimeUnit;

import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.circuitbreaker.SlidingWindow;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Making a breaker. With {@code -prof gc} the bytes allocated for it are an upper bound
 * of its size.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class BreakerSizeBenchmark {

	private final CircuitBreakerConfig config = CircuitBreakerConfig.builder().build();

	private final CircuitBreakerConfig windowed = CircuitBreakerConfig.builder()
		.window(SlidingWindow.ofCalls(100).build())
		.build();

	private final io.github.resilience4j.circuitbreaker.CircuitBreakerConfig peerConfig = io.github.resilience4j.circuitbreaker.CircuitBreakerConfig
		.ofDefaults();

	@Benchmark
	public Object ours() {
		return CircuitBreaker.of("ours", this.config);
	}

	@Benchmark
	public Object oursWithWindow() {
		return CircuitBreaker.of("ours", this.windowed);
	}

	@Benchmark
	public Object resilience4j() {
		return io.github.resilience4j.circuitbreaker.CircuitBreaker.of("peer", this.peerConfig);
	}

	@Benchmark
	public Object failsafe() {
		return dev.failsafe.CircuitBreaker.ofDefaults();
	}

}
