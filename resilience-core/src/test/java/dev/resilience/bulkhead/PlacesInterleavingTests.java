package dev.resilience.bulkhead;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.resilience.Admission;
import dev.resilience.Interleavings;
import dev.resilience.Permit;
import dev.resilience.time.TimeSource;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("interleaving")
class PlacesInterleavingTests {

	@Test
	void takeAndFreeInAnyOrderShouldCountEachPlaceOnce() {
		Interleavings.check(Taken.class, 100);
	}

	@Test
	void admitInAnyOrderShouldLoseNeitherPlaceNorWakeUp() {
		Interleavings.check(Queue.class, 100);
	}

	private static final TimeSource TIME = Interleavings.time(() -> 0, (later) -> {
	});

	/**
	 * Three places, one of them taken.
	 */
	public static class Taken {

		private final Bulkhead bulkhead = new Bulkhead("orders", BulkheadConfig.builder().maxConcurrentCalls(3).build(),
				TIME);

		private final Places places = new Places(this.bulkhead, false);

		public Taken() {
			this.places.take(1);
		}

		@Operation
		public boolean take() {
			return this.places.take(1);
		}

		@Operation
		public boolean takeTwo() {
			return this.places.take(2);
		}

		@Operation(runOnce = true)
		public void free() {
			this.places.free(1);
		}

		@Operation(runOnce = true)
		public void resize() {
			this.bulkhead.resize(2);
		}

		@Operation
		public long passed() {
			return this.places.passed();
		}

	}

	/**
	 * One place, which is taken, and a queue of two. What runs is ended by its own
	 * operation, so that none can end what has not begun.
	 */
	public static class Queue {

		private final Bulkhead bulkhead = new Bulkhead("orders",
				BulkheadConfig.builder().maxConcurrentCalls(1).maxWaiting(2).maxWait(Duration.ofHours(1)).build(),
				TIME);

		private final Places places = new Places(this.bulkhead, false);

		private volatile @Nullable Queued first;

		private volatile @Nullable CompletableFuture<Admission> decision;

		public Queue() {
			this.places.take(1);
		}

		@Operation(runOnce = true)
		public void enter() {
			if (this.places.enter(1, 2) instanceof Queued queued) {
				this.decision = queued.decision().toCompletableFuture();
				this.first = queued;
			}
		}

		@Operation(runOnce = true)
		public void enterAndLeave() {
			Admission admission = this.places.enter(1, 2);
			if (admission instanceof Queued queued) {
				CompletionStage<Admission> decided = queued.decision();
				decided.thenAccept((granted) -> ((Permit) granted).abandoned());
				queued.cancel();
			}
			else if (admission instanceof Permit permit) {
				permit.abandoned();
			}
		}

		@Operation(runOnce = true)
		public void end() {
			this.places.free(1);
		}

		@Operation(runOnce = true)
		public void cancel() {
			Queued queued = this.first;
			if (queued != null) {
				queued.cancel();
			}
		}

		@Validate
		public void whoCanPassHasPassed() {
			int taken = this.places.taken();
			int waiting = this.places.waiting();
			CompletableFuture<Admission> decided = this.decision;
			if (taken > 1 || (waiting > 0 && taken < 1) || (decided != null && decided.isDone() == (waiting > 0))) {
				throw new IllegalStateException(taken + " taken, " + waiting + " waiting, told " + decided);
			}
		}

	}

}
