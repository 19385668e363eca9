package dev.resilience.redis;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import dev.resilience.idempotency.IdempotencyConfig.OnAbandoned;
import dev.resilience.redis.ChildProcess.Call;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Duplicates in several JVMs at the same time.
 */
@Timeout(90)
class ProcessRaceTests {

	private static final int JVMS = 3;

	private static final int DUPLICATES = 1_000;

	private static final int KEYS = 60;

	private static final int DUPLICATES_OF_A_KEY = 12;

	private static final OnAbandoned POLICY = OnAbandoned.REJECT;

	private static final List<ChildProcess> children = new ArrayList<>();

	private static ChildProcesses processes;

	@BeforeAll
	static void start() throws IOException {
		processes = new ChildProcesses();
		for (int jvm = 0; jvm < JVMS; jvm++) {
			children.add(processes.start(Duration.ofSeconds(20)));
		}
		children.forEach(ChildProcess::awaitReady);
	}

	@AfterAll
	static void stop() throws IOException {
		children.clear();
		processes.close();
	}

	@Test
	void duplicatesWhileTheFirstCallRunsShouldAllGetItsResult() {
		List<Call> calls = new ArrayList<>();
		calls.add(children.get(0).run(POLICY, CrashPoint.EFFECT, "one"));
		children.get(0).awaitHalt("one");
		for (int call = 1; call < DUPLICATES; call++) {
			calls.add(children.get(call % JVMS).run(POLICY, "one"));
		}
		calls.forEach((call) -> ChildProcess.get(call.begun()));
		assertThat(calls).noneMatch((call) -> call.done().isDone());
		children.get(0).go("one");
		List<String> results = calls.stream().map(Call::result).distinct().toList();
		assertThat(processes.effects("one")).singleElement().isEqualTo(receipt(results));
		assertThat(children.stream().mapToInt((child) -> child.count(POLICY, "joined")).sum())
			.isGreaterThanOrEqualTo(DUPLICATES - JVMS * 2);
	}

	@Test
	void duplicatesWhenNobodyIsFirstShouldAllGetOneResult() {
		List<List<Call>> calls = new ArrayList<>();
		for (int key = 0; key < KEYS; key++) {
			List<Call> duplicates = new ArrayList<>();
			for (int call = 0; call < DUPLICATES_OF_A_KEY; call++) {
				duplicates.add(children.get((key + call) % JVMS).run(POLICY, "key-" + key));
			}
			calls.add(duplicates);
		}
		for (int key = 0; key < KEYS; key++) {
			List<String> results = calls.get(key).stream().map(Call::result).distinct().toList();
			assertThat(processes.effects("key-" + key)).singleElement().isEqualTo(receipt(results));
		}
	}

	private static String receipt(List<String> results) {
		assertThat(results).singleElement().asString().startsWith("value ");
		return results.get(0).substring("value ".length());
	}

}
