package dev.resilience.circuitbreaker;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The latest calls, by number.
 */
final class CountWindow extends Window {

	// A ring of outcomes, two bits each. A call takes the next place with one atomic
	// addition and writes its outcome over the one that was there, so the ring always
	// holds the latest outcomes. Where the outcome is the same, and in healthy traffic it
	// is, nothing is written but the position.
	//
	// The running counts follow the ring a moment later, so they only tell when to look:
	// what counts is the ring itself. A call that was held up between its place and its
	// outcome for a whole round writes over a later outcome. Before it writes, it counts
	// as a success.
	//
	// The position is written by every call. It stands in the same array as the ring,
	// with a cache line's room on either side, so that it shares its line with nothing
	// that a call reads before: not this object, nor the header of the array. The ring
	// may share it, as a call reads its place there right after it has taken it.

	private static final int PER_WORD = 32;

	private static final long FAILED_BITS = 0x5555_5555_5555_5555L;

	private static final int POSITION = 7;

	private static final int RING = 8;

	private static final int ROOM = 7;

	private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

	private static final VarHandle FAILURES = field("failures");

	private static final VarHandle SLOW_CALLS = field("slowCalls");

	private final int size;

	private final long[] words;

	private volatile int failures;

	private volatile int slowCalls;

	CountWindow(int size) {
		this.size = size;
		this.words = new long[RING + Math.max(ROOM, (size + PER_WORD - 1) / PER_WORD)];
	}

	private static VarHandle field(String name) {
		try {
			return MethodHandles.lookup().findVarHandle(CountWindow.class, name, int.class);
		}
		catch (ReflectiveOperationException ex) {
			throw new ExceptionInInitializerError(ex);
		}
	}

	@Override
	boolean hasShapeOf(SlidingWindow settings) {
		return settings.type() == SlidingWindow.Type.COUNT && settings.calls() == this.size;
	}

	@Override
	void record(int outcome) {
		long turn = (long) WORD.getAndAdd(this.words, POSITION, 1L);
		int place = (int) (turn % this.size);
		int former = put(RING + place / PER_WORD, (place % PER_WORD) * 2, outcome);
		if (former != outcome) {
			adjust(FAILURES, (outcome & FAILED) - (former & FAILED));
			adjust(SLOW_CALLS, ((outcome & SLOW) - (former & SLOW)) / SLOW);
		}
	}

	private int put(int word, int shift, int outcome) {
		while (true) {
			long current = (long) WORD.getVolatile(this.words, word);
			int former = (int) (current >>> shift) & (FAILED | SLOW);
			long next = current ^ ((long) (former ^ outcome) << shift);
			if (next == current || WORD.compareAndSet(this.words, word, current, next)) {
				return former;
			}
		}
	}

	private void adjust(VarHandle count, int change) {
		if (change != 0) {
			int ignored = (int) count.getAndAdd(this, change);
		}
	}

	@Override
	boolean seemsBroken(SlidingWindow settings) {
		return !isHealthy() && seemsBroken(settings, calls(), this.failures, this.slowCalls);
	}

	@Override
	Tally tally() {
		long calls = calls();
		long failed = 0;
		long slow = 0;
		for (int word = RING; word < this.words.length; word++) {
			long outcomes = (long) WORD.getVolatile(this.words, word);
			failed += Long.bitCount(outcomes & FAILED_BITS);
			slow += Long.bitCount(outcomes & ~FAILED_BITS);
		}
		return new Tally(calls, failed, slow);
	}

	@Override
	boolean isHealthy() {
		return (this.failures | this.slowCalls) == 0;
	}

	private long calls() {
		return Math.min((long) WORD.getVolatile(this.words, POSITION), this.size);
	}

}
