package dev.resilience.bulkhead;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.CallContext;
import dev.resilience.Permit;
import dev.resilience.Races;
import dev.resilience.time.TimeSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(30)
class BulkheadRaceTests {

	private static final int THREADS = 4;

	private final AtomicInteger running = new AtomicInteger();

	private final AtomicInteger most = new AtomicInteger();

	@Test
	void admitWhenThreadsRaceShouldNeverPassMoreThanAllowed() throws Exception {
		Bulkhead bulkhead = bulkhead(2, 0);
		AtomicInteger passed = new AtomicInteger();
		Races.race(THREADS, (index) -> {
			for (int time = 0; time < 50_000; time++) {
				if (bulkhead.admit(CallContext.NONE) instanceof Permit permit) {
					enterAndLeave();
					passed.incrementAndGet();
					permit.succeeded(null, 0);
				}
			}
		});
		assertThat(this.most.get()).isLessThanOrEqualTo(2);
		assertWhole(bulkhead, 0);
		assertThat(bulkhead.snapshot().calls()).containsEntry("granted", passed.longValue());
	}

	@Test
	void callWhenAllWaitForOnePlaceShouldLoseNoWakeUp() throws Exception {
		Bulkhead bulkhead = bulkhead(1, THREADS);
		Races.race(THREADS, (index) -> {
			for (int time = 0; time < 3_000; time++) {
				bulkhead.call(this::enterAndLeave);
			}
		});
		assertThat(this.most).hasValue(1);
		assertWhole(bulkhead, 3_000L * THREADS);
	}

	@Test
	void callAsyncWhenAllWaitShouldLoseNoWakeUp() throws Exception {
		Bulkhead bulkhead = bulkhead(2, 100_000);
		int calls = 2_000;
		List<CompletableFuture<Integer>> results = new ArrayList<>();
		Races.race(THREADS, (index) -> {
			for (int time = 0; time < calls; time++) {
				CompletableFuture<Integer> result = bulkhead
					.callAsync(() -> CompletableFuture.completedFuture(enterAndLeave()))
					.toCompletableFuture();
				synchronized (results) {
					results.add(result);
				}
			}
		});
		for (CompletableFuture<Integer> result : results) {
			assertThat(result).succeedsWithin(Duration.ofSeconds(10));
		}
		assertThat(this.most.get()).isLessThanOrEqualTo(2);
		assertWhole(bulkhead, (long) calls * THREADS);
	}

	@Test
	void callWhenWaitersGiveUpAsTheyAreGrantedShouldLoseNoPlace() throws Exception {
		Bulkhead bulkhead = bulkhead(1, THREADS);
		List<Thread> workers = new CopyOnWriteArrayList<>();
		AtomicInteger working = new AtomicInteger(THREADS - 1);
		Races.race(THREADS, (index) -> {
			if (index > 0) {
				workers.add(Thread.currentThread());
				for (int time = 0; time < 3_000; time++) {
					try {
						bulkhead.call(this::enterAndLeave);
					}
					catch (InterruptedException ex) {
						// The next call finds out whether a place was lost.
					}
				}
				working.decrementAndGet();
			}
			while (index == 0 && working.get() > 0) {
				workers.forEach(Thread::interrupt);
				bulkhead.call(this::enterAndLeave);
			}
		});
		assertWhole(bulkhead, 0);
	}

	@Test
	void cancelWhenAsynchronousWaitersAreGrantedShouldLoseNoPlace() throws Exception {
		Bulkhead bulkhead = bulkhead(1, THREADS);
		Races.race(THREADS, (index) -> {
			for (int time = 0; time < 3_000; time++) {
				CompletableFuture<Integer> call = bulkhead
					.callAsync(() -> CompletableFuture.completedFuture(enterAndLeave()))
					.toCompletableFuture();
				if (time % 2 == 0) {
					call.cancel(true);
				}
			}
		});
		assertWhole(bulkhead, 0);
	}

	@Test
	void resizeWhenCallsComeAndGoShouldStayWhole() throws Exception {
		Bulkhead bulkhead = bulkhead(1, THREADS);
		Races.race(THREADS, (index) -> {
			for (int time = 0; time < 2_000; time++) {
				if (index == 0) {
					bulkhead.resize(1 + time % 3);
				}
				else {
					bulkhead.call(CallContext.ofKey(time % 2), this::enterAndLeave);
					bulkhead.call(this::enterAndLeave);
				}
			}
		});
		assertWhole(bulkhead, 2L * 2_000 * (THREADS - 1));
		assertThat(bulkhead.config().maxConcurrentCalls()).isEqualTo(1 + 1_999 % 3);
	}

	@Test
	void callWhenKeysAreForgottenShouldLoseNoPlace() throws Exception {
		Bulkhead bulkhead = new Bulkhead("orders",
				BulkheadConfig.builder()
					.maxConcurrentCalls(1)
					.maxWait(Duration.ofSeconds(20))
					.maxWaiting(THREADS)
					.maxKeys(1)
					.build(),
				TimeSource.system());
		List<AtomicInteger> busy = List.of(new AtomicInteger(), new AtomicInteger(), new AtomicInteger());
		Races.race(THREADS, (index) -> {
			for (int time = 0; time < 3_000; time++) {
				AtomicInteger ofKey = busy.get((time + index) % 3);
				bulkhead.call(CallContext.ofKey((time + index) % 3), () -> {
					this.most.accumulateAndGet(ofKey.incrementAndGet(), Math::max);
					return ofKey.decrementAndGet();
				});
			}
		});
		assertThat(this.most.get()).as("its own place, and one from when it had none").isLessThanOrEqualTo(2);
		assertWhole(bulkhead, 3_000L * THREADS);
	}

	private int enterAndLeave() {
		this.most.accumulateAndGet(this.running.incrementAndGet(), Math::max);
		return this.running.decrementAndGet();
	}

	private static void assertWhole(Bulkhead bulkhead, long passed) {
		Awaitility.await()
			.pollInterval(Duration.ofMillis(1))
			.untilAsserted(() -> assertThat(bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0)
				.containsEntry("waiting", 0.0));
		long counted = bulkhead.snapshot().calls().getOrDefault("granted", 0L)
				+ bulkhead.snapshot().calls().getOrDefault("waited", 0L);
		if (passed > 0) {
			assertThat(counted).isEqualTo(passed);
		}
	}

	private static Bulkhead bulkhead(int places, int maxWaiting) {
		return Bulkhead.of("orders",
				BulkheadConfig.builder()
					.maxConcurrentCalls(places)
					.maxWait(Duration.ofSeconds(20))
					.maxWaiting(maxWaiting)
					.build());
	}

}
