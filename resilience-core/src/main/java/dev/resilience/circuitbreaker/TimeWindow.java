package dev.resilience.circuitbreaker;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;

import dev.resilience.time.Ticker;

/**
 * The latest calls, by time.
 */
final class TimeWindow extends Window {

	// The window is cut into 60 slices: the present one, to which calls are added, and
	// the 59 before it. The oldest outcome that counts is thus never older than the
	// window, and the youngest that is forgotten never younger by more than a slice.
	//
	// The slices in force are one immutable frame, replaced as a whole when the ticker
	// has left the present slice. A call that was held up may add to a slice that has
	// just passed, which moves it back by a little and never forward. So a slice that is
	// still empty when it passes stays as long as any other.
	//
	// Reading the ticker is the dearest part of a call. In a slice that has seen many
	// calls a success therefore relies on the frame it finds, and only every eighth call
	// looks whether it is still in force. After a pause up to seven successes may thus
	// go into a slice that is over; all others, and every failed or slow call, look
	// first.
	// No share opens the breaker before somebody looked.
	//
	// A ticker that stands still keeps the present slice, and everything in it counts.
	// One that steps back by more than a slice begins a new slice where it is now, so
	// that the window goes on moving.

	private static final int SLICES = 60;

	private static final int BUSY = 64;

	private static final int LOOK_EVERY = 8;

	private static final VarHandle FRAME;

	static {
		try {
			FRAME = MethodHandles.lookup().findVarHandle(TimeWindow.class, "frame", Frame.class);
		}
		catch (ReflectiveOperationException ex) {
			throw new ExceptionInInitializerError(ex);
		}
	}

	private final Ticker ticker;

	private final long sliceNanos;

	private volatile Frame frame;

	TimeWindow(Duration duration, Ticker ticker) {
		this.ticker = ticker;
		this.sliceNanos = duration.toNanos() / SLICES;
		this.frame = new Frame(ticker.read(), new Slice(0), new Slice[0]);
	}

	@Override
	boolean hasShapeOf(SlidingWindow settings) {
		return settings.type() == SlidingWindow.Type.TIME && settings.duration().toNanos() / SLICES == this.sliceNanos;
	}

	@Override
	void record(int outcome) {
		Frame found = this.frame;
		boolean looks = outcome != 0 || !found.busy;
		Frame taken = looks ? look() : found;
		long before = taken.present.add(outcome);
		if (!looks) {
			if (before % LOOK_EVERY == 0) {
				look();
			}
		}
		else if (before >= BUSY && !taken.busy) {
			taken.busy = true;
		}
	}

	/**
	 * The frame in force now.
	 */
	private Frame look() {
		long now = this.ticker.read();
		while (true) {
			Frame found = this.frame;
			long elapsed = now - found.begin;
			if (elapsed < this.sliceNanos && elapsed > -this.sliceNanos) {
				return found;
			}
			Frame next = (elapsed > 0) ? found.after(elapsed / this.sliceNanos, this.sliceNanos) : found.at(now);
			if (FRAME.compareAndSet(this, found, next)) {
				return next;
			}
		}
	}

	@Override
	boolean seemsBroken(SlidingWindow settings) {
		Frame found = this.frame;
		Slice present = found.present;
		long failed = found.failed + present.failed;
		long slow = found.slow + present.slow;
		return (failed | slow) != 0 && seemsBroken(settings, found.calls + present.calls, failed, slow);
	}

	@Override
	Tally tally() {
		Frame found = look();
		Slice present = found.present;
		long calls = present.calls;
		long failed = present.failed;
		long slow = present.slow;
		for (Slice slice : found.older) {
			calls += slice.calls;
			failed += slice.failed;
			slow += slice.slow;
		}
		return new Tally(calls, failed, slow);
	}

	@Override
	boolean isHealthy() {
		Tally tally = tally();
		return (tally.failed() | tally.slow()) == 0;
	}

	/**
	 * The slices that count from one moment on, and what the older ones held then.
	 */
	private static final class Frame {

		private final long begin;

		private final Slice present;

		private final Slice[] older;

		/** Whether the present slice has seen many calls; its count is all callers'. */
		private volatile boolean busy;

		private long calls;

		private long failed;

		private long slow;

		Frame(long begin, Slice present, Slice[] older) {
			this.begin = begin;
			this.present = present;
			this.older = older;
			for (Slice slice : older) {
				this.calls += slice.calls;
				this.failed += slice.failed;
				this.slow += slice.slow;
			}
		}

		Frame after(long slices, long sliceNanos) {
			return next(this.begin + slices * sliceNanos, Math.min(slices, SLICES));
		}

		Frame at(long now) {
			return next(now, 1);
		}

		private Frame next(long begin, long slices) {
			long number = this.present.number + slices;
			int kept = 0;
			Slice[] slicesKept = new Slice[this.older.length + 1];
			for (Slice slice : this.older) {
				if (slice.counts(number)) {
					slicesKept[kept++] = slice;
				}
			}
			if (this.present.counts(number)) {
				slicesKept[kept++] = this.present;
			}
			return new Frame(begin, new Slice(number), Arrays.copyOf(slicesKept, kept));
		}

	}

	/**
	 * The outcomes of one slice of time.
	 */
	private static final class Slice {

		private static final AtomicLongFieldUpdater<Slice> CALLS = AtomicLongFieldUpdater.newUpdater(Slice.class,
				"calls");

		private static final AtomicLongFieldUpdater<Slice> FAILURES = AtomicLongFieldUpdater.newUpdater(Slice.class,
				"failed");

		private static final AtomicLongFieldUpdater<Slice> SLOW_CALLS = AtomicLongFieldUpdater.newUpdater(Slice.class,
				"slow");

		private final long number;

		private volatile long calls;

		private volatile long failed;

		private volatile long slow;

		Slice(long number) {
			this.number = number;
		}

		long add(int outcome) {
			long before = CALLS.getAndIncrement(this);
			if ((outcome & FAILED) != 0) {
				FAILURES.getAndIncrement(this);
			}
			if ((outcome & SLOW) != 0) {
				SLOW_CALLS.getAndIncrement(this);
			}
			return before;
		}

		/**
		 * Whether it counts while another slice is the present one.
		 */
		boolean counts(long present) {
			return present - this.number < SLICES;
		}

	}

}
