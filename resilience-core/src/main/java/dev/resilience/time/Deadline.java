package dev.resilience.time;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;

/**
 * The deadline of a piece of work on the thread that began it. The same object serves one
 * piece of work after the other. Only that thread may {@link #end(Throwable)} it, once,
 * and the inner one first where deadlines are nested.
 */
public final class Deadline {

	// The deadline and what has become of it are one word, so that whoever finds the
	// time over can only ever hit the very work whose time it was. While it
	// interrupts the thread, the state is FIRING, and work that ends meanwhile waits
	// for it: the interrupt has arrived before the code that follows begins, and can
	// be taken back.
	//
	// An interrupt is one bit, whoever sets it. If it was set when the time ran out,
	// it is somebody else's: nothing is added, and nothing taken back. If the work
	// throws an InterruptedException, it has consumed one; is the bit set
	// nevertheless, there were two, ours and somebody else's, so one of them is to
	// stay. In any other case the bit is ours. Ours are counted for each thread, so
	// that an inner deadline's interrupt is not taken for somebody else's by an outer
	// one; and what the inner one takes back, it sets again if the time of an outer
	// one is over too.

	private static final long STATE = 7;

	private static final long DETACHED = 0;

	private static final long IDLE = 1;

	private static final long ARMED = 2;

	private static final long FIRING = 3;

	private static final long STOPPED = 4;

	private static final long PASSED = 5;

	private static final int SPINS = 100;

	private static final long BREATH = 10_000;

	private static final VarHandle WORD;

	static {
		try {
			WORD = MethodHandles.lookup().findVarHandle(Deadline.class, "word", long.class);
		}
		catch (ReflectiveOperationException ex) {
			throw new ExceptionInInitializerError(ex);
		}
	}

	private final Deadlines home;

	private final Nesting nesting;

	private final @Nullable Deadline outer;

	private @Nullable Deadline inner;

	private boolean interrupts;

	private volatile long word = DETACHED;

	@Nullable Deadline next;

	private Deadline(Deadlines home, Nesting nesting, @Nullable Deadline outer) {
		this.home = home;
		this.nesting = nesting;
		this.outer = outer;
	}

	/**
	 * The work has ended. Afterwards no interrupt of this deadline will come, and none is
	 * left behind.
	 * @param thrown what the work threw, if it did
	 * @return how it ended
	 */
	public End end(@Nullable Throwable thrown) {
		this.nesting.innermost = this.outer;
		long current = this.word;
		if ((current & STATE) == ARMED && WORD.compareAndSet(this, current, IDLE)) {
			return End.IN_TIME;
		}
		boolean stopped = isStopped();
		if (stopped) {
			takeBack(thrown);
		}
		this.word = IDLE;
		return stopped ? End.STOPPED : End.PASSED;
	}

	private void takeBack(@Nullable Throwable thrown) {
		if (!(thrown instanceof InterruptedException)) {
			Thread.interrupted();
		}
		for (Deadline each = this.outer; each != null; each = each.outer) {
			if (each.isStopped()) {
				Thread.currentThread().interrupt();
			}
		}
		this.nesting.interrupts.getAndDecrement();
	}

	private boolean isStopped() {
		int spins = 0;
		long state;
		while ((state = this.word & STATE) == FIRING) {
			if (++spins < SPINS) {
				Thread.onSpinWait();
			}
			else {
				LockSupport.parkNanos(this, BREATH);
			}
		}
		return state == STOPPED;
	}

	void begin(long at, boolean mayInterrupt) {
		this.nesting.innermost = this;
		this.interrupts = mayInterrupt;
		long armed = at | ARMED;
		if (!WORD.compareAndSet(this, IDLE, armed)) {
			this.word = armed;
			this.home.attach(this);
		}
	}

	/**
	 * The deadline and its state, for {@link #isArmed(long)}, {@link #at(long)} and
	 * {@link #fire(long)}.
	 */
	long word() {
		return this.word;
	}

	/**
	 * Leaves the list of deadlines, unless work is going on.
	 */
	boolean detach() {
		return this.word == IDLE && WORD.compareAndSet(this, IDLE, DETACHED);
	}

	/**
	 * The time is over.
	 * @param seen the word that said so
	 */
	void fire(long seen) {
		if (!WORD.compareAndSet(this, seen, FIRING)) {
			return;
		}
		boolean stops = false;
		try {
			Thread thread = this.nesting.thread;
			if (this.interrupts && (!thread.isInterrupted() || this.nesting.interrupts.get() > 0)) {
				this.nesting.interrupts.getAndIncrement();
				stops = true;
				thread.interrupt();
			}
		}
		catch (SecurityException ex) {
			// The thread lets nobody interrupt it: like work that ignores it.
		}
		finally {
			this.word = stops ? STOPPED : PASSED;
		}
	}

	static boolean isArmed(long word) {
		return (word & STATE) == ARMED;
	}

	static long at(long word) {
		return word & ~STATE;
	}

	/**
	 * How work under a deadline ended.
	 */
	public enum End {

		/** Before its time was over. */
		IN_TIME,

		/** Later, after it had been interrupted. */
		STOPPED,

		/**
		 * Later, and it was not interrupted: that was not asked for, or somebody else had
		 * done so already.
		 */
		PASSED

	}

	/**
	 * The deadlines of one thread, one within the other.
	 */
	static final class Nesting {

		private final Thread thread = Thread.currentThread();

		private final AtomicInteger interrupts = new AtomicInteger();

		private @Nullable Deadline outermost;

		private @Nullable Deadline innermost;

		/**
		 * The deadline for one more level.
		 */
		Deadline next(Deadlines home) {
			Deadline outer = this.innermost;
			Deadline known = (outer != null) ? outer.inner : this.outermost;
			if (known != null && known.home == home) {
				return known;
			}
			Deadline created = new Deadline(home, this, outer);
			if (outer != null) {
				outer.inner = created;
			}
			else {
				this.outermost = created;
			}
			return created;
		}

	}

}
