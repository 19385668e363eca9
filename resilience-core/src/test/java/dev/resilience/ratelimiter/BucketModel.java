package dev.resilience.ratelimiter;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A bucket as the list of all that was taken, each at its place on the line of what was
 * earned: no run of calls took more than the burst and what was earned since the first of
 * them. What was given back was never taken.
 */
final class BucketModel extends RoomModel {

	private final Line line;

	private final List<Taking> takings = new ArrayList<>();

	private RateLimiterConfig config;

	private int carried;

	private @Nullable BigDecimal level;

	private int changes;

	private int counted;

	BucketModel(Line line) {
		this.line = line;
		this.config = line.config();
		this.carried = line.carryings();
	}

	/**
	 * What is missing stays missing under other settings, but no more than all; what
	 * waiting calls took ahead of time is missing beyond.
	 */
	@Override
	void touch() {
		if (this.carried == this.line.carryings()) {
			return;
		}
		BigDecimal level = level();
		if (level != null) {
			BigDecimal missing = level.subtract(this.line.origin()).max(BigDecimal.ZERO);
			BigDecimal spent = missing.min(BigDecimal.valueOf(this.config.burst()));
			BigDecimal kept = missing.subtract(spent).add(spent.min(BigDecimal.valueOf(this.line.config().burst())));
			this.changes++;
			this.takings.clear();
			this.takings.add(new Taking(this.line.origin(), kept));
		}
		this.config = this.line.config();
		this.carried = this.line.carryings();
	}

	/**
	 * How far on the line the permits are spoken for.
	 */
	private @Nullable BigDecimal level() {
		if (this.counted != this.changes) {
			this.level = countLevel();
			this.counted = this.changes;
		}
		return this.level;
	}

	private @Nullable BigDecimal countLevel() {
		BigDecimal level = null;
		BigDecimal run = BigDecimal.ZERO;
		for (int index = this.takings.size() - 1; index >= 0; index--) {
			Taking first = this.takings.get(index);
			run = run.add(first.weight);
			BigDecimal end = first.place.add(run);
			level = (level == null) ? end : level.max(end);
		}
		return level;
	}

	/**
	 * What is missing of a full bucket.
	 */
	private BigDecimal missing() {
		touch();
		BigDecimal level = level();
		return (level != null) ? level.subtract(this.line.now()).max(BigDecimal.ZERO) : BigDecimal.ZERO;
	}

	@Override
	Range waitFor(int weight) {
		BigDecimal lacking = missing().add(BigDecimal.valueOf(weight - this.config.burst()));
		return new Range(this.line.nanosFor(lacking.subtract(this.line.early())),
				this.line.nanosFor(lacking.add(this.line.late())));
	}

	@Override
	Taken take(int weight, Range wait) {
		touch();
		Taking taking = new Taking(this.line.now(), BigDecimal.valueOf(weight));
		this.takings.add(taking);
		this.changes++;
		return taking;
	}

	@Override
	Range available() {
		BigDecimal room = BigDecimal.valueOf(this.line.config().burst()).subtract(missing());
		return new Range(whole(room.subtract(this.line.late())), whole(room.add(this.line.early())));
	}

	private static long whole(BigDecimal permits) {
		return permits.max(BigDecimal.ZERO).setScale(0, RoundingMode.FLOOR).longValueExact();
	}

	@Override
	Range used() {
		BigDecimal missing = missing();
		return new Range((missing.compareTo(this.line.early()) > 0) ? 1 : 0,
				(missing.add(this.line.late()).signum() > 0) ? 1 : 0);
	}

	private final class Taking implements Taken {

		private final BigDecimal place;

		private final BigDecimal weight;

		Taking(BigDecimal place, BigDecimal weight) {
			this.place = place;
			this.weight = weight;
		}

		@Override
		public void usedNow() {
		}

		@Override
		public void usedAt(long at) {
		}

		@Override
		public void undo() {
			BucketModel.this.changes++;
			BucketModel.this.takings.remove(this);
		}

		@Override
		public void giveBack() {
			touch();
			BucketModel.this.changes++;
			if (!BucketModel.this.takings.remove(this) && missing().signum() > 0) {
				BucketModel.this.takings.add(new Taking(BucketModel.this.line.now(), this.weight.negate()));
				BucketModel.this.changes++;
			}
		}

	}

	/**
	 * The line of what all buckets of a limiter earned, exact to forty digits.
	 */
	static final class Line {

		/**
		 * A bucket counts in parts of a permit, of which a nanosecond earns a quarter at
		 * least, at the highest rate.
		 */
		private static final BigDecimal PART = BigDecimal.valueOf(4);

		private static final MathContext DIGITS = MathContext.DECIMAL128;

		/**
		 * A rate that is no whole number is a little less in parts.
		 */
		private static final BigDecimal ROUNDING = new BigDecimal("0.0005");

		private final LimiterModel.Regime regime;

		private BigDecimal begin = BigDecimal.ZERO;

		private BigDecimal origin = BigDecimal.ZERO;

		private BigDecimal rate = BigDecimal.ZERO;

		private BigDecimal part;

		private BigDecimal early;

		private BigDecimal late = BigDecimal.ZERO;

		private long since;

		private int carryings;

		Line(LimiterModel.Regime regime) {
			this.regime = regime;
			this.since = regime.now();
			this.rate = perNano(BigDecimal.valueOf(config().limit()));
			this.part = part();
			this.early = this.part;
		}

		private BigDecimal perNano(BigDecimal permits) {
			return permits.divide(BigDecimal.valueOf(config().period().toNanos()), DIGITS);
		}

		private BigDecimal part() {
			return perNano(BigDecimal.valueOf(this.regime.highestRate())).multiply(PART);
		}

		RateLimiterConfig config() {
			return this.regime.config();
		}

		int carryings() {
			return this.carryings;
		}

		/**
		 * Where the settings changed last.
		 */
		BigDecimal origin() {
			return this.origin;
		}

		BigDecimal early() {
			return this.early;
		}

		BigDecimal late() {
			return this.late;
		}

		BigDecimal now() {
			return this.begin.add(this.rate.multiply(BigDecimal.valueOf(this.regime.now() - this.since)));
		}

		long nanosFor(BigDecimal permits) {
			return (permits.signum() <= 0) ? 0
					: permits.divide(this.rate, DIGITS).setScale(0, RoundingMode.CEILING).longValueExact();
		}

		/**
		 * The rate changes. Each change rounds by a few parts.
		 * @param permits in a period
		 * @param carries whether it comes of other settings
		 */
		void change(double permits, boolean carries) {
			this.begin = now();
			this.since = this.regime.now();
			this.rate = perNano(new BigDecimal(permits));
			BigDecimal rounded = this.part.add(part()).multiply(BigDecimal.valueOf(2)).add(ROUNDING);
			this.part = part();
			this.early = this.early.add(rounded);
			this.late = this.late.add(rounded);
			if (carries) {
				this.origin = this.begin;
				this.carryings++;
			}
		}

	}

}
