package dev.resilience.time;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * Watches over the time of work that stays on its caller's thread, and interrupts the
 * thread when it is over. Thread-safe and lock-free for those who begin and end work;
 * they allocate nothing once their thread is known.
 * <p>
 * Work is stopped at its deadline or up to a millisecond later; later still only where
 * deadlines are so many that looking through them takes its time.
 */
public abstract class Deadlines {

	// Nearly all work ends in time, so nearly all timers would be set in vain. Instead of
	// a timer for each piece of work there is one object for each thread (and level of
	// nesting), and one scan for all of them when the nearest deadline has come. By then
	// that work has usually ended, and the scan finds the next one that is to come: with
	// deadlines of a second there is about one scan in a second, however many calls.
	//
	// `wake` is the time of the next scan, or one of four marks that no deadline
	// equals. Whoever begins work writes the deadline first and looks at `wake`
	// afterwards: it brings an earlier deadline to it, and while a scan is going on,
	// which may have passed the deadline by, asks for another one. The scan marks its
	// beginning first and looks at the deadlines afterwards. So one of the two sees
	// the other.
	//
	// Where a wake-up could not be set, others may have relied on it: those who begin
	// later deadlines look at `wake` only. So whoever begins work next has all looked
	// at, at once.
	//
	// A scan drops the deadlines of threads that are idle, which come back by
	// themselves with the next work, so threads that are gone are not held. Between
	// two scans there is a pause that is long in comparison, so that no load makes
	// scanning a load.

	private static final long NEVER = 1;

	private static final long SCANNING = 2;

	private static final long AGAIN = 3;

	private static final long UNWATCHED = 4;

	static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(1);

	private static final int PAUSE_FACTOR = 8;

	private static final long CLEANING = TimeUnit.SECONDS.toNanos(10);

	private static final VarHandle WAKE;

	private static final VarHandle ATTACHED;

	private static final ThreadLocal<Deadline.Nesting> NESTING = ThreadLocal.withInitial(Deadline.Nesting::new);

	static {
		try {
			MethodHandles.Lookup lookup = MethodHandles.lookup();
			WAKE = lookup.findVarHandle(Deadlines.class, "wake", long.class);
			ATTACHED = lookup.findVarHandle(Deadlines.class, "attached", Deadline.class);
		}
		catch (ReflectiveOperationException ex) {
			throw new ExceptionInInitializerError(ex);
		}
	}

	private final Ticker ticker;

	private volatile long wake = NEVER;

	private volatile @Nullable Deadline attached;

	private @Nullable Deadline known;

	Deadlines(Ticker ticker) {
		this.ticker = ticker;
	}

	/**
	 * The deadlines that are watched by a source of time. Those of the running JVM have a
	 * thread of their own, so that nothing else can delay them.
	 * @param time the source
	 * @return the deadlines
	 */
	public static Deadlines of(TimeSource time) {
		return time.equals(TimeSource.system()) ? DeadlineWatch.started() : new DeadlineTimer(time);
	}

	/**
	 * Begins work on this thread.
	 * @param nanos how long it may take, in nanoseconds, positive and at most 100 years
	 * @param interrupts whether to interrupt the thread when it takes longer
	 * @return the deadline, to be ended when the work has ended
	 */
	public final Deadline begin(long nanos, boolean interrupts) {
		long now = this.ticker.read();
		long at = roundedUp(now + nanos);
		Deadline deadline = NESTING.get().next(this);
		deadline.begin(at, interrupts);
		try {
			alarm((nanos > CLEANING) ? roundedUp(now + CLEANING) : at);
		}
		catch (Throwable ex) {
			deadline.end(null);
			throw ex;
		}
		return deadline;
	}

	private void alarm(long at) {
		while (true) {
			long current = this.wake;
			if (current == AGAIN || (current == SCANNING && WAKE.compareAndSet(this, SCANNING, AGAIN))) {
				return;
			}
			if (current != SCANNING) {
				if (isTime(current) && at - current >= 0) {
					return;
				}
				long next = (current == UNWATCHED) ? roundedUp(this.ticker.read()) : at;
				if (WAKE.compareAndSet(this, current, next)) {
					wake(next);
					return;
				}
			}
		}
	}

	private void wake(long at) {
		try {
			wakeAt(at);
		}
		catch (Throwable ex) {
			WAKE.compareAndSet(this, at, UNWATCHED);
			throw ex;
		}
	}

	/**
	 * Sets the wake-up for the next scan, if there is to be one. Nobody is there to be
	 * told that it cannot be set.
	 */
	final void wakeNext() {
		long at = this.wake;
		if (isTime(at)) {
			try {
				wake(at);
			}
			catch (Throwable ex) {
				// Whoever begins work next tries again.
			}
		}
	}

	private static boolean isTime(long wake) {
		return (wake & 7) == 0;
	}

	/**
	 * The next scan is to be at this time, unless it comes earlier anyway. If that fails,
	 * it comes as it would have come.
	 */
	abstract void wakeAt(long at);

	final Ticker ticker() {
		return this.ticker;
	}

	/**
	 * How long until the next scan, or a negative number if nobody needs one.
	 */
	final long nanosUntilScan() {
		long at = this.wake;
		if (at == UNWATCHED) {
			return 0;
		}
		return isTime(at) ? Math.max(0, at - this.ticker.read()) : -1;
	}

	final void attach(Deadline deadline) {
		Deadline first;
		do {
			first = this.attached;
			deadline.next = first;
		}
		while (!ATTACHED.compareAndSet(this, first, deadline));
	}

	/**
	 * Fires the deadlines that have come, and finds the next one.
	 */
	final synchronized void scan() {
		this.wake = SCANNING;
		long begin = this.ticker.read();
		long nearest = roundedUp(begin);
		try {
			adopt();
			nearest = scan(begin);
		}
		finally {
			long end = this.ticker.read();
			long soonest = roundedUp(end + Math.max(PAUSE, PAUSE_FACTOR * (end - begin)));
			long target = (nearest == NEVER || nearest - soonest > 0) ? nearest : soonest;
			if (!WAKE.compareAndSet(this, SCANNING, target)) {
				this.wake = soonest;
			}
		}
	}

	private void adopt() {
		Deadline deadline = (Deadline) ATTACHED.getAndSet(this, null);
		while (deadline != null) {
			Deadline following = deadline.next;
			deadline.next = this.known;
			this.known = deadline;
			deadline = following;
		}
	}

	private long scan(long now) {
		long nearest = NEVER;
		Deadline previous = null;
		Deadline following;
		for (Deadline deadline = this.known; deadline != null; deadline = following) {
			following = deadline.next;
			if (deadline.detach()) {
				if (previous == null) {
					this.known = following;
				}
				else {
					previous.next = following;
				}
				continue;
			}
			previous = deadline;
			long next = look(deadline, now);
			nearest = (nearest == NEVER || next - nearest < 0) ? next : nearest;
		}
		return nearest;
	}

	/**
	 * Looks after one deadline, and tells when to look again.
	 */
	private static long look(Deadline deadline, long now) {
		long word = deadline.word();
		if (Deadline.isArmed(word)) {
			long at = Deadline.at(word);
			if (at - now > 0) {
				return (at - now > CLEANING) ? roundedUp(now + CLEANING) : at;
			}
			deadline.fire(word);
		}
		return roundedUp(now + CLEANING);
	}

	/**
	 * To a multiple of eight, which leaves three bits for states and marks.
	 */
	private static long roundedUp(long nanos) {
		return (nanos + 7) & ~7L;
	}

}
