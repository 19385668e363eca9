package dev.resilience.benchmark;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

import dev.failsafe.CircuitBreakerOpenException;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.circuitbreaker.CircuitOpenException;
import dev.resilience.circuitbreaker.CircuitState;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A call that an open breaker rejects, with the exception that the caller catches.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class BreakerOpenBenchmark {

	private static final Duration LONG = Duration.ofDays(1);

	private final Callable<Integer> call = new Work();

	private final CircuitBreaker ours = CircuitBreaker.of("ours",
			CircuitBreakerConfig.builder().failureThreshold(1).openDuration(LONG).build());

	private final io.github.resilience4j.circuitbreaker.CircuitBreaker resilience4j = resilience4j(true);

	private final io.github.resilience4j.circuitbreaker.CircuitBreaker resilience4jStackless = resilience4j(false);

	private final dev.failsafe.CircuitBreaker<Integer> failsafe = dev.failsafe.CircuitBreaker.<Integer>builder()
		.withDelay(LONG)
		.build();

	private final FailsafeExecutor<Integer> failsafeExecutor = Failsafe.with(this.failsafe);

	private static io.github.resilience4j.circuitbreaker.CircuitBreaker resilience4j(boolean stackTraces) {
		return io.github.resilience4j.circuitbreaker.CircuitBreaker.of("peer",
				io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.custom()
					.waitDurationInOpenState(LONG)
					.writableStackTraceEnabled(stackTraces)
					.build());
	}

	@Setup
	public void open() {
		this.ours.recordFailure(new IOException("refused"));
		if (this.ours.state() != CircuitState.OPEN) {
			throw new IllegalStateException("The breaker is " + this.ours.state());
		}
		this.resilience4j.transitionToOpenState();
		this.resilience4jStackless.transitionToOpenState();
		this.failsafe.open();
	}

	@Benchmark
	public Object ours() throws Exception {
		try {
			return this.ours.call(this.call);
		}
		catch (CircuitOpenException ex) {
			return ex;
		}
	}

	@Benchmark
	public Object resilience4j() throws Exception {
		try {
			return this.resilience4j.executeCallable(this.call);
		}
		catch (CallNotPermittedException ex) {
			return ex;
		}
	}

	@Benchmark
	public Object resilience4jWithoutStackTrace() throws Exception {
		try {
			return this.resilience4jStackless.executeCallable(this.call);
		}
		catch (CallNotPermittedException ex) {
			return ex;
		}
	}

	@Benchmark
	public Object failsafe() {
		try {
			return this.failsafeExecutor.get(this.call::call);
		}
		catch (CircuitBreakerOpenException ex) {
			return ex;
		}
	}

}
