package dev.resilience.time;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import dev.resilience.Interleavings;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("interleaving")
class TimeInterleavingTests {

	@Test
	void occurredInAnyOrderShouldTellOfEveryOccurrenceOnce() {
		Interleavings.check(Occurrences.class, 150);
	}

	@Test
	void beginWhileDeadlinesAreScannedShouldLoseNone() {
		Interleavings.check(Watching.class, 100);
	}

	/**
	 * Occurrences in one interval and after it.
	 */
	public static class Occurrences {

		private final AtomicLong now = new AtomicLong();

		private final AtomicLong occurred = new AtomicLong();

		private final AtomicLong told = new AtomicLong();

		private final Digest digest = new Digest(this.now::get, Duration.ofSeconds(1));

		@Operation
		public void occur() {
			this.occurred.incrementAndGet();
			this.told.addAndGet(this.digest.occurred());
		}

		@Operation
		public void pass() {
			this.now.addAndGet(TimeUnit.SECONDS.toNanos(1));
		}

		@Validate
		public void theNextOneTellsOfAllTheOthers() {
			pass();
			occur();
			if (this.told.get() != this.occurred.get()) {
				throw new IllegalStateException(this.told + " told of " + this.occurred);
			}
		}

	}

	/**
	 * Work that begins and ends while somebody looks for the next deadline.
	 */
	public static class Watching {

		private final AtomicLong now = new AtomicLong();

		private final List<Deadline> begun = new CopyOnWriteArrayList<>();

		private final Deadlines deadlines = new Deadlines(this.now::get) {

			@Override
			void wakeAt(long at) {
			}

		};

		@Operation
		public void begin() {
			this.begun.add(this.deadlines.begin(TimeUnit.MILLISECONDS.toNanos(20), false));
		}

		@Operation
		public void beginAndEnd() {
			this.deadlines.begin(TimeUnit.MILLISECONDS.toNanos(10), false).end(null);
		}

		@Operation
		public void scan() {
			this.deadlines.scan();
		}

		@Validate
		public void theNextScanIsInTimeAndSeesThemAll() {
			long next = this.deadlines.nanosUntilScan();
			if (!this.begun.isEmpty() && (next < 0 || next > TimeUnit.MILLISECONDS.toNanos(20))) {
				throw new IllegalStateException("next scan in " + next);
			}
			this.now.set(TimeUnit.MILLISECONDS.toNanos(30));
			this.deadlines.scan();
			for (Deadline each : this.begun) {
				if (Deadline.isArmed(each.word())) {
					throw new IllegalStateException("a deadline was overlooked");
				}
			}
		}

	}

}
