package dev.resilience.bulkhead;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import dev.resilience.Admission;
import dev.resilience.Permit;
import dev.resilience.keyed.Family;
import org.jspecify.annotations.Nullable;

/**
 * The places of one key, or of the bulkhead itself, and the queue for them. Lock-free
 * while nobody waits.
 */
final class Places extends Family.Member {

	// One word says it all, from the right: 20 bits for the places taken, 20 for the
	// calls that wait, 24 for the calls that passed at once. So a caller can only pass by
	// the queue when nobody is in it, and a call that ends cannot overlook one that just
	// queued up: either its own change of the word shows it somebody waiting, or the one
	// that queued up saw the place free. No wake-up is lost.
	//
	// The queue itself is guarded by this object's monitor; whoever changes the number of
	// the waiting holds it. Only a queue that is not empty is ever locked by a call that
	// ends.
	//
	// Counting in the word costs nothing, where a counter of its own would cost half
	// as much again as taking a place. When the count fills half of its bits, which
	// makes the word negative, the half is carried over under the monitor; so whoever
	// reads under the monitor reads the exact sum.

	static final int MOST = (1 << 20) - 1;

	private static final long TAKEN = MOST;

	private static final long WAITING = (long) MOST << 20;

	private static final long ONE_WAITING = 1L << 20;

	private static final long ONE_PASSED = 1L << 40;

	private static final long CARRY = 1L << 23;

	private static final VarHandle WORD;

	static {
		try {
			WORD = MethodHandles.lookup().findVarHandle(Places.class, "word", long.class);
		}
		catch (ReflectiveOperationException ex) {
			throw new ExceptionInInitializerError(ex);
		}
	}

	private final Bulkhead bulkhead;

	private final boolean keyed;

	private final long passing;

	private final Place single = new Place(this, 1);

	private volatile long word;

	private long carried;

	private @Nullable Set<Queued> queue;

	/**
	 * Creates free places.
	 * @param bulkhead whose they are
	 * @param keyed whether they are those of a key; their calls are counted elsewhere,
	 * because a key may be forgotten
	 */
	Places(Bulkhead bulkhead, boolean keyed) {
		this.bulkhead = bulkhead;
		this.keyed = keyed;
		this.passing = keyed ? 0 : ONE_PASSED;
	}

	/**
	 * Takes places if nobody waits and they are free.
	 */
	boolean take(int weight) {
		while (true) {
			// The word first: if the size changes now, and others pass under the new one,
			// the word has changed too.
			long current = this.word;
			if ((current & WAITING) != 0 || (current & TAKEN) + weight > this.bulkhead.places()) {
				if (current == this.word) {
					return false;
				}
				continue;
			}
			long next = current + weight + this.passing;
			if (WORD.compareAndSet(this, current, next)) {
				if (next < 0) {
					carry();
				}
				return true;
			}
		}
	}

	/**
	 * Takes places, or a place in the queue for them.
	 * @return a permit, a wait, or {@code null} when the queue is full
	 */
	@Nullable Admission enter(int weight, int maxWaiting) {
		Admission admission = takeOrQueue(weight, maxWaiting);
		if (admission instanceof Queued) {
			// A new size may have come between the look and the queue.
			grant();
		}
		return admission;
	}

	private synchronized @Nullable Admission takeOrQueue(int weight, int maxWaiting) {
		while (!take(weight)) {
			long current = this.word;
			boolean free = (current & WAITING) == 0 && (current & TAKEN) + weight <= this.bulkhead.places();
			if (!free && waiting() >= maxWaiting) {
				return null;
			}
			if (!free && WORD.compareAndSet(this, current, current + ONE_WAITING)) {
				Queued queued = new Queued(this.bulkhead, this, weight);
				add(queued);
				return queued;
			}
		}
		return permit(weight);
	}

	/**
	 * Leaves the queue.
	 * @return whether the call was still in it
	 */
	boolean leave(Queued queued) {
		synchronized (this) {
			if (!remove(queued)) {
				return false;
			}
			WORD.getAndAdd(this, -ONE_WAITING);
		}
		grant();
		return true;
	}

	/**
	 * Takes back what was granted here although the key has other places by now.
	 */
	void withdraw(Admission admission, int weight) {
		if (admission instanceof Permit) {
			giveBack(weight);
		}
		else if (admission instanceof Queued queued) {
			queued.withdraw();
		}
	}

	/**
	 * Frees the places of a call that passed.
	 */
	void free(int weight) {
		if (this.keyed) {
			this.bulkhead.countKeyed(-weight);
		}
		giveBack(weight);
	}

	private void giveBack(int weight) {
		long before = (long) WORD.getAndAdd(this, (long) -weight);
		if ((before & WAITING) != 0) {
			grant();
		}
	}

	/**
	 * Lets those pass who wait, in their order, as far as places are free.
	 */
	void grant() {
		List<Runnable> decided = new ArrayList<>();
		synchronized (this) {
			Queued next;
			while ((next = first()) != null) {
				boolean outgrown = next.weight() > this.bulkhead.places();
				if (outgrown) {
					reject(next);
					decided.add(next::refuseForGood);
				}
				else if (!takeWaiting(next.weight())) {
					break;
				}
				else if (grant(next)) {
					decided.add(next::tell);
				}
			}
		}
		decided.forEach(Runnable::run);
	}

	private boolean grant(Queued next) {
		remove(next);
		if (this.keyed) {
			this.bulkhead.countKeyed(next.weight());
		}
		return next.grant();
	}

	/**
	 * Whoever weighs more than there are places, since these became fewer, could never
	 * pass, and would keep all others waiting behind.
	 */
	private void reject(Queued next) {
		remove(next);
		WORD.getAndAdd(this, -ONE_WAITING);
	}

	/**
	 * Takes places for the first of those who wait.
	 */
	private boolean takeWaiting(int weight) {
		while (true) {
			long current = this.word;
			if ((current & TAKEN) + weight > this.bulkhead.places()) {
				return false;
			}
			if (WORD.compareAndSet(this, current, current + weight - ONE_WAITING)) {
				return true;
			}
		}
	}

	Permit permit(int weight) {
		return (weight == 1) ? this.single : new Place(this, weight);
	}

	int taken() {
		return (int) (this.word & TAKEN);
	}

	int waiting() {
		return (int) ((this.word & WAITING) >>> 20);
	}

	synchronized long passed() {
		return this.carried + (this.word >>> 40);
	}

	@Override
	protected boolean isFresh() {
		return (this.word & (TAKEN | WAITING)) == 0;
	}

	private synchronized void carry() {
		if (this.word < 0) {
			WORD.getAndAdd(this, -CARRY * ONE_PASSED);
			this.carried += CARRY;
		}
	}

	private @Nullable Queued first() {
		return (this.queue == null || this.queue.isEmpty()) ? null : this.queue.iterator().next();
	}

	private void add(Queued queued) {
		if (this.queue == null) {
			this.queue = new LinkedHashSet<>();
		}
		this.queue.add(queued);
		this.bulkhead.crowded(this, true);
	}

	private boolean remove(Queued queued) {
		boolean removed = this.queue != null && this.queue.remove(queued);
		if (removed && first() == null) {
			this.bulkhead.crowded(this, false);
		}
		return removed;
	}

}
