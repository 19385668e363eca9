package dev.resilience.spring.benchmark;

import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/**
 * A call that succeeds through a proxy: guarded by us, guarded by Resilience4j, and
 * through advice that does nothing, the least that a proxy can cost.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class AnnotatedCallBenchmark {

	@Benchmark
	public Integer noOpInterceptor(Applications.Intercepted application) {
		return application.service.first(application.order);
	}

	@Benchmark
	public Integer noOpAspect(Applications.Aspected application) {
		return application.service.first(application.order);
	}

	@Benchmark
	public Integer oursBreaker(Applications.Ours application) {
		return application.service.breaker(application.order);
	}

	@Benchmark
	public Integer oursStacked(Applications.Ours application) {
		return application.service.stacked(application.order);
	}

	@Benchmark
	public Integer oursGates(Applications.Ours application) {
		return application.service.gates(application.order);
	}

	@Benchmark
	public Integer oursReplay(Applications.Ours application) {
		return application.service.replay(application.order);
	}

	@Benchmark
	public Integer idempotentReplay(Applications.IdempotentPeer application) {
		return application.service.replay(application.order);
	}

	@Benchmark
	public Integer resilience4jBreaker(Applications.Peer application) {
		return application.service.breaker(application.order);
	}

	@Benchmark
	public Integer resilience4jStacked(Applications.Peer application) {
		return application.service.stacked(application.order);
	}

}
