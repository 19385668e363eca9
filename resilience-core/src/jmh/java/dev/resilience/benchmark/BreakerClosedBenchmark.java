package dev.resilience.benchmark;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.resilience.CallContext;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.circuitbreaker.SlidingWindow;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * A call that succeeds, through a closed breaker.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class BreakerClosedBenchmark {

	private final Callable<Integer> call = new Work();

	private final CircuitBreaker ours = CircuitBreaker.of("ours", CircuitBreakerConfig.builder().build());

	private final CircuitBreaker oursCountWindow = windowed(SlidingWindow.ofCalls(100));

	private final CircuitBreaker oursTimeWindow = windowed(SlidingWindow.ofTime(Duration.ofSeconds(60)));

	private final CircuitBreaker oursCountWindowUnmeasured = CircuitBreaker.of("ours",
			CircuitBreakerConfig.builder().window(SlidingWindow.ofCalls(100).build()).build());

	private final CallContext key = CallContext.ofKey("customer");

	private final io.github.resilience4j.circuitbreaker.CircuitBreaker countWindow = resilience4j(
			SlidingWindowType.COUNT_BASED, 100);

	private final io.github.resilience4j.circuitbreaker.CircuitBreaker timeWindow = resilience4j(
			SlidingWindowType.TIME_BASED, 60);

	private final dev.failsafe.CircuitBreaker<Integer> failsafe = dev.failsafe.CircuitBreaker.<Integer>builder()
		.withFailureThreshold(5)
		.build();

	private final FailsafeExecutor<Integer> failsafeExecutor = Failsafe.with(this.failsafe);

	private static CircuitBreaker windowed(SlidingWindow.Builder window) {
		return CircuitBreaker.of("ours",
				CircuitBreakerConfig.builder()
					.window(window.slowCallDuration(Duration.ofSeconds(1)).build())
					.build());
	}

	private static io.github.resilience4j.circuitbreaker.CircuitBreaker resilience4j(SlidingWindowType type, int size) {
		return io.github.resilience4j.circuitbreaker.CircuitBreaker.of("peer",
				io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.custom()
					.slidingWindowType(type)
					.slidingWindowSize(size)
					.build());
	}

	@Benchmark
	public Integer ours() throws Exception {
		return this.ours.call(this.call);
	}

	@Benchmark
	public Integer oursCountWindowAndSlowCalls() throws Exception {
		return this.oursCountWindow.call(this.call);
	}

	@Benchmark
	public Integer oursTimeWindowAndSlowCalls() throws Exception {
		return this.oursTimeWindow.call(this.call);
	}

	@Benchmark
	public Integer oursCountWindow() throws Exception {
		return this.oursCountWindowUnmeasured.call(this.call);
	}

	@Benchmark
	public Integer oursOfKey() throws Exception {
		return this.ours.call(this.key, this.call);
	}

	@Benchmark
	public Integer resilience4jCountWindow() throws Exception {
		return this.countWindow.executeCallable(this.call);
	}

	@Benchmark
	public Integer resilience4jTimeWindow() throws Exception {
		return this.timeWindow.executeCallable(this.call);
	}

	@Benchmark
	public Integer failsafeGet() {
		return this.failsafeExecutor.get(this.call::call);
	}

	/**
	 * Without its executor: asking for leave, calling and recording by hand.
	 */
	@Benchmark
	public Integer failsafeRecordOnly() throws Exception {
		if (!this.failsafe.tryAcquirePermit()) {
			throw new IllegalStateException("The breaker is open");
		}
		Integer result = this.call.call();
		this.failsafe.recordSuccess();
		return result;
	}

}
