package dev.resilience.circuitbreaker;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import dev.resilience.Interleavings;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("interleaving")
class WindowInterleavingTests {

	@Test
	void recordInAnyOrderShouldHoldEveryOutcomeOnce() {
		Interleavings.check(Roomy.class, 80);
	}

	@Test
	void recordWhenTheRingGoesRoundInAnyOrderShouldForgetWhatIsWrittenOver() {
		Interleavings.check(Narrow.class, 80);
	}

	@Test
	void recordWhenSlicesFollowEachOtherInAnyOrderShouldLoseNone() {
		Interleavings.check(Slices.class, 80);
	}

	/**
	 * A window that forgets none of the outcomes.
	 */
	public static class Roomy {

		private final Window window;

		private final AtomicInteger calls = new AtomicInteger();

		private final AtomicInteger failed = new AtomicInteger();

		private final AtomicInteger slow = new AtomicInteger();

		public Roomy() {
			this(new CountWindow(30));
		}

		Roomy(Window window) {
			this.window = window;
		}

		@Operation
		public void succeed() {
			record(0);
		}

		@Operation
		public void fail() {
			record(Window.FAILED);
		}

		@Operation
		public void failSlowly() {
			record(Window.FAILED | Window.SLOW);
		}

		private void record(int outcome) {
			this.calls.incrementAndGet();
			this.failed.addAndGet(outcome & Window.FAILED);
			this.slow.addAndGet((outcome & Window.SLOW) / Window.SLOW);
			this.window.record(outcome);
		}

		@Validate
		public void theTallyIsWhatWasRecorded() {
			Window.Tally recorded = new Window.Tally(this.calls.get(), this.failed.get(), this.slow.get());
			Window.Tally tally = this.window.tally();
			if (!tally.equals(recorded) || this.window.isHealthy() != (this.failed.get() == 0)) {
				throw new IllegalStateException(tally + " of " + recorded);
			}
		}

	}

	/**
	 * A window of two calls.
	 */
	public static class Narrow {

		private static final int SIZE = 2;

		private final Window window = new CountWindow(SIZE);

		public Narrow() {
			this.window.record(Window.FAILED);
			this.window.record(Window.SLOW);
		}

		@Operation
		public void succeed() {
			this.window.record(0);
		}

		@Operation
		public void fail() {
			this.window.record(Window.FAILED);
		}

		@Operation
		public void failSlowly() {
			this.window.record(Window.FAILED | Window.SLOW);
		}

		@Validate
		public void theCountsFollowTheRing() {
			Window.Tally tally = this.window.tally();
			boolean healthy = this.window.isHealthy();
			this.window.record(0);
			this.window.record(0);
			boolean recovered = this.window.isHealthy();
			if (healthy != ((tally.failed() | tally.slow()) == 0) || !recovered
					|| !this.window.tally().equals(new Window.Tally(SIZE, 0, 0))) {
				throw new IllegalStateException(tally + ", healthy: " + healthy + ", in the end: " + recovered);
			}
		}

	}

	/**
	 * A window by time, which goes from slice to slice, though never so far that one is
	 * too old.
	 */
	public static class Slices extends Roomy {

		private final AtomicLong now;

		public Slices() {
			this(new AtomicLong());
		}

		private Slices(AtomicLong now) {
			super(new TimeWindow(Duration.ofSeconds(60), now::get));
			this.now = now;
		}

		@Operation
		public void pass() {
			this.now.addAndGet(Duration.ofSeconds(1).toNanos());
		}

	}

}
