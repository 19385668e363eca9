package dev.resilience.history;

import java.util.Arrays;
import java.util.List;

/**
 * How one counter moved: two rings, of seconds and of minutes. Not thread-safe.
 */
final class Track {

	private static final int LENGTH = 60;

	private final Ring seconds = new Ring();

	private final Ring minutes = new Ring();

	void add(long second, long moved) {
		this.seconds.add(second, moved);
		this.minutes.add(second / LENGTH, moved);
	}

	List<Integer> seconds(long second) {
		return this.seconds.until(second);
	}

	List<Integer> minutes(long second) {
		return this.minutes.until(second / LENGTH);
	}

	/**
	 * The latest slots, up to the newest that anything was put into.
	 */
	private static final class Ring {

		private final int[] slots = new int[LENGTH];

		private long newest;

		void add(long slot, long moved) {
			if (slot - this.newest >= LENGTH) {
				Arrays.fill(this.slots, 0);
			}
			else {
				for (long skipped = this.newest + 1; skipped <= slot; skipped++) {
					this.slots[index(skipped)] = 0;
				}
			}
			this.newest = Math.max(this.newest, slot);
			int index = index(slot);
			this.slots[index] = (int) Math.min(Integer.MAX_VALUE, this.slots[index] + moved);
		}

		List<Integer> until(long last) {
			Integer[] values = new Integer[LENGTH];
			for (int position = 0; position < LENGTH; position++) {
				long slot = last - LENGTH + 1 + position;
				boolean known = slot >= 0 && slot <= this.newest && slot > this.newest - LENGTH;
				values[position] = known ? this.slots[index(slot)] : 0;
			}
			return List.of(values);
		}

		private static int index(long slot) {
			return (int) (slot % LENGTH);
		}

	}

}
