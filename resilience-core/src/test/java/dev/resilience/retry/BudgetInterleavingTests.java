package dev.resilience.retry;

import java.util.concurrent.atomic.AtomicLong;

import dev.resilience.Interleavings;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("interleaving")
class BudgetInterleavingTests {

	@Test
	void takeInAnyOrderShouldPayForNoMoreThanThereIs() {
		Interleavings.check(Paying.class, 100);
	}

	/**
	 * A reserve of two, and a retry more for every second call.
	 */
	public static class Paying {

		private final AtomicLong calls = new AtomicLong();

		private final Budget budget = new Budget(new RetryBudget(0.5, 2), () -> 0, this.calls::get);

		@Operation
		public boolean take() {
			return this.budget.take();
		}

		@Operation
		public void call() {
			this.calls.incrementAndGet();
		}

		@Operation
		public double left() {
			return this.budget.left();
		}

	}

}
