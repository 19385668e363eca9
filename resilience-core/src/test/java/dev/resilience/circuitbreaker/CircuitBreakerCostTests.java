package dev.resilience.circuitbreaker;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.time.Duration;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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

	@ParameterizedTest
	@Trap(12)
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void callWhenWindowAndSlowCallsAreWatchedShouldAllocateNothing(SlidingWindow.Type type) throws Exception {
		CircuitBreaker windowed = windowed(type);
		assertThat(bytesPerCall(() -> windowed.call(SUCCESS))).isLessThan(1);
		assertThat(windowed.snapshot().gauges().get("buffered-calls")).isGreaterThanOrEqualTo(100);
	}

	@Test
	void breakerShouldBeLean() {
		CircuitBreakerConfig plain = this.breaker.config();
		CircuitBreakerConfig windowed = plain.toBuilder().window(SlidingWindow.ofCalls(100).build()).build();
		assertThat(bytesKept(plain)).isLessThanOrEqualTo(400);
		assertThat(bytesKept(windowed)).isLessThanOrEqualTo(600);
	}

	private static double bytesKept(CircuitBreakerConfig config) {
		CircuitBreaker[] made = new CircuitBreaker[20_000];
		long before = used();
		for (int index = 0; index < made.length; index++) {
			made[index] = CircuitBreaker.of("payments", config);
		}
		double bytes = Math.rint((double) (used() - before) / made.length);
		assertThat(made[made.length - 1].name()).isEqualTo("payments");
		return bytes;
	}

	private static long used() {
		Runtime runtime = Runtime.getRuntime();
		long used = Long.MAX_VALUE;
		for (int round = 0; round < 3; round++) {
			System.gc();
			used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
		}
		return used;
	}

	private static CircuitBreaker windowed(SlidingWindow.Type type) {
		SlidingWindow.Builder window = (type == SlidingWindow.Type.COUNT) ? SlidingWindow.ofCalls(100)
				: SlidingWindow.ofTime(Duration.ofSeconds(60));
		return CircuitBreaker.of("payments",
				CircuitBreakerConfig.builder().window(window.slowCallDuration(Duration.ofHours(1)).build()).build());
	}

	@ParameterizedTest
	@Trap(12)
	@EnumSource
	void callWhenClosedAndSuccessfulShouldTakeNoLock(SlidingWindow.Type type) throws Exception {
		CircuitBreaker watched = (type == SlidingWindow.Type.NONE) ? this.breaker : windowed(type);
		int threads = 4;
		CountDownLatch warm = new CountDownLatch(threads);
		CountDownLatch measured = new CountDownLatch(threads);
		CountDownLatch go = new CountDownLatch(1);
		CountDownLatch done = new CountDownLatch(1);
		List<Thread> callers = new ArrayList<>();
		for (int index = 0; index < threads; index++) {
			Thread caller = new Thread(() -> {
				callMany(watched);
				warm.countDown();
				awaitQuietly(go);
				callMany(watched);
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

	private static void callMany(CircuitBreaker watched) {
		try {
			for (int index = 0; index < 3 * CALLS; index++) {
				watched.call(SUCCESS);
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
