package dev.resilience.circuitbreaker;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.Permit;
import dev.resilience.Races;
import dev.resilience.RecordingListener;
import dev.resilience.Trap;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.TimeSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(30)
class CircuitBreakerRaceTests {

	private static final int THREADS = 4;

	private static final int ROUNDS = 3000;

	private final IOException failure = new IOException("refused");

	private final FakeTicker ticker = new FakeTicker();

	@Test
	@Trap(6)
	void admitWhenThreadsRaceToHalfOpenShouldNeverPassMoreTrialsThanAllowed() throws Exception {
		int rounds = 500;
		CyclicBarrier meeting = new CyclicBarrier(THREADS);
		ThreadLocal<Boolean> meets = ThreadLocal.withInitial(() -> false);
		TimeSource time = this.ticker.source();
		CircuitBreaker breaker = new CircuitBreaker("payments",
				CircuitBreakerConfig.builder().failureThreshold(1).halfOpenMaxCalls(3).build(),
				new TimeSource(() -> readTogether(meeting, meets), time.clock(), time.sleeper()));
		AtomicInteger passed = new AtomicInteger(3);
		CyclicBarrier round = new CyclicBarrier(THREADS, () -> {
			assertThat(passed.getAndSet(0)).isEqualTo(3);
			breaker.reset("next round");
			breaker.recordFailure(this.failure);
			this.ticker.advance(Duration.ofSeconds(60));
		});
		Races.race(THREADS, (index) -> {
			for (int attempt = 0; attempt <= rounds; attempt++) {
				round.await(10, TimeUnit.SECONDS);
				meets.set(true);
				for (int call = 0; call < 2; call++) {
					if (breaker.admit(CallContext.NONE) instanceof Permit) {
						passed.incrementAndGet();
					}
				}
			}
		});
		assertThat(breaker.snapshot().transitions().get("OPEN->HALF_OPEN")).isEqualTo(rounds + 1L);
	}

	/**
	 * All threads learn that the open duration has passed before one of them acts on it.
	 */
	private long readTogether(CyclicBarrier meeting, ThreadLocal<Boolean> meets) {
		long now = this.ticker.read();
		if (meets.get()) {
			meets.set(false);
			try {
				meeting.await(10, TimeUnit.SECONDS);
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		}
		return now;
	}

	/**
	 * A trial's end, which reads the ticker under the lock, is held up there until all
	 * callers have seen a free place and wait for the lock.
	 */
	@Test
	@Trap(6)
	void admitWhenAllHaveSeenTheLastPlaceShouldNotPassMoreTrialsThanAllowed() throws Exception {
		List<Thread> callers = new CopyOnWriteArrayList<>();
		CountDownLatch inside = new CountDownLatch(1);
		ThreadLocal<Boolean> held = ThreadLocal.withInitial(() -> false);
		TimeSource time = this.ticker.source();
		CircuitBreaker breaker = new CircuitBreaker("payments",
				CircuitBreakerConfig.builder().failureThreshold(1).halfOpenMaxCalls(2).build(), new TimeSource(() -> {
					if (held.get()) {
						inside.countDown();
						Awaitility.await()
							.until(() -> callers.size() == THREADS - 1 && callers.stream()
								.allMatch((caller) -> caller.getState() == Thread.State.BLOCKED));
					}
					return this.ticker.read();
				}, time.clock(), time.sleeper()));
		breaker.recordFailure(this.failure);
		this.ticker.advance(Duration.ofSeconds(60));
		Permit first = (Permit) breaker.admit(CallContext.NONE);
		AtomicInteger passed = new AtomicInteger();
		Races.race(THREADS, (index) -> {
			if (index == 0) {
				held.set(true);
				first.abandoned();
			}
			else {
				inside.await();
				callers.add(Thread.currentThread());
				passed.addAndGet((breaker.admit(CallContext.NONE) instanceof Permit) ? 1 : 0);
			}
		});
		assertThat(passed).hasValue(2);
	}

	@Test
	void admitWhenTrialsComeAndGoShouldNeverRunMoreThanAllowed() throws Exception {
		CircuitBreaker breaker = breaker(1, 2);
		breaker.recordFailure(this.failure);
		this.ticker.advance(Duration.ofSeconds(60));
		AtomicInteger running = new AtomicInteger();
		AtomicInteger most = new AtomicInteger();
		Races.race(THREADS, (index) -> {
			for (int time = 0; time < 20 * ROUNDS; time++) {
				if (breaker.admit(CallContext.NONE) instanceof Permit trial) {
					most.accumulateAndGet(running.incrementAndGet(), Math::max);
					running.decrementAndGet();
					trial.abandoned();
				}
			}
		});
		assertThat(most.get()).isLessThanOrEqualTo(2);
		assertThat(breaker.snapshot().gauges()).containsEntry("trials-running", 0.0);
		assertThat(breaker.state()).isEqualTo(CircuitState.HALF_OPEN);
	}

	@Test
	@Trap(1)
	void orderWhenCallsEndAtTheSameMomentShouldWin() throws Exception {
		CircuitBreaker breaker = breaker(1, 3);
		List<Permit> inFlight = new ArrayList<>();
		CyclicBarrier begin = new CyclicBarrier(THREADS, () -> {
			breaker.reset("next round");
			inFlight.clear();
			for (int index = 0; index < THREADS; index++) {
				inFlight.add((Permit) breaker.admit(CallContext.NONE));
			}
		});
		CyclicBarrier end = new CyclicBarrier(THREADS,
				() -> assertThat(breaker.state()).isIn(CircuitState.FORCED_OPEN, CircuitState.DISABLED));
		Races.race(THREADS, (index) -> {
			for (int time = 0; time < ROUNDS; time++) {
				begin.await(10, TimeUnit.SECONDS);
				if (index > 0) {
					inFlight.get(index).failed(this.failure, 0);
				}
				else if (time % 2 == 0) {
					breaker.forceOpen("alarm");
				}
				else {
					breaker.disable("false alarm");
				}
				end.await(10, TimeUnit.SECONDS);
			}
		});
		assertThat(breaker.snapshot().calls()).containsEntry("failed", (THREADS - 1L) * ROUNDS);
	}

	@Test
	void endedWhenTrialsSucceedAndFailTogetherShouldLeaveHalfOpenOnce() throws Exception {
		CircuitBreaker breaker = breaker(1, THREADS);
		List<Permit> trials = new ArrayList<>();
		CyclicBarrier begin = new CyclicBarrier(THREADS, () -> {
			breaker.reset("next round");
			breaker.recordFailure(this.failure);
			this.ticker.advance(Duration.ofSeconds(60));
			trials.clear();
			for (int index = 0; index < THREADS; index++) {
				trials.add((Permit) breaker.admit(CallContext.NONE));
			}
		});
		CyclicBarrier end = new CyclicBarrier(THREADS);
		Races.race(THREADS, (index) -> {
			for (int time = 0; time < ROUNDS; time++) {
				begin.await(10, TimeUnit.SECONDS);
				Permit trial = trials.get(index);
				if (index < 2) {
					trial.succeeded("fine", 0);
				}
				else {
					trial.failed(this.failure, 0);
				}
				end.await(10, TimeUnit.SECONDS);
			}
		});
		long closed = breaker.snapshot().transitions().getOrDefault("HALF_OPEN->CLOSED", 0L);
		long reopened = breaker.snapshot().transitions().getOrDefault("HALF_OPEN->OPEN", 0L);
		assertThat(closed + reopened).isEqualTo(ROUNDS);
		assertThat(breaker.snapshot().calls()).containsEntry("succeeded", 2L * ROUNDS);
	}

	@Test
	void transitionWhenThreadsRaceShouldPublishEventsInOrder() throws Exception {
		CircuitBreaker breaker = breaker(1, 3);
		RecordingListener events = new RecordingListener();
		breaker.addListener(events);
		Races.race(THREADS, (index) -> {
			for (int time = 0; time < 100; time++) {
				breaker.recordFailure(this.failure);
				breaker.reset("again");
			}
		});
		int count = Integer.parseInt(String.valueOf(breaker.snapshot().details().get("generation"))) - 1;
		assertThat(count).isGreaterThanOrEqualTo(THREADS * 100);
		long generation = 1;
		for (var event : events.await(count)) {
			assertThat(event.snapshot().details()).containsEntry("generation", ++generation);
			String detail = event.kind().equals("transition") ? "to" : "state";
			assertThat(event.snapshot().state()).isEqualTo(event.details().get(detail));
		}
	}

	@Test
	void admitWhenTrialsFailExpireAndSucceedAtRandomShouldStayWhole() throws Exception {
		CircuitBreaker breaker = breaker(2, 2);
		Races.race(THREADS, (index) -> {
			for (int time = 0; time < 2 * ROUNDS; time++) {
				Admission admission = breaker.admit(CallContext.NONE);
				if (admission instanceof Permit permit) {
					switch ((time + index) % 5) {
						case 0, 1 -> permit.failed(this.failure, 0);
						case 2, 3 -> permit.succeeded("fine", 0);
						default -> permit.abandoned();
					}
				}
				else {
					this.ticker.advance(Duration.ofSeconds(20));
				}
			}
		});
		this.ticker.advance(Duration.ofMinutes(5));
		for (int time = 0; time < 4 && breaker.state() != CircuitState.CLOSED; time++) {
			if (breaker.admit(CallContext.NONE) instanceof Permit permit) {
				permit.succeeded("fine", 0);
			}
		}
		assertThat(breaker.state()).as("no place was lost").isEqualTo(CircuitState.CLOSED);
	}

	private CircuitBreaker breaker(int failureThreshold, int maxTrials) {
		return new CircuitBreaker("payments",
				CircuitBreakerConfig.builder().failureThreshold(failureThreshold).halfOpenMaxCalls(maxTrials).build(),
				this.ticker.source());
	}

}
