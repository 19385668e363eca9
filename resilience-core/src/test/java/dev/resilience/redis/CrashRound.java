package dev.resilience.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import dev.resilience.idempotency.IdempotencyConfig.OnAbandoned;
import dev.resilience.redis.ChildProcess.Call;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One call whose process is killed, and its duplicates in other processes before and
 * after that.
 */
final class CrashRound {

	private static final String UNKNOWN = "rejected outcome-unknown";

	private static final int MAX_DUPLICATES = 3;

	private static final long MAX_DELAY = TimeUnit.MILLISECONDS.toNanos(4);

	private static final List<CrashPoint> POINTS = List.of(CrashPoint.values());

	private static final List<OnAbandoned> POLICIES = List.of(OnAbandoned.values());

	private final List<Call> duplicates = new ArrayList<>();

	private final List<ChildProcess> witnesses;

	private final ChildProcesses processes;

	private final ChildProcess victim;

	private final OnAbandoned policy;

	private final CrashPoint point;

	private final Random random;

	private final String key;

	CrashRound(long seed, ChildProcess victim, List<ChildProcess> witnesses, ChildProcesses processes) {
		this.random = new Random(seed);
		this.key = "seed" + seed;
		this.point = POINTS.get((int) Math.floorMod(seed, (long) POINTS.size()));
		this.policy = POLICIES.get((int) Math.floorMod(seed / POINTS.size(), (long) POLICIES.size()));
		this.victim = victim;
		this.witnesses = witnesses;
		this.processes = processes;
	}

	void begin() {
		if (this.point == CrashPoint.ANY) {
			return;
		}
		Call first = this.victim.run(this.policy, this.point, this.key);
		if (this.point == CrashPoint.ANSWERED) {
			this.duplicates.add(first);
			first.result();
		}
		else {
			this.victim.awaitHalt(this.key);
		}
	}

	/**
	 * Without a point, the call begins only now, for the others may take long to halt.
	 */
	void beforeTheKill() {
		if (this.point == CrashPoint.ANY) {
			this.victim.run(this.policy, this.key);
		}
		duplicate(this.random.nextInt(MAX_DUPLICATES));
		if (this.point == CrashPoint.ANY) {
			LockSupport.parkNanos(this.random.nextLong(MAX_DELAY));
		}
	}

	void afterTheKill() {
		duplicate(1 + this.random.nextInt(MAX_DUPLICATES));
	}

	private void duplicate(int times) {
		for (int time = 0; time < times; time++) {
			this.duplicates
				.add(this.witnesses.get(this.random.nextInt(this.witnesses.size())).run(this.policy, this.key));
		}
	}

	/**
	 * Whatever was killed, all callers are told the same, now and later.
	 */
	void check() {
		List<String> told = this.duplicates.stream().map(Call::result).distinct().toList();
		assertThat(told).as("told").hasSize(1);
		List<String> effects = this.processes.effects(this.key);
		if (this.policy == OnAbandoned.REJECT) {
			checkAtMostOnce(told.get(0), effects);
		}
		else {
			checkAtLeastOnce(told.get(0), effects);
		}
		for (ChildProcess witness : this.witnesses) {
			assertThat(witness.run(this.policy, this.key).result()).isEqualTo(told.get(0));
		}
		assertThat(this.processes.effects(this.key)).isEqualTo(effects);
	}

	private void checkAtMostOnce(String told, List<String> effects) {
		assertThat(effects).as("effects").hasSizeLessThanOrEqualTo(1);
		if (!told.equals(UNKNOWN)) {
			assertThat(effects).as("effects").hasSize(1);
			assertThat(told).isEqualTo("value " + effects.get(0));
		}
		if (this.point != CrashPoint.ANY) {
			assertThat(effects).as("effects").hasSize(this.point.isAfterEffect() ? 1 : 0);
			assertThat(told.equals(UNKNOWN)).isEqualTo(!this.point.isAfterStoring());
		}
	}

	private void checkAtLeastOnce(String told, List<String> effects) {
		assertThat(effects).as("effects").hasSizeBetween(1, 2);
		assertThat(told).isEqualTo("value " + effects.get(effects.size() - 1));
		assertThat(effects).extracting(ChildProcesses::fence).isSorted().doesNotHaveDuplicates();
		if (this.point != CrashPoint.ANY) {
			boolean rerun = this.point.isAfterEffect() && !this.point.isAfterStoring();
			assertThat(effects).as("effects").hasSize(rerun ? 2 : 1);
		}
	}

	@Override
	public String toString() {
		return this.policy + " at " + this.point + ", " + this.duplicates.size() + " duplicates, effects "
				+ this.processes.effects(this.key) + "\n";
	}

}
