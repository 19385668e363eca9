package dev.resilience.circuitbreaker;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import com.sun.management.ThreadMXBean;
import dev.resilience.RecordingListener;
import dev.resilience.Trap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

@Timeout(30)
class CircuitBreakerCostTests {

	private static final int CALLS = 100_000;

	private static final Callable<String> SUCCESS = () -> "fine";

	private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

	private final CircuitBreaker breaker = CircuitBreaker.of("payments", CircuitBreakerConfig.builder().build());

	@Test
	@Trap(12)
	void callWhenClosedAndSuccessfulShouldAllocateNothingAndMakeNoEvent() throws Exception {
		RecordingListener events = new RecordingListener();
		this.breaker.addListener(events);
		double bytes = bytesPerCall(() -> this.breaker.call(SUCCESS));
		assertThat(bytes).isLessThan(1);
		this.breaker.forceOpen("the next event");
		assertThat(events.await(1).get(0).kind()).isEqualTo("transition");
	}

	@Test
	@Trap(12)
	void callWhenClosedAndSuccessfulShouldTakeNoLock() throws Exception {
		int threads = 4;
		CountDownLatch warm = new CountDownLatch(threads);
		CountDownLatch measured = new CountDownLatch(threads);
		CountDownLatch go = new CountDownLatch(1);
		CountDownLatch done = new CountDownLatch(1);
		List<Thread> callers = new ArrayList<>();
		for (int index = 0; index < threads; index++) {
			Thread caller = new Thread(() -> {
				callMany();
				warm.countDown();
				awaitQuietly(go);
				callMany();
				measured.countDown();
				awaitQuietly(done);
			});
			callers.add(caller);
			caller.start();
		}
		assertThat(warm.await(10, TimeUnit.SECONDS)).isTrue();
		long waitsBefore = waits(callers);
		go.countDown();
		assertThat(measured.await(10, TimeUnit.SECONDS)).isTrue();
		long waits = waits(callers) - waitsBefore;
		done.countDown();
		for (Thread caller : callers) {
			caller.join();
		}
		assertThat(waits).as("besides the latches themselves").isLessThanOrEqualTo(2L * threads);
	}

	@Test
	void callWhenOpenShouldAllocateLittleMoreThanTheException() throws Exception {
		for (int index = 0; index < 5; index++) {
			this.breaker.recordFailure(new IOException("refused"));
		}
		double bytes = bytesPerCall(() -> {
			try {
				return this.breaker.call(SUCCESS);
			}
			catch (CircuitOpenException ex) {
				return "rejected";
			}
		});
		assertThat(bytes).isLessThanOrEqualTo(80);
		assertThat(this.breaker.state()).isEqualTo(CircuitState.OPEN);
	}

	private static double bytesPerCall(Callable<String> call) throws Exception {
		double least = Double.MAX_VALUE;
		for (int round = 0; round < 4; round++) {
			long before = THREADS.getCurrentThreadAllocatedBytes();
			for (int index = 0; index < CALLS; index++) {
				call.call();
			}
			least = Math.min(least, (double) (THREADS.getCurrentThreadAllocatedBytes() - before) / CALLS);
		}
		return least;
	}

	private void callMany() {
		try {
			for (int index = 0; index < 3 * CALLS; index++) {
				this.breaker.call(SUCCESS);
			}
		}
		catch (Exception ex) {
			fail(ex);
		}
	}

	private static long waits(List<Thread> threads) {
		long waits = 0;
		for (Thread thread : threads) {
			ThreadInfo info = THREADS.getThreadInfo(thread.getId());
			waits += info.getBlockedCount() + info.getWaitedCount();
		}
		return waits;
	}

	private static void awaitQuietly(CountDownLatch latch) {
		try {
			assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
