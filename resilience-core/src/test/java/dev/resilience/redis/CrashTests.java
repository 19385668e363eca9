package dev.resilience.redis;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import dev.resilience.idempotency.IdempotencyConfig.OnAbandoned;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a process that is killed in the midst of calls leaves to the others. A failure
 * names the seed of its round; {@code -Dproofs.seed} repeats that round alone.
 */
@Timeout(90)
class CrashTests {

	private static final Long SEED = Long.getLong("proofs.seed");

	private static final long FIRST_SEED = CrashTests.class.getName().hashCode() * 1_000_003L;

	private static final int ROUNDS_OF_A_VICTIM = 4;

	private static final int SHORTEST_LEASE = 300;

	private static final int LONGEST_LEASE = 1_000;

	private final List<ChildProcess> witnesses = new ArrayList<>();

	private ChildProcesses processes;

	@BeforeEach
	void start() throws IOException {
		this.processes = new ChildProcesses();
		this.witnesses.add(this.processes.start(Duration.ofSeconds(30)));
		this.witnesses.add(this.processes.start(Duration.ofSeconds(30)));
	}

	@AfterEach
	void stop() throws IOException {
		this.processes.close();
	}

	@Test
	void callsWhenTheirProcessIsKilledShouldKeepThePromise() throws IOException {
		rounds(20);
	}

	@Test
	@Tag("stress")
	@Timeout(600)
	void callsWhenTheirProcessIsKilledOftenShouldKeepThePromise() throws IOException {
		rounds(200);
	}

	/**
	 * While one victim is at work, the next one starts.
	 */
	private void rounds(int rounds) throws IOException {
		List<Long> seeds = new ArrayList<>();
		for (int round = 0; round < rounds; round++) {
			seeds.add(FIRST_SEED + round);
		}
		seeds = (SEED != null) ? List.of(SEED) : seeds;
		ChildProcess next = victim(seeds.get(0));
		this.witnesses.forEach(ChildProcess::awaitReady);
		for (int begin = 0; begin < seeds.size(); begin += ROUNDS_OF_A_VICTIM) {
			ChildProcess victim = next.awaitReady();
			int end = Math.min(begin + ROUNDS_OF_A_VICTIM, seeds.size());
			if (end < seeds.size()) {
				next = victim(seeds.get(end));
			}
			kill(victim, seeds.subList(begin, end));
		}
		for (OnAbandoned policy : OnAbandoned.values()) {
			assertThat(this.witnesses).allSatisfy((witness) -> assertThat(witness.count(policy, "lost")).isZero());
		}
	}

	private ChildProcess victim(long seed) throws IOException {
		int lease = new Random(seed).nextInt(SHORTEST_LEASE, LONGEST_LEASE);
		return this.processes.start(Duration.ofMillis(lease));
	}

	private void kill(ChildProcess victim, List<Long> seeds) {
		List<CrashRound> rounds = seeds.stream()
			.map((seed) -> new CrashRound(seed, victim, this.witnesses, this.processes))
			.toList();
		try {
			rounds.forEach(CrashRound::begin);
			rounds.forEach(CrashRound::beforeTheKill);
			victim.close();
			rounds.forEach(CrashRound::afterTheKill);
			rounds.forEach(CrashRound::check);
		}
		catch (Throwable ex) {
			throw new AssertionError("In the rounds of -Dproofs.seed=" + seeds + "\n" + rounds, ex);
		}
	}

}
