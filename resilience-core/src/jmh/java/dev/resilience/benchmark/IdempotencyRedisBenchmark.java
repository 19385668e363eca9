package dev.resilience.benchmark;

import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Idempotent calls whose results are kept in Redis, beside the bare conversations.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class IdempotencyRedisBenchmark {

	private final RedisCalls calls = new RedisCalls();

	@TearDown
	public void stop() throws Exception {
		this.calls.close();
	}

	@Benchmark
	public String firstCall() throws Exception {
		return this.calls.first();
	}

	@Benchmark
	public String firstCallRawCommands() throws Exception {
		return this.calls.rawFirst();
	}

	@Benchmark
	public String firstCallRawScripts() {
		return this.calls.scriptFirst();
	}

	@Benchmark
	public String replay() throws Exception {
		return this.calls.replay();
	}

	@Benchmark
	public String replayRawCommands() throws Exception {
		return this.calls.rawReplay();
	}

	@Benchmark
	public String replayRawScript() {
		return this.calls.scriptReplay();
	}

}
