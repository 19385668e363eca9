package dev.resilience.timeout;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

import com.sun.management.ThreadMXBean;
import dev.resilience.CallRejectedException;
import dev.resilience.CallTimeoutException;
import dev.resilience.Permit;
import dev.resilience.Pipeline;
import dev.resilience.PolicyEvent;
import dev.resilience.RecordingListener;
import dev.resilience.Trap;
import dev.resilience.bulkhead.Bulkhead;
import dev.resilience.bulkhead.BulkheadConfig;
import dev.resilience.bulkhead.BulkheadFullException;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

@org.junit.jupiter.api.Timeout(30)
class TimeoutTests {

	private final FakeTicker ticker = new FakeTicker();

	private final Timeout timeout = timeout(Duration.ofSeconds(2), true);

	@AfterEach
	void clearInterrupt() {
		Thread.interrupted();
	}

	@Test
	@Trap(25)
	void callShouldStayOnTheCallersThread() throws Exception {
		assertThat(this.timeout.call(Thread::currentThread)).isSameAs(Thread.currentThread());
		assertThat(this.timeout.snapshot().calls()).containsEntry("succeeded", 1L);
	}

	@Test
	@Trap(22)
	void callWhenTimeIsOverShouldInterruptTheWorkAndTell() {
		assertThatExceptionOfType(CallTimeoutException.class).isThrownBy(() -> this.timeout.call(() -> {
			this.ticker.advance(Duration.ofSeconds(2).plusMillis(1));
			this.ticker.sleep(1);
			return "never";
		})).withMessage("the call took longer than the 2 s that timeout 'payments' allows").satisfies((ex) -> {
			assertThat(ex).hasCauseInstanceOf(InterruptedException.class);
			assertThat(ex.category()).isEqualTo(CallRejectedException.Category.TIMED_OUT);
			assertThat(ex.policyType()).isEqualTo("timeout");
			assertThat(CallRejectedException.isOwn(ex)).isFalse();
		});
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
		assertThat(this.timeout.snapshot().calls()).containsEntry("timed-out", 1L).containsEntry("failed", 0L);
	}

	@Test
	@Trap(22)
	void callWhenOnSystemTimeShouldEndABlockingCall() {
		Timeout quick = Timeout.of("payments", TimeoutConfig.builder().duration(Duration.ofMillis(20)).build());
		assertThatExceptionOfType(CallTimeoutException.class).isThrownBy(() -> quick.call(() -> {
			new CountDownLatch(1).await();
			return "never";
		}));
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
	}

	@Test
	void callWhenTheInterruptionIsWrappedShouldTellTheTimeoutAndClearTheFlag() {
		assertThatExceptionOfType(CallTimeoutException.class).isThrownBy(() -> this.timeout.call(() -> {
			this.ticker.advance(Duration.ofSeconds(3));
			throw new IOException("closed by interrupt");
		})).withCauseInstanceOf(IOException.class);
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
	}

	@Test
	void callWhenItIgnoresTheInterruptionShouldReturnTheLateValueAndSaySo() throws Exception {
		RecordingListener events = new RecordingListener();
		this.timeout.addListener(events);
		for (int call = 0; call < 2; call++) {
			assertThat(this.timeout.call(this::late)).isEqualTo("late");
		}
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
		assertThat(this.timeout.snapshot().calls()).containsEntry("late", 2L).containsEntry("succeeded", 0L);
		PolicyEvent event = events.await(1).get(0);
		assertThat(event.kind()).isEqualTo("late");
		assertThat(event.message()).isEqualTo("the call took longer than the 2 s that timeout 'payments' allows; "
				+ "it was not to be stopped, and its outcome was passed on");
		assertThat(event.details()).containsEntry("count", 1L);
	}

	@Test
	void callWhenItMayNotInterruptShouldOnlyCount() throws Exception {
		Timeout gentle = timeout(Duration.ofSeconds(2), false);
		assertThat(gentle.call(() -> {
			this.ticker.advance(Duration.ofSeconds(3));
			return Thread.currentThread().isInterrupted();
		})).isEqualTo(false);
		IOException failure = new IOException("refused");
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> gentle.call(() -> {
			this.ticker.advance(Duration.ofSeconds(3));
			throw failure;
		})).isSameAs(failure);
		assertThat(gentle.snapshot().calls()).containsEntry("late", 2L).containsEntry("timed-out", 0L);
	}

	@Test
	void callWhenItFailsInTimeShouldThrowTheFailureAsItIs() {
		IOException failure = new IOException("refused");
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> this.timeout.call(() -> {
			throw failure;
		})).isSameAs(failure);
		assertThat(this.timeout.snapshot().calls()).containsEntry("failed", 1L);
	}

	@Test
	void callWhenAnErrorIsThrownLateShouldNotHideIt() {
		assertThatExceptionOfType(StackOverflowError.class).isThrownBy(() -> this.timeout.call(() -> {
			this.ticker.advance(Duration.ofSeconds(3));
			throw new StackOverflowError();
		}));
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
	}

	@Test
	void callWhenAnInnerPolicyRejectsShouldCountItAsIgnored() {
		Bulkhead full = new Bulkhead("full", BulkheadConfig.builder().maxConcurrentCalls(1).build(),
				this.ticker.source());
		full.tryAcquire();
		assertThatExceptionOfType(BulkheadFullException.class)
			.isThrownBy(() -> Pipeline.of(this.timeout, full).call(() -> "never"));
		assertThat(this.timeout.snapshot().calls()).containsEntry("ignored", 1L).containsEntry("failed", 0L);
	}

	@Test
	void callWhenSomebodyElseInterruptsShouldPassTheInterruptionOn() {
		assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> this.timeout.call(() -> {
			Thread.currentThread().interrupt();
			this.ticker.advance(Duration.ofSeconds(3));
			this.ticker.sleep(1);
			return "never";
		}));
	}

	@Test
	@Trap(22)
	void callWhenNestedShouldStopTheOuterAfterTheInner() {
		Timeout inner = timeout(Duration.ofSeconds(1), true);
		assertThatExceptionOfType(CallTimeoutException.class).isThrownBy(() -> this.timeout.call(() -> {
			assertThatExceptionOfType(CallTimeoutException.class).isThrownBy(() -> inner.call(() -> {
				this.ticker.advance(Duration.ofMillis(1001));
				this.ticker.sleep(1);
				return "never";
			}));
			this.ticker.sleep(Duration.ofMillis(900).toNanos());
			assertThat(Thread.currentThread().isInterrupted()).as("in time").isFalse();
			this.ticker.advance(Duration.ofMillis(200));
			this.ticker.sleep(1);
			return "never";
		})).satisfies((ex) -> assertThat(ex.rejection().policy()).isSameAs(this.timeout));
	}

	@Test
	@Trap(21)
	void callWhenManyEndedShouldKeepNoTimerForEach() throws Exception {
		for (int call = 0; call < 1_000; call++) {
			this.timeout.call(() -> "done");
		}
		assertThat(this.ticker.timers()).isLessThanOrEqualTo(1);
	}

	@Test
	void callWhenInTimeShouldAllocateNothing() throws Exception {
		Timeout system = Timeout.of("payments", TimeoutConfig.builder().duration(Duration.ofSeconds(2)).build());
		Callable<String> call = () -> "done";
		ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
		double least = Double.MAX_VALUE;
		for (int round = 0; round < 4; round++) {
			long before = threads.getCurrentThreadAllocatedBytes();
			for (int index = 0; index < 100_000; index++) {
				system.call(call);
			}
			least = Math.min(least, (threads.getCurrentThreadAllocatedBytes() - before) / 100_000.0);
		}
		assertThat(least).isLessThan(1);
	}

	@Test
	@Trap(21)
	void callAsyncWhenItEndsShouldFreeItsTimer() {
		CompletableFuture<String> callee = new CompletableFuture<>();
		CompletableFuture<String> call = this.timeout.callAsync(() -> callee).toCompletableFuture();
		assertThat(this.ticker.timers()).isOne();
		callee.complete("done");
		assertThat(call).isCompletedWithValue("done");
		assertThat(this.ticker.timers()).isZero();
		this.timeout.callAsync(() -> CompletableFuture.failedFuture(new IOException()));
		this.timeout.callAsync(() -> {
			throw new IllegalStateException("at once");
		});
		assertThat(this.ticker.timers()).isZero();
		assertThat(this.timeout.snapshot().calls()).containsEntry("succeeded", 1L).containsEntry("failed", 2L);
	}

	@Test
	@Trap(22)
	void callAsyncWhenTimeIsOverShouldFailAndCancelTheWork() {
		CompletableFuture<String> callee = new CompletableFuture<>();
		CompletableFuture<String> call = this.timeout.callAsync(() -> callee).toCompletableFuture();
		this.ticker.advance(Duration.ofSeconds(2));
		assertThat(callee).isCancelled();
		assertThat(call).failsWithin(Duration.ZERO).withThrowableThat().withCauseInstanceOf(CallTimeoutException.class);
		assertThat(this.timeout.snapshot().calls()).containsEntry("timed-out", 1L).containsEntry("ignored", 0L);
	}

	@Test
	void callAsyncWhenCancelledShouldCancelTheWorkAndItsTimer() {
		CompletableFuture<String> callee = new CompletableFuture<>();
		CompletableFuture<String> call = this.timeout.callAsync(() -> callee).toCompletableFuture();
		assertThat(call.cancel(true)).isTrue();
		assertThat(callee).isCancelled();
		assertThat(call).isCancelled();
		assertThat(this.ticker.timers()).isZero();
		assertThat(this.timeout.snapshot().calls()).containsEntry("ignored", 1L);
	}

	@Test
	void callAsyncWhenTheSupplierItselfIsSlowShouldTellInTime() {
		CompletableFuture<String> callee = new CompletableFuture<>();
		CompletableFuture<String> call = this.timeout.callAsync(() -> {
			this.ticker.advance(Duration.ofSeconds(2));
			return callee;
		}).toCompletableFuture();
		assertThat(call).isCompletedExceptionally();
		assertThat(callee).isCancelled();
	}

	@Test
	void callAsyncWhenTheWorkCannotBeCancelledShouldHoldItsPlaceUntilItEnds() {
		Bulkhead bulkhead = new Bulkhead("orders", BulkheadConfig.builder().maxConcurrentCalls(1).build(),
				this.ticker.source());
		CompletableFuture<String> callee = new CompletableFuture<>();
		CompletableFuture<String> call = Pipeline.of(bulkhead, this.timeout)
			.callAsync(callee::minimalCompletionStage)
			.toCompletableFuture();
		this.ticker.advance(Duration.ofSeconds(2));
		assertThat(call).isCompletedExceptionally();
		assertThat(bulkhead.tryAcquire()).isNotInstanceOf(Permit.class);
		callee.complete("late");
		assertThat(bulkhead.tryAcquire()).isInstanceOf(Permit.class);
	}

	@Test
	void callAsyncWhenCancelledButNotTheWorkShouldHoldThePlaceUntilItEnds() {
		Bulkhead bulkhead = new Bulkhead("orders", BulkheadConfig.builder().maxConcurrentCalls(1).build(),
				this.ticker.source());
		CompletableFuture<String> callee = new CompletableFuture<>();
		CompletableFuture<String> call = Pipeline.of(bulkhead, this.timeout)
			.callAsync(callee::minimalCompletionStage)
			.toCompletableFuture();
		assertThat(call.cancel(true)).isTrue();
		assertThat(bulkhead.tryAcquire()).isNotInstanceOf(Permit.class);
		callee.complete("late");
		assertThat(bulkhead.tryAcquire()).isInstanceOf(Permit.class);
	}

	@Test
	void listenerWhenCallsRunOutOfTimeShouldHearOnceASecondAndOfOtherSettings() throws Exception {
		RecordingListener events = new RecordingListener();
		Timeout gentle = timeout(Duration.ofSeconds(2), false);
		gentle.addListener(events);
		for (int call = 0; call < 3; call++) {
			gentle.callAsync(CompletableFuture::new);
		}
		this.ticker.advance(Duration.ofSeconds(2));
		gentle.call(() -> gentle.call(this::late));
		gentle.reconfigure(TimeoutConfig.builder().duration(Duration.ofSeconds(1)).build());
		List<PolicyEvent> heard = events.await(3);
		assertThat(heard).extracting(PolicyEvent::kind).containsExactly("timeout", "late", "reconfigured");
		assertThat(heard.get(0).message())
			.isEqualTo("the call took longer than the 2 s that timeout 'payments' allows");
		assertThat(gentle.snapshot().calls()).containsEntry("timed-out", 3L).containsEntry("late", 2L);
		assertThat(gentle.snapshot().config()).containsEntry("duration", Duration.ofSeconds(1));
	}

	@Test
	void snapshotShouldTellTheConfiguration() {
		assertThat(this.timeout.snapshot().config()).containsEntry("duration", Duration.ofSeconds(2))
			.containsEntry("interrupt", true);
		assertThat(this.timeout.snapshot().calls().keySet()).containsExactly("succeeded", "failed", "timed-out", "late",
				"ignored");
	}

	@Test
	void buildWhenTheDurationBreaksItsRuleShouldNameItAndTheRemedy() {
		for (Duration duration : List.of(Duration.ZERO, Duration.ofNanos(-1), Duration.ofDays(366))) {
			assertThatIllegalArgumentException().isThrownBy(() -> timeout(duration, true))
				.withMessage("'duration' is '" + duration
						+ "' but must be positive and at most 365 days: say how long a call may take, such as 2s");
		}
	}

	@Test
	void buildWhenTheDurationIsAtItsLimitShouldAcceptIt() {
		for (Duration duration : List.of(Duration.ofNanos(1), Duration.ofDays(365))) {
			assertThat(timeout(duration, true).config().duration()).isEqualTo(duration);
		}
	}

	private String late() {
		this.ticker.advance(Duration.ofSeconds(3));
		return "late";
	}

	private Timeout timeout(Duration duration, boolean interrupt) {
		return new Timeout("payments", TimeoutConfig.builder().duration(duration).interrupt(interrupt).build(),
				this.ticker.source());
	}

}
