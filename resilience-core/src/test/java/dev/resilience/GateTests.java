package dev.resilience;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import dev.resilience.time.ClosableSleeper;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

@Timeout(20)
class GateTests {

	private final FakeTicker ticker = new FakeTicker();

	private final ScriptedGate gate = new ScriptedGate("door", this.ticker.source());

	@Test
	void callWhenCalleeReturnsShouldEndThePermitAsSucceeded() throws Exception {
		assertThat(this.gate.call(() -> "value")).isEqualTo("value");
		assertThat(this.gate.log()).containsExactly("door asked", "door succeeded value 0");
	}

	@Test
	void callWhenCalleeThrowsShouldEndThePermitAsFailedAndRethrowTheSame() {
		IOException failure = new IOException("refused");
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> this.gate.call(() -> {
			throw failure;
		})).isSameAs(failure);
		assertThat(this.gate.log()).containsExactly("door asked", "door failed IOException 0");
	}

	@Test
	void callWhenCalleeThrowsAnErrorShouldEndThePermit() {
		assertThatExceptionOfType(StackOverflowError.class).isThrownBy(() -> this.gate.call(() -> {
			throw new StackOverflowError();
		}));
		assertThat(this.gate.log()).containsExactly("door asked", "door failed StackOverflowError 0");
	}

	@Test
	void callWhenRejectedShouldNotCallAndExplain() {
		this.gate.answer = ScriptedGate.Answer.REJECT;
		assertThatExceptionOfType(CallRejectedException.class).isThrownBy(() -> this.gate.call(() -> {
			throw new AssertionError("called");
		})).withMessage("gate 'door' is shut").satisfies((ex) -> {
			assertThat(ex.policyType()).isEqualTo("scripted");
			assertThat(ex.policyName()).isEqualTo("door");
			assertThat(ex.reason()).isEqualTo("shut");
			assertThat(ex.decisionId()).isEqualTo("scripted:door:0");
			assertThat(ex.getStackTrace()).isEmpty();
		});
	}

	@Test
	void callWhenGateIsTimedShouldMeasureTheCallAndNotTheWait() throws Exception {
		ScriptedGate timed = new ScriptedGate("timed", this.ticker.source(), new CopyOnWriteArrayList<>(), true);
		timed.call(() -> {
			this.ticker.advance(Duration.ofNanos(7));
			return "value";
		});
		assertThat(timed.log()).containsExactly("timed asked", "timed succeeded value 7");
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> timed.call(() -> {
			this.ticker.advance(Duration.ofNanos(8));
			throw new IOException("refused");
		}));
		assertThat(timed.log()).endsWith("timed failed IOException 8");
	}

	@Test
	void callWhenWaitIsInterruptedShouldThrowAndCallNobody() {
		this.gate.answer = ScriptedGate.Answer.WAIT;
		Thread.currentThread().interrupt();
		assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> this.gate.call(() -> {
			throw new AssertionError("called");
		}));
		assertThat(Thread.interrupted()).isFalse();
	}

	@Test
	void tryAcquireWhenGrantedShouldEndOnce() {
		Permit permit = (Permit) this.gate.tryAcquire();
		permit.succeeded("value", 0);
		permit.succeeded("again", 0);
		permit.failed(new IOException("late"), 0);
		permit.abandoned();
		assertThat(this.gate.log()).containsExactly("door asked", "door succeeded value 0");
	}

	@Test
	void tryAcquireWhenEndedByManyThreadsShouldEndOnce() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(3);
		try {
			Permit[] permit = new Permit[1];
			int rounds = 2000;
			CyclicBarrier round = new CyclicBarrier(3, () -> permit[0] = (Permit) this.gate.tryAcquire());
			List<Future<Object>> done = threads.invokeAll(List.of(() -> end(round, rounds, permit, 0),
					() -> end(round, rounds, permit, 1), () -> end(round, rounds, permit, 2)));
			for (Future<Object> future : done) {
				future.get();
			}
			assertThat(this.gate.log()).hasSize(2 * rounds);
		}
		finally {
			threads.shutdownNow();
		}
	}

	private static Object end(CyclicBarrier round, int rounds, Permit[] permit, int how) throws Exception {
		for (int time = 0; time < rounds; time++) {
			round.await(10, TimeUnit.SECONDS);
			switch (how) {
				case 0 -> permit[0].succeeded(null, 0);
				case 1 -> permit[0].failed(new IOException("refused"), 0);
				default -> permit[0].abandoned();
			}
		}
		return "done";
	}

	@Test
	void tryAcquireWhenGateIsTimedShouldMeasureFromAcquiringUnlessTold() {
		ScriptedGate timed = new ScriptedGate("timed", this.ticker.source(), new CopyOnWriteArrayList<>(), true);
		Permit measured = (Permit) timed.tryAcquire();
		Permit told = (Permit) timed.tryAcquire();
		this.ticker.advance(Duration.ofNanos(9));
		measured.failed(new IOException("refused"), 0);
		told.succeeded("value", 5);
		assertThat(timed.log()).endsWith("timed failed IOException 9", "timed succeeded value 5");
	}

	@Test
	void callWhenAPermitFailsToEndShouldBeWhatItIs() throws Exception {
		ScriptedGate faulty = new ScriptedGate("faulty", this.ticker.source()) {

			@Override
			Permit grant() {
				return new FaultyPermit();
			}

		};
		assertThat(faulty.call(() -> "value")).isEqualTo("value");
		assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> faulty.call(() -> {
			throw new TimeoutException("refused");
		})).satisfies((ex) -> assertThat(ex.getSuppressed()).hasSize(1));
	}

	@Test
	void tryAcquireWhenCallMightWaitShouldRejectAtOnce() {
		this.gate.answer = ScriptedGate.Answer.WAIT;
		assertThat(this.gate.tryAcquire()).isInstanceOf(Admission.Rejection.class);
	}

	@Test
	void withoutWaitingShouldKeepKeyAndWeight() {
		for (CallContext context : List.of(CallContext.NONE, CallContext.ofKey("tenant"),
				new CallContext(null, 2, true), new CallContext("tenant", 2, false))) {
			assertThat(context.withoutWaiting()).isEqualTo(new CallContext(context.key(), context.weight(), false));
		}
	}

	@Test
	@Trap(19)
	void rejectionsWhenRejectedShouldBeCountedByReason() {
		this.gate.tryAcquire();
		this.gate.answer = ScriptedGate.Answer.REJECT;
		this.gate.tryAcquire();
		assertThatExceptionOfType(CallRejectedException.class).isThrownBy(() -> this.gate.call(() -> "never"));
		this.gate.answer = ScriptedGate.Answer.REJECT_OTHERWISE;
		this.gate.callAsync(() -> {
			throw new AssertionError("called");
		});
		assertThat(this.gate.snapshot().rejections()).containsExactly(Map.entry("shut", 2L),
				Map.entry("otherwise", 1L));
	}

	@Test
	@Trap(19)
	void rejectionsWhenManyShouldBeAnnouncedOnceASecondWithTheirNumber() {
		RecordingListener events = new RecordingListener();
		this.gate.addListener(events);
		this.gate.answer = ScriptedGate.Answer.REJECT;
		for (int index = 0; index < 10; index++) {
			this.gate.tryAcquire();
		}
		this.ticker.advance(Duration.ofMillis(999));
		this.gate.tryAcquire();
		assertThat(events.await(1)).hasSize(1);
		this.ticker.advance(Duration.ofMillis(1));
		this.gate.tryAcquire();
		assertThat(events.await(2)).extracting(PolicyEvent::kind).containsExactly("rejection", "rejection");
		assertThat(events.events()).extracting((event) -> event.details().get("count")).containsExactly(1L, 11L);
		assertThat(events.events().get(1).message()).isEqualTo("gate 'door' is shut");
		assertThat(events.events().get(1).snapshot().rejections()).containsEntry("shut", 12L);
	}

	@Test
	void rejectionsWhenNoTimerCanBeSetShouldBeAnnouncedLater() {
		ClosableSleeper sleeper = new ClosableSleeper(this.ticker);
		ScriptedGate shut = new ScriptedGate("shut", sleeper.source());
		RecordingListener events = new RecordingListener();
		shut.addListener(events);
		shut.answer = ScriptedGate.Answer.REJECT;
		sleeper.close(true);
		shut.tryAcquire();
		sleeper.close(false);
		shut.tryAcquire();
		assertThat(events.await(1)).singleElement()
			.satisfies((event) -> assertThat(event.details()).containsEntry("count", 2L));
	}

	@Test
	void constructorWhenNameIsBlankShouldSayWhatToDo() {
		assertThatIllegalArgumentException().isThrownBy(() -> new ScriptedGate(" ", this.ticker.source()))
			.withMessage("'name' is ' ' but must not be blank: give the scripted a name");
	}

}
