package dev.resilience.redis;

import java.io.IOException;
import java.time.Duration;

import dev.resilience.idempotency.IdempotencyConfig.OnAbandoned;
import dev.resilience.redis.ChildProcess.Call;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Processes that fall silent and come back, that end in the midst of calls, or whose
 * clocks are wrong.
 */
@Timeout(60)
class StoppedProcessTests {

	private static final Duration SHORT = Duration.ofSeconds(1);

	private static final Duration LONG = Duration.ofSeconds(30);

	private static final Duration HOUR = Duration.ofHours(1);

	private static final String UNKNOWN = "rejected outcome-unknown";

	private ChildProcesses processes;

	@BeforeEach
	void start() throws IOException {
		this.processes = new ChildProcesses();
	}

	@AfterEach
	void stop() throws IOException {
		this.processes.close();
	}

	@Test
	void callWhenItsProcessWasStoppedLongerThanItsLeaseShouldKeepToThePolicy() throws IOException {
		ChildProcess sleeper = this.processes.start(SHORT);
		ChildProcess other = this.processes.start(LONG).awaitReady();
		Call again = sleeper.awaitReady().run(OnAbandoned.RERUN, CrashPoint.EFFECT, "rerun");
		Call once = sleeper.run(OnAbandoned.REJECT, CrashPoint.EFFECT, "reject");
		sleeper.awaitHalt("rerun");
		sleeper.awaitHalt("reject");
		sleeper.freeze();
		Call takeover = other.run(OnAbandoned.RERUN, "rerun");
		assertThat(other.run(OnAbandoned.REJECT, "reject").result()).isEqualTo(UNKNOWN);
		assertThat(takeover.result()).isEqualTo("value " + this.processes.effects("rerun").get(1));
		sleeper.thaw();
		sleeper.go("rerun");
		sleeper.go("reject");
		assertThat(again.result()).isEqualTo("value " + this.processes.effects("rerun").get(0));
		assertThat(sleeper.count(OnAbandoned.RERUN, "lost")).isOne();
		assertThat(other.count(OnAbandoned.RERUN, "takeover")).isOne();
		assertThat(once.result()).isEqualTo("value " + this.processes.effects("reject").get(0));
		assertThat(sleeper.count(OnAbandoned.REJECT, "lost")).isZero();
		for (ChildProcess each : new ChildProcess[] { sleeper, other }) {
			assertThat(each.run(OnAbandoned.RERUN, "rerun").result()).isEqualTo(takeover.result());
			assertThat(each.run(OnAbandoned.REJECT, "reject").result()).isEqualTo(once.result());
		}
		assertThat(this.processes.effects("rerun")).hasSize(2)
			.extracting(ChildProcesses::fence)
			.isSorted()
			.doesNotHaveDuplicates();
		assertThat(this.processes.effects("reject")).hasSize(1);
	}

	@Test
	void callWhenItsProcessExitsShouldBeAbandonedAfterItsLease() throws Exception {
		ChildProcess hasty = this.processes.start(Duration.ofSeconds(5));
		ChildProcess impatient = this.processes.start(LONG, Duration.ZERO, Duration.ZERO);
		ChildProcess patient = this.processes.start(LONG);
		impatient.awaitReady();
		patient.awaitReady();
		hasty.awaitReady().run(OnAbandoned.REJECT, CrashPoint.EFFECT, "reject");
		hasty.run(OnAbandoned.RERUN, CrashPoint.EFFECT, "rerun");
		hasty.awaitHalt("reject");
		hasty.awaitHalt("rerun");
		assertThat(hasty.exit()).isZero();
		assertThat(impatient.run(OnAbandoned.REJECT, "reject").result()).isEqualTo("rejected in-flight");
		assertThat(impatient.run(OnAbandoned.RERUN, "rerun").result()).isEqualTo("rejected in-flight");
		Call takeover = patient.run(OnAbandoned.RERUN, "rerun");
		assertThat(patient.run(OnAbandoned.REJECT, "reject").result()).isEqualTo(UNKNOWN);
		assertThat(impatient.run(OnAbandoned.REJECT, "reject").result()).isEqualTo(UNKNOWN);
		assertThat(this.processes.effects("reject")).hasSize(1);
		assertThat(takeover.result()).isEqualTo("value " + this.processes.effects("rerun").get(1));
		assertThat(impatient.run(OnAbandoned.RERUN, "rerun").result()).isEqualTo(takeover.result());
		assertThat(this.processes.effects("rerun")).hasSize(2);
	}

	@Test
	@Tag("stress") // A process that stalls for a second loses its lease.
	void leaseWhenClocksAreWrongShouldBeJudgedByTheServer() throws IOException {
		ChildProcess early = this.processes.start(SHORT, SHORT.multipliedBy(10), HOUR.negated());
		ChildProcess late = this.processes.start(SHORT, SHORT.multipliedBy(2), HOUR);
		early.awaitReady();
		Call first = late.awaitReady().run(OnAbandoned.RERUN, CrashPoint.EFFECT, "late");
		Call other = early.run(OnAbandoned.RERUN, CrashPoint.EFFECT, "early");
		late.awaitHalt("late");
		early.awaitHalt("early");
		assertThat(late.run(OnAbandoned.RERUN, "early").result()).isEqualTo("rejected in-flight");
		early.go("early");
		other.result();
		assertThat(late.run(OnAbandoned.RERUN, "early").result()).isEqualTo(other.result());
		assertThat(this.processes.effects("early")).hasSize(1);
		late.close();
		assertThat(first.done()).isCompletedExceptionally();
		String takeover = early.run(OnAbandoned.RERUN, "late").result();
		assertThat(this.processes.effects("late")).hasSize(2)
			.extracting(ChildProcesses::fence)
			.isSorted()
			.doesNotHaveDuplicates();
		assertThat(takeover).isEqualTo("value " + this.processes.effects("late").get(1));
	}

}
