package dev.resilience.bulkhead;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.Permit;
import dev.resilience.time.ClosableSleeper;
import dev.resilience.time.FakeTicker;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

@Timeout(30)
class QueuedTests {

	private static final Duration MAX_WAIT = Duration.ofSeconds(2);

	private final FakeTicker ticker = new FakeTicker();

	private final Bulkhead bulkhead = bulkhead(1, 3);

	@AfterEach
	void clearInterrupt() {
		Thread.interrupted();
	}

	@Test
	void resizeWhenAWaitingCallNoLongerFitsShouldRejectItAndLetTheNextPass() {
		Bulkhead bulkhead = new Bulkhead("orders",
				BulkheadConfig.builder().maxConcurrentCalls(5).maxWaiting(5).maxWait(Duration.ofHours(1)).build(),
				this.ticker.source());
		Permit running = (Permit) bulkhead.tryAcquire();
		CompletableFuture<String> heavy = bulkhead
			.callAsync(new CallContext(null, 5, true), () -> CompletableFuture.completedFuture("heavy"))
			.toCompletableFuture();
		CompletableFuture<String> light = bulkhead.callAsync(() -> CompletableFuture.completedFuture("light"))
			.toCompletableFuture();
		bulkhead.resize(3);
		this.ticker.advance(Duration.ofMillis(1));
		assertThat(heavy).isCompletedExceptionally();
		assertThat(light).isCompletedWithValue("light");
		running.abandoned();
		assertThat(bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0).containsEntry("waiting", 0.0);
	}

	@Test
	void resizeWhenNoThreadIsToBeHadShouldRejectAndLetPassAllTheSame() {
		ClosableSleeper sleeper = new ClosableSleeper(this.ticker, new IOException("shut down"));
		Bulkhead bulkhead = new Bulkhead("orders",
				BulkheadConfig.builder().maxConcurrentCalls(5).maxWaiting(5).maxWait(Duration.ofHours(1)).build(),
				sleeper.source());
		Permit running = (Permit) bulkhead.tryAcquire();
		List<CompletableFuture<String>> heavy = new ArrayList<>();
		for (int call = 0; call < 2; call++) {
			heavy.add(
					bulkhead.callAsync(new CallContext(null, 5, true), () -> CompletableFuture.completedFuture("heavy"))
						.toCompletableFuture());
		}
		CompletableFuture<String> light = bulkhead.callAsync(() -> CompletableFuture.completedFuture("light"))
			.toCompletableFuture();
		sleeper.close(true);
		bulkhead.resize(3);
		assertThat(heavy).allMatch(CompletableFuture::isCompletedExceptionally);
		assertThat(light).isCompletedWithValue("light");
		running.abandoned();
		assertThat(bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0).containsEntry("waiting", 0.0);
	}

	@Test
	void admitWhenSeveralWaitShouldGrantInOrder() {
		Permit running = (Permit) this.bulkhead.admit(CallContext.NONE);
		List<CompletableFuture<Admission>> decisions = new ArrayList<>();
		for (int call = 0; call < 3; call++) {
			decisions.add(queued().decision().toCompletableFuture());
		}
		assertThat(this.bulkhead.snapshot().gauges()).containsEntry("waiting", 3.0);
		for (int call = 0; call < 3; call++) {
			assertThat(decisions.get(call)).isNotDone();
			running.succeeded(null, 0);
			this.ticker.advance(Duration.ZERO);
			assertThat(decisions.get(call)).isCompletedWithValueMatching(Permit.class::isInstance);
		}
		running.succeeded(null, 0);
		assertThat(this.ticker.timers()).isZero();
		assertThat(this.bulkhead.snapshot().gauges()).containsEntry("waiting", 0.0).containsEntry("in-use", 0.0);
		assertThat(this.bulkhead.snapshot().calls()).containsEntry("granted", 1L).containsEntry("waited", 3L);
	}

	@Test
	void admitWhenSomebodyWaitsShouldLetNobodyOvertake() {
		Bulkhead wide = bulkhead(2, 3);
		Permit running = (Permit) wide.admit(CallContext.NONE);
		Queued heavy = (Queued) wide.admit(new CallContext(null, 2, true));
		assertThat(wide.admit(CallContext.NONE)).as("a place is free, but not for newcomers")
			.isInstanceOf(Queued.class);
		assertThat(wide.tryAcquire()).isInstanceOf(Full.class);
		running.succeeded(null, 0);
		assertThat(heavy.decision().toCompletableFuture()).isCompletedWithValueMatching(Permit.class::isInstance);
	}

	@Test
	void cancelWhenItsCallBlockedLighterOnesShouldLetThemPass() {
		Bulkhead wide = bulkhead(2, 3);
		wide.admit(CallContext.NONE);
		Queued heavy = (Queued) wide.admit(new CallContext(null, 2, true));
		Queued light = (Queued) wide.admit(CallContext.NONE);
		heavy.cancel();
		assertThat(light.decision().toCompletableFuture()).isCompletedWithValueMatching(Permit.class::isInstance);
	}

	@Test
	void admitWhenTooManyWaitShouldReject() {
		this.bulkhead.admit(CallContext.NONE);
		Queued first = queued();
		queued();
		queued();
		assertThat(this.bulkhead.admit(CallContext.NONE)).isInstanceOfSatisfying(Full.class, (full) -> {
			assertThat(full.reason()).isEqualTo("max-waiting");
			assertThat(full.explain()).isEqualTo("bulkhead 'orders' is full: 1 of 1 places are taken, "
					+ "and no room for another waiting call (max-waiting 3)");
		});
		first.cancel();
		assertThat(this.bulkhead.admit(CallContext.NONE)).isInstanceOf(Queued.class);
	}

	@Test
	void decisionWhenTimeIsOverShouldRejectAndLeaveTheQueue() {
		Permit running = (Permit) this.bulkhead.admit(CallContext.NONE);
		CompletableFuture<Admission> decision = queued().decision().toCompletableFuture();
		this.ticker.advance(MAX_WAIT.minusNanos(1));
		assertThat(decision).isNotDone();
		this.ticker.advance(Duration.ofNanos(1));
		assertThat(decision).isCompletedWithValueMatching(
				(admission) -> admission instanceof Full full && full.reason().equals("max-wait")
						&& full.explain().endsWith("taken, and no place became free within 2000 ms"));
		running.succeeded(null, 0);
		assertThat(this.bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0).containsEntry("waiting", 0.0);
		assertThat(this.bulkhead.admit(CallContext.NONE)).as("the place did not go to who left")
			.isInstanceOf(Permit.class);
	}

	@Test
	void cancelWhenUndecidedShouldLeaveTheQueueAndItsTimer() {
		Permit running = (Permit) this.bulkhead.admit(CallContext.NONE);
		Queued queued = queued();
		CompletableFuture<Admission> decision = queued.decision().toCompletableFuture();
		queued.cancel();
		queued.cancel();
		assertThat(decision).isCompletedWithValue(Permit.INERT);
		assertThat(this.ticker.timers()).isZero();
		running.succeeded(null, 0);
		assertThat(this.bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0);
		assertThat(this.bulkhead.snapshot().calls()).containsEntry("cancelled", 1L).containsEntry("waited", 0L);
	}

	@Test
	void cancelWhenGrantedShouldDoNothing() {
		Permit running = (Permit) this.bulkhead.admit(CallContext.NONE);
		Queued queued = queued();
		CompletableFuture<Admission> decision = queued.decision().toCompletableFuture();
		running.succeeded(null, 0);
		queued.cancel();
		this.ticker.advance(MAX_WAIT);
		assertThat(decision).isCompletedWithValueMatching((admission) -> admission != Permit.INERT);
		assertThat(this.bulkhead.snapshot().gauges()).containsEntry("in-use", 1.0);
		assertThat(this.bulkhead.snapshot().calls()).containsEntry("cancelled", 0L).containsEntry("waited", 1L);
	}

	@Test
	void callAsyncWhenCancelledInTheQueueShouldLeaveIt() {
		Permit running = (Permit) this.bulkhead.admit(CallContext.NONE);
		CompletableFuture<String> call = this.bulkhead.callAsync(() -> CompletableFuture.completedFuture("never"))
			.toCompletableFuture();
		call.cancel(true);
		running.succeeded(null, 0);
		this.ticker.advance(MAX_WAIT);
		assertThat(this.bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0).containsEntry("waiting", 0.0);
	}

	@Test
	void callAsyncWhenCancelledBetweenGrantAndStartShouldFreeThePlace() {
		Permit running = (Permit) this.bulkhead.admit(CallContext.NONE);
		CompletableFuture<String> call = this.bulkhead.callAsync(() -> CompletableFuture.completedFuture("never"))
			.toCompletableFuture();
		running.succeeded(null, 0);
		call.cancel(true);
		this.ticker.advance(Duration.ZERO);
		assertThat(this.bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0);
	}

	@Test
	void callAsyncWhenManyShortCallsWaitShouldNotNestThemOnOneStack() {
		int calls = 5_000;
		Bulkhead narrow = bulkhead(1, calls);
		Permit running = (Permit) narrow.admit(CallContext.NONE);
		AtomicInteger depth = new AtomicInteger();
		AtomicInteger deepest = new AtomicInteger();
		List<CompletableFuture<String>> results = new ArrayList<>();
		for (int call = 0; call < calls; call++) {
			results.add(narrow.callAsync(() -> {
				deepest.accumulateAndGet(depth.incrementAndGet(), Math::max);
				return CompletableFuture.completedFuture("done");
			}).toCompletableFuture());
			CompletionStage<String> result = results.get(call);
			result.whenComplete((value, failure) -> depth.decrementAndGet());
		}
		running.succeeded(null, 0);
		assertThat(depth).as("the thread that frees a place runs nobody else's call").hasValue(0);
		assertThat(results.get(0)).isNotDone();
		this.ticker.advance(Duration.ZERO);
		assertThat(results).allMatch(CompletableFuture::isDone);
		assertThat(deepest).hasValue(1);
	}

	@Test
	void callAsyncWhenTheCalleeIsBusyShouldHoldThePlaceUntilItHasEnded() {
		CompletableFuture<String> callee = new CompletableFuture<>();
		CompletableFuture<String> call = this.bulkhead.callAsync(callee::minimalCompletionStage).toCompletableFuture();
		call.cancel(true);
		assertThat(this.bulkhead.snapshot().gauges()).containsEntry("in-use", 1.0);
		callee.complete("late");
		assertThat(this.bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0);
	}

	@Test
	void awaitWhenInterruptedShouldLeaveTheQueue() {
		Permit running = (Permit) this.bulkhead.admit(CallContext.NONE);
		Thread.currentThread().interrupt();
		assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> this.bulkhead.call(() -> "never"));
		assertThat(this.ticker.timers()).isZero();
		assertThat(this.bulkhead.snapshot().gauges()).containsEntry("waiting", 0.0);
		running.succeeded(null, 0);
		assertThat(this.bulkhead.snapshot().gauges()).containsEntry("in-use", 0.0);
	}

	@Test
	void awaitWhenInterruptedJustBeforeTheGrantShouldGiveThePlaceBack() throws Exception {
		Places places = new Places(this.bulkhead, false);
		assertThat(places.take(1)).isTrue();
		Queued queued = (Queued) Objects.requireNonNull(places.enter(1, 1));
		CompletableFuture<Admission> admission = new CompletableFuture<>();
		Thread waiter = new Thread(() -> {
			try {
				admission.complete(queued.await());
			}
			catch (InterruptedException ex) {
				admission.completeExceptionally(ex);
			}
		});
		waiter.start();
		awaitState(waiter, Thread.State.WAITING);
		synchronized (places) {
			waiter.interrupt();
			awaitState(waiter, Thread.State.BLOCKED);
			places.free(1);
		}
		assertThat(admission).failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.withCauseInstanceOf(InterruptedException.class);
		waiter.join();
		assertThat(places.taken()).isZero();
		assertThat(this.bulkhead.snapshot().calls()).containsEntry("waited", 0L);
	}

	private static void awaitState(Thread thread, Thread.State state) {
		while (thread.getState() != state) {
			Thread.onSpinWait();
		}
	}

	@Test
	void awaitWhenAPlaceIsFreedShouldGoOnAndOtherwiseReject() {
		Permit running = (Permit) this.bulkhead.admit(CallContext.NONE);
		CompletableFuture<String> first = inBackground();
		awaitWaiting(1);
		CompletableFuture<String> second = inBackground();
		awaitWaiting(2);
		running.succeeded(null, 0);
		assertThat(first).succeedsWithin(Duration.ofSeconds(10)).isEqualTo("done");
		assertThat(second).succeedsWithin(Duration.ofSeconds(10)).isEqualTo("done");
		this.bulkhead.admit(CallContext.NONE);
		CompletableFuture<String> third = inBackground();
		awaitWaiting(1);
		Awaitility.await().until(() -> this.ticker.timers() == 1);
		this.ticker.advance(MAX_WAIT);
		assertThat(third).failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.withRootCauseInstanceOf(BulkheadFullException.class);
	}

	@Test
	void resizeShouldGiveNewPlacesToThoseWhoWait() {
		this.bulkhead.admit(CallContext.NONE);
		this.bulkhead.admit(CallContext.ofKey("a"));
		Queued own = queued();
		Queued next = queued();
		Queued keyed = (Queued) this.bulkhead.admit(CallContext.ofKey("a"));
		assertThat(this.bulkhead.snapshot().gauges()).containsEntry("waiting", 3.0);
		this.bulkhead.resize(2);
		assertThat(own.decision().toCompletableFuture()).isDone();
		assertThat(keyed.decision().toCompletableFuture()).isDone();
		assertThat(next.decision().toCompletableFuture()).isNotDone();
		assertThat(this.bulkhead.snapshot().gauges()).containsEntry("in-use", 4.0).containsEntry("waiting", 1.0);
	}

	@Test
	void resizeWhenSmallerShouldGrantOnlyAfterEnoughHaveEnded() {
		Bulkhead wide = bulkhead(3, 3);
		Permit running = (Permit) wide.admit(CallContext.NONE);
		wide.admit(CallContext.NONE);
		wide.admit(CallContext.NONE);
		CompletableFuture<Admission> decision = ((Queued) wide.admit(CallContext.NONE)).decision()
			.toCompletableFuture();
		wide.resize(2);
		running.succeeded(null, 0);
		this.ticker.advance(Duration.ZERO);
		assertThat(decision).isNotDone();
		running.succeeded(null, 0);
		this.ticker.advance(Duration.ZERO);
		assertThat(decision).isDone();
		assertThat(wide.snapshot().gauges()).containsEntry("in-use", 2.0);
	}

	@Test
	void decisionWhenNoTimerCanBeSetShouldLeaveTheQueue() {
		ClosableSleeper sleeper = new ClosableSleeper(this.ticker);
		Bulkhead closing = bulkhead(sleeper);
		Permit running = (Permit) closing.admit(CallContext.NONE);
		Queued queued = (Queued) closing.admit(CallContext.NONE);
		sleeper.close(true);
		assertThatIllegalStateException().isThrownBy(queued::decision);
		assertThat(closing.snapshot().gauges()).containsEntry("waiting", 0.0);
		running.succeeded(null, 0);
		assertThat(closing.admit(CallContext.NONE)).as("the place did not go to who left").isInstanceOf(Permit.class);
	}

	@Test
	void decisionWhenNoThreadIsToBeHadShouldBeToldAllTheSame() {
		ClosableSleeper sleeper = new ClosableSleeper(this.ticker);
		Bulkhead closing = bulkhead(sleeper);
		Permit running = (Permit) closing.admit(CallContext.NONE);
		CompletableFuture<Admission> decision = ((Queued) closing.admit(CallContext.NONE)).decision()
			.toCompletableFuture();
		sleeper.close(true);
		running.succeeded(null, 0);
		assertThat(decision).isCompletedWithValueMatching(Permit.class::isInstance);
		assertThat(closing.snapshot().calls()).containsEntry("waited", 1L);
	}

	@Test
	void admitWhenItFindsNewPlacesForOthersShouldTellThemWithoutTheMonitor() {
		ClosableSleeper sleeper = new ClosableSleeper(this.ticker);
		Bulkhead closing = bulkhead(sleeper);
		List<Boolean> locked = new ArrayList<>();
		List<CompletableFuture<Admission>> decisions = new ArrayList<>();
		for (String key : List.of("a", "b")) {
			assertThat(closing.admit(CallContext.ofKey(key))).isInstanceOf(Permit.class);
			Queued queued = (Queued) closing.admit(CallContext.ofKey(key));
			Object places = assertThat(queued).extracting("places").actual();
			String other = "a".equals(key) ? "b" : "a";
			CompletionStage<Admission> decision = queued.decision();
			decisions.add(decision.toCompletableFuture());
			decision.thenAccept((admission) -> {
				locked.add(Thread.holdsLock(places));
				closing.admit(CallContext.ofKey(other));
			});
		}
		sleeper.close(true);
		closing.resize(2);
		assertThat(decisions).allMatch(CompletableFuture::isDone);
		assertThat(locked).containsExactly(false, false);
	}

	private static Bulkhead bulkhead(ClosableSleeper sleeper) {
		return new Bulkhead("orders",
				BulkheadConfig.builder().maxConcurrentCalls(1).maxWait(MAX_WAIT).maxWaiting(3).build(),
				sleeper.source());
	}

	private Queued queued() {
		return (Queued) this.bulkhead.admit(CallContext.NONE);
	}

	private CompletableFuture<String> inBackground() {
		CompletableFuture<String> result = new CompletableFuture<>();
		Thread thread = new Thread(() -> {
			try {
				result.complete(this.bulkhead.call(() -> "done"));
			}
			catch (Throwable ex) {
				result.completeExceptionally(ex);
			}
		});
		thread.setDaemon(true);
		thread.start();
		return result;
	}

	private void awaitWaiting(double waiting) {
		Awaitility.await()
			.pollInterval(Duration.ofMillis(1))
			.until(() -> this.bulkhead.snapshot().gauges().getOrDefault("waiting", -1.0) == waiting);
	}

	private Bulkhead bulkhead(int places, int maxWaiting) {
		return new Bulkhead("orders",
				BulkheadConfig.builder().maxConcurrentCalls(places).maxWait(MAX_WAIT).maxWaiting(maxWaiting).build(),
				this.ticker.source());
	}

}
