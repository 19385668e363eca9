package dev.resilience.killswitch;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import dev.resilience.Admission;
import dev.resilience.PolicyEvent;
import dev.resilience.RecordingListener;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.Sleeper;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class KillSwitchRaceTests {

	private final FakeTicker time = new FakeTicker();

	private final KillSwitches switches = new KillSwitches(this.time.source());

	private final KillSwitch refunds = this.switches.declare("payments.refunds");

	@Test
	void flipWhenCallsRaceShouldBeSeenByEveryCallThatBeginsAfterIt() {
		// The phase is odd while a flip is under way, 2 modulo 4 while the switch is
		// active. A call that saw the same even phase before and after it has one right
		// answer.
		AtomicInteger phase = new AtomicInteger();
		AtomicInteger judged = new AtomicInteger();
		AtomicInteger wrong = new AtomicInteger();
		AtomicBoolean done = new AtomicBoolean();
		CompletableFuture<Void> caller = CompletableFuture.runAsync(() -> {
			while (!done.get()) {
				int before = phase.get();
				boolean rejected = this.refunds.tryAcquire() instanceof Admission.Rejection;
				if (before % 2 == 0 && phase.get() == before) {
					judged.incrementAndGet();
					if (rejected != (before % 4 == 2)) {
						wrong.incrementAndGet();
					}
				}
			}
		});
		for (int flip = 0; flip < 5_000 || judged.get() < 1_000; flip++) {
			phase.incrementAndGet();
			this.switches.activate("payments", order("alice"));
			phase.incrementAndGet();
			assertThat(this.refunds.isActive()).isTrue();
			phase.incrementAndGet();
			this.switches.release("payments", Cause.PERSON, "alice", "fixed");
			phase.incrementAndGet();
		}
		done.set(true);
		caller.join();
		assertThat(wrong).hasValue(0);
	}

	@Test
	void activateShouldReachALoopThatOnlyAsks() throws InterruptedException {
		CompletableFuture<Long> loop = CompletableFuture.supplyAsync(() -> {
			long rounds = 0;
			while (!this.refunds.isActive()) {
				rounds++;
			}
			return rounds;
		});
		// Time for the compiler to take the read out of the loop, if it may.
		Sleeper.system().sleep(TimeUnit.MILLISECONDS.toNanos(500));
		this.switches.activate("global", order("alice"));
		assertThat(loop).succeedsWithin(Duration.ofSeconds(10));
	}

	@RepeatedTest(20)
	void activateWhenManyRaceShouldLoseNoneAndTellInOrder() throws InterruptedException {
		RecordingListener listener = new RecordingListener();
		this.switches.registry().addListener(listener);
		int threads = 4;
		CountDownLatch start = new CountDownLatch(1);
		List<CompletableFuture<Void>> racers = new ArrayList<>();
		for (int thread = 0; thread < threads; thread++) {
			Activation order = Activation.builder()
				.cause(Cause.automatic("source-" + thread))
				.reason("double charges")
				.actor("bot")
				.build();
			racers.add(CompletableFuture.runAsync(() -> {
				awaitQuietly(start);
				this.switches.activate("payments", order);
				this.switches.activate("payments.refunds", order);
			}));
		}
		start.countDown();
		racers.forEach(CompletableFuture::join);
		assertThat(this.switches.board().at("payments")).hasSize(threads);
		assertThat(this.switches.board().at("payments.refunds")).hasSize(threads);
		assertThat(this.switches.board().version()).isEqualTo(2L * threads);
		AtomicLong previous = new AtomicLong();
		assertThat(listener.await(2 * threads)).extracting(KillSwitchRaceTests::version)
			.allMatch((version) -> previous.getAndSet(version) < version);
	}

	private static long version(PolicyEvent event) {
		return (Long) event.snapshot().details().getOrDefault("version", 0L);
	}

	private static void awaitQuietly(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static Activation order(String actor) {
		return Activation.builder().reason("double charges").actor(actor).build();
	}

}
