package dev.resilience.ratelimiter;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * A sliding window as the list of all permits with their times. A permit counts for a
 * period at least, in any window; in an exact window no longer, in another one up to a
 * 60th and 61 nanoseconds longer.
 */
final class WindowModel extends RoomModel {

	private static final int SLOTS = 60;

	private final LimiterModel.Regime regime;

	private final List<Entry> entries = new ArrayList<>();

	private RateLimiterConfig config;

	private long latest;

	WindowModel(LimiterModel.Regime regime) {
		this.regime = regime;
		this.config = regime.config();
		this.latest = regime.now();
	}

	private static long width(RateLimiterConfig config) {
		return config.exact() ? 1 : (config.period().toNanos() + SLOTS - 1) / SLOTS;
	}

	private long period() {
		return this.config.period().toNanos();
	}

	/**
	 * How long a permit counts at the most.
	 */
	private long reach() {
		return this.config.exact() ? period() : (SLOTS + 1) * width(this.config);
	}

	@Override
	void touch() {
		long now = this.regime.now();
		if (!this.config.equals(this.regime.config())) {
			// A permit counts from the end of its former slot.
			for (Entry entry : this.entries) {
				entry.most = Math.max(entry.most, Math.min(now, entry.most + width(this.config) - 1));
			}
			this.config = this.regime.config();
		}
		// While a ticker that stepped back catches up, it is as late as it ever was.
		this.latest = this.entries.isEmpty() ? now : Math.max(now, this.latest);
		for (Entry entry : this.entries) {
			entry.doubtful |= this.latest - entry.least >= period();
		}
		this.entries.removeIf((entry) -> this.latest - entry.most >= reach());
	}

	private long certain(long at) {
		return this.entries.stream()
			.filter((entry) -> !entry.doubtful && at - entry.least < period())
			.mapToLong((entry) -> entry.weight)
			.sum();
	}

	private long possible(long at) {
		return this.entries.stream()
			.filter((entry) -> at - entry.most < reach())
			.mapToLong((entry) -> entry.weight)
			.sum();
	}

	@Override
	Range waitFor(int weight) {
		touch();
		long room = this.config.limit() - weight;
		LongStream ends = this.entries.stream().mapToLong((entry) -> entry.least + period());
		// Behind all others, but perhaps in the slot of the last one.
		long slot = width(this.config) - 1;
		long last = this.entries.stream().mapToLong((entry) -> entry.least - slot).reduce(this.latest, Math::max);
		long least = LongStream.concat(LongStream.of(last), ends)
			.filter((at) -> at >= last && certain(at) <= room)
			.min()
			.orElseThrow();
		LongStream lateEnds = this.entries.stream().mapToLong((entry) -> entry.most + reach());
		long lastOfAll = this.entries.stream().mapToLong((entry) -> entry.most).reduce(this.latest, Math::max);
		long most = LongStream.concat(LongStream.of(lastOfAll), lateEnds)
			.filter((at) -> at >= lastOfAll && possible(at) <= room)
			.min()
			.orElseThrow();
		return new Range(until(least), until(most));
	}

	private long until(long at) {
		return (at == this.latest) ? 0 : at - this.regime.now();
	}

	@Override
	Taken take(int weight, Range wait) {
		long now = (wait.most() == 0) ? this.latest : this.regime.now();
		Entry entry = new Entry(now + wait.least(), now + wait.most(), weight);
		this.entries.add(entry);
		return entry;
	}

	@Override
	Range available() {
		touch();
		long slot = width(this.config) - 1;
		boolean mayQueue = this.entries.stream().anyMatch((entry) -> entry.most > this.latest);
		boolean queue = this.entries.stream().anyMatch((entry) -> entry.least - slot > this.latest);
		return new Range(mayQueue ? 0 : Math.max(0, this.config.limit() - possible(this.latest)),
				queue ? 0 : Math.max(0, this.config.limit() - certain(this.latest)));
	}

	@Override
	Range used() {
		touch();
		return new Range(certain(this.latest), possible(this.latest));
	}

	private final class Entry implements Taken {

		private final int weight;

		private long least;

		private long most;

		private boolean doubtful;

		Entry(long least, long most, int weight) {
			this.least = least;
			this.most = most;
			this.weight = weight;
		}

		@Override
		public void usedNow() {
			usedAt(WindowModel.this.latest);
		}

		@Override
		public void usedAt(long at) {
			this.least = at;
			this.most = at;
		}

		@Override
		public void giveBack() {
			touch();
			undo();
		}

		@Override
		public void undo() {
			WindowModel.this.entries.remove(this);
		}

	}

}
