package dev.resilience.ratelimiter;

import java.util.function.LongSupplier;

/**
 * Counts permits in slots of time, and never lets more than the limit into any window of
 * a period.
 */
final class SlidingWindow extends Allowance {

	// A window that ends in slot s touches no slot before s - span, so the permits of
	// slots s - span to s are at least those of the window: the oldest slot counts fully,
	// whatever part of it the window still holds. With 60 older slots, a permit is back
	// up to a 60th of the period late (and 61 ns, as slots are whole nanoseconds). An
	// exact window has slots of one nanosecond: then the slots are the log of all times
	// at which permits were granted.
	//
	// Permits of waiting calls stand in the slot in which their turn comes, at its
	// beginning. No call overtakes them, so the last slot in use is never before any
	// other, and a new call has only the windows that end with itself to mind.
	//
	// `latest` is the last slot that any caller has seen as the present. A caller who was
	// held up between the ticker and the window comes in that slot, and so does everybody
	// while a ticker that stepped back catches up. Nothing is forgotten before its time,
	// and nothing is moved to a time that was granted already.
	//
	// Finding the room, taking it and forgetting what is too old must be one step over
	// several longs, hence the lock. It is held for some ten nanoseconds; BENCHMARKS.md
	// has the figures.

	private final WindowSupply supply;

	private Slots slots = new Slots();

	private WindowTerms terms;

	private long latest;

	SlidingWindow(WindowSupply supply) {
		this.supply = supply;
		this.terms = supply.terms();
	}

	@Override
	synchronized long take(int weight, long elapsed, long maxWait) {
		moveTo(elapsed);
		long slot = slotFor(weight);
		long wait = waitFor(slot, elapsed);
		if (weight > this.terms.limit() || wait > maxWait) {
			return REFUSED;
		}
		this.slots.add(slot, weight);
		return wait;
	}

	@Override
	synchronized void giveBack(int weight, long due) {
		moveTo(this.supply.elapsed());
		long slot = this.terms.slot(due);
		if (this.latest - slot > this.terms.span()) {
			return;
		}
		// A caller who was held up took from a later slot than its own time's. To take
		// out
		// of an older slot than that errs on the safe side: who counts the one counts
		// both.
		for (int index = 0; index < this.slots.size(); index++) {
			if (this.slots.slot(index) - slot >= 0 && this.slots.count(index) >= weight) {
				this.slots.subtract(index, weight);
				return;
			}
		}
	}

	@Override
	synchronized LongSupplier nanosUntilGranted(int weight, long elapsed) {
		moveTo(elapsed);
		long wait = waitFor(slotFor(weight), elapsed);
		return () -> wait;
	}

	@Override
	synchronized long available(long elapsed) {
		moveTo(elapsed);
		boolean queued = this.slots.size() > 0 && this.slots.last() - this.latest > 0;
		return queued ? 0 : Math.max(0, this.terms.limit() - this.slots.total());
	}

	@Override
	protected synchronized boolean isFresh() {
		moveTo(this.supply.elapsed());
		return this.slots.size() == 0;
	}

	private void moveTo(long elapsed) {
		if (!this.terms.equals(this.supply.terms())) {
			recount(this.supply.terms(), elapsed);
		}
		long slot = this.terms.slot(elapsed);
		if (this.slots.size() == 0 || slot - this.latest > 0) {
			this.latest = slot;
		}
		while (this.slots.size() > 0 && this.latest - this.slots.slot(0) > this.terms.span()) {
			this.slots.removeFirst();
		}
	}

	/**
	 * The first slot in which so many permits may be used, behind all that are taken.
	 */
	private long slotFor(int weight) {
		long slot = (this.slots.size() > 0) ? later(this.latest, this.slots.last()) : this.latest;
		long missing = this.slots.total() + weight - this.terms.limit();
		for (int index = 0; missing > 0 && index < this.slots.size(); index++) {
			missing -= this.slots.count(index);
			slot = later(slot, this.slots.slot(index) + this.terms.span() + 1);
		}
		return slot;
	}

	private long waitFor(long slot, long elapsed) {
		return (slot == this.latest) ? 0 : this.terms.start(slot) - elapsed;
	}

	/**
	 * Goes over to other terms. Within its old slot, a permit counts from the latest time
	 * at which it may have been used.
	 */
	private void recount(WindowTerms next, long elapsed) {
		WindowTerms old = this.terms;
		Slots counted = new Slots();
		long now = later(elapsed, old.start(this.latest));
		while (this.slots.size() > 0) {
			long slot = this.slots.slot(0);
			long end = old.start(slot + 1) - 1;
			long time = (slot - this.latest > 0) ? old.start(slot) : (end - now > 0) ? now : end;
			counted.add(next.slot(time), this.slots.count(0));
			this.slots.removeFirst();
		}
		this.slots = counted;
		this.latest = next.slot(now);
		this.terms = next;
	}

	private static long later(long one, long other) {
		return (one - other > 0) ? one : other;
	}

}
