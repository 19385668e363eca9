package dev.resilience.circuitbreaker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.IntStream;

import dev.resilience.Permit;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * One circuit of a {@link BreakerModel} as its present phase and all calls that ended in
 * it. Where chance or the steps of a time window leave the circuit a choice, the model
 * accepts any of what is allowed, and remembers which one it was.
 */
final class CircuitModel {

	private static final int SLICES = 60;

	private static final double LEAST = 0.9;

	private static final double MOST = 1.1;

	private final BreakerModel breaker;

	private Phase phase;

	private int generation = 1;

	CircuitModel(BreakerModel breaker) {
		this.breaker = breaker;
		this.phase = new Phase(CircuitState.CLOSED, null, 0);
	}

	Phase phase() {
		return this.phase;
	}

	CircuitState state() {
		return this.phase.state;
	}

	int generation() {
		return this.generation;
	}

	int trials() {
		return this.phase.trials.size();
	}

	void enter(CircuitState state, @Nullable Duration length) {
		CircuitState left = this.phase.state;
		int reopened = (left == CircuitState.HALF_OPEN && state == CircuitState.OPEN) ? this.phase.reopened + 1
				: (left == CircuitState.OPEN && state == CircuitState.HALF_OPEN) ? this.phase.reopened : 0;
		this.phase = new Phase(state, length, reopened);
		this.generation++;
		this.breaker.changed(this, left, state);
	}

	/**
	 * Takes on the settings that hold now.
	 */
	void adopt() {
		CircuitBreakerConfig next = this.breaker.config();
		SlidingWindow old = this.phase.config.window();
		if (!shape(old).equals(shape(next.window()))) {
			this.phase.forgotten = this.phase.outcomes.size();
		}
		this.phase.config = next;
		this.phase.setOpenDuration();
	}

	private static Object shape(SlidingWindow window) {
		return switch (window.type()) {
			case NONE -> "none";
			case COUNT -> window.calls();
			case TIME -> window.duration();
		};
	}

	/**
	 * An order whose time is over is a closed breaker.
	 */
	void settle() {
		Duration length = this.phase.length;
		if (length != null && this.breaker.now() - this.phase.begin >= length.toNanos()) {
			enter(CircuitState.CLOSED, null);
		}
	}

	boolean isOrder() {
		return this.phase.state == CircuitState.FORCED_OPEN || this.phase.state == CircuitState.DISABLED;
	}

	/**
	 * A call asks.
	 * @param toldOpen whether it was told that the circuit is open
	 * @return why it is rejected, or {@code null} if it passes
	 */
	@Nullable String admit(boolean toldOpen) {
		if (this.phase.state == CircuitState.OPEN) {
			long age = this.breaker.now() - this.phase.begin;
			if (age >= this.phase.longest || (age >= this.phase.shortest && !toldOpen)) {
				enter(CircuitState.HALF_OPEN, null);
			}
		}
		if (this.phase.state == CircuitState.HALF_OPEN && isOverdue()) {
			enter(CircuitState.OPEN, null);
		}
		return switch (this.phase.state) {
			case CLOSED, DISABLED -> null;
			case OPEN -> "open";
			case FORCED_OPEN -> "forced-open";
			case HALF_OPEN -> (trials() >= this.phase.config.halfOpenMaxCalls()) ? "half-open-full" : null;
		};
	}

	/**
	 * When the circuit says it may be asked again.
	 */
	void requireRetryAfter(@Nullable Duration told) {
		long age = this.breaker.now() - this.phase.begin;
		if (this.phase.state == CircuitState.OPEN) {
			long length = Objects.requireNonNull(told).toNanos() + age;
			assertThat(length).isBetween(this.phase.shortest, this.phase.longest);
			this.phase.shortest = length;
			this.phase.longest = length;
		}
		else {
			Duration length = this.phase.length;
			assertThat(told).isEqualTo((length != null) ? length.minusNanos(age) : null);
		}
	}

	/**
	 * The trial that was admitted first has not ended in time.
	 */
	private boolean isOverdue() {
		return !this.phase.trials.isEmpty() && isLate(this.phase.trials.get(0));
	}

	private boolean isLate(Call trial) {
		return this.breaker.now() - trial.begin() >= trial.phase().config.trialTimeout().toNanos();
	}

	Call passed(Permit permit) {
		Call call = new Call(permit, this, this.phase, this.breaker.now());
		if (this.phase.state == CircuitState.HALF_OPEN) {
			this.phase.trials.add(call);
		}
		return call;
	}

	/**
	 * A call has ended. A trial that ended too late keeps its place.
	 */
	void ended(Call call, BreakerModel.Outcome outcome, boolean slow) {
		boolean trial = call.phase().state == CircuitState.HALF_OPEN;
		if (!trial || !isLate(call)) {
			call.phase().trials.remove(call);
			ended(call.phase(), outcome, slow);
		}
	}

	void ended(Phase admitted, BreakerModel.Outcome outcome, boolean slow) {
		if (outcome.saysNothing()) {
			return;
		}
		boolean failed = outcome.isFailure();
		boolean counts = failed && this.breaker.config().failureThreshold() > 0;
		admitted.outcomes.add(new Ended(failed, slow, counts, this.breaker.moment()));
		if (admitted != this.phase) {
			return;
		}
		if (admitted.state == CircuitState.HALF_OPEN) {
			if (failed || slow) {
				enter(CircuitState.OPEN, null);
			}
			else if (!isOverdue() && ++admitted.successes >= this.breaker.config().successThreshold()) {
				enter(CircuitState.CLOSED, null);
			}
		}
		else if (admitted.state == CircuitState.CLOSED && opens(counts)) {
			enter(CircuitState.OPEN, null);
		}
	}

	private boolean opens(boolean counted) {
		if (counted && inRow() >= this.breaker.config().failureThreshold()) {
			return true;
		}
		if (this.phase.config.window().type() == SlidingWindow.Type.NONE) {
			return false;
		}
		long verdicts = starts().mapToObj(this::isBroken).distinct().count();
		return (verdicts == 1) ? isBroken(starts().findFirst().orElseThrow()) : this.breaker.hasOpened(this);
	}

	private boolean isBroken(int start) {
		SlidingWindow rule = this.breaker.config().window();
		return shareOf(start, Ended::failed) >= rule.failureRateThreshold()
				|| shareOf(start, Ended::slow) >= rule.slowCallRateThreshold();
	}

	/**
	 * A share of the latest calls in percent, {@link Double#NaN} if they are too few.
	 */
	private double shareOf(int start, Predicate<Ended> condition) {
		SlidingWindow rule = this.breaker.config().window();
		List<Ended> latest = this.phase.outcomes.subList(start, this.phase.outcomes.size());
		boolean counted = rule.type() == SlidingWindow.Type.COUNT;
		int fewest = counted ? Math.min(rule.minimumCalls(), rule.calls()) : rule.minimumCalls();
		return (latest.size() < fewest) ? Double.NaN
				: 100.0 * latest.stream().filter(condition).count() / latest.size();
	}

	private int inRow() {
		int count = 0;
		for (Ended each : this.phase.outcomes) {
			count = !each.failed() ? 0 : each.counts() ? count + 1 : count;
		}
		return count;
	}

	/**
	 * Where the latest calls may begin: what is older than the window is forgotten, and
	 * what is younger by more than a slice is not.
	 */
	private IntStream starts() {
		SlidingWindow window = this.phase.config.window();
		int size = this.phase.outcomes.size();
		return switch (window.type()) {
			case NONE -> IntStream.of(size);
			case COUNT -> IntStream.of(Math.max(this.phase.forgotten, size - window.calls()));
			case TIME -> {
				long slice = window.duration().toNanos() / SLICES;
				int first = this.phase.forgotten;
				while (first < size && isForgotten(this.phase.outcomes.get(first), slice)) {
					first++;
				}
				int last = first;
				boolean known = this.breaker.moment().equals(this.phase.known);
				while (!known && last < size && !isKept(this.phase.outcomes.get(last), slice)) {
					last++;
				}
				yield IntStream.rangeClosed(first, last);
			}
		};
	}

	/**
	 * A ticker that stepped back may have left the slice a little ahead of it.
	 */
	private boolean isForgotten(Ended outcome, long slice) {
		BreakerModel.Moment now = this.breaker.moment();
		long slices = (now.steppedBack() > 0) ? SLICES + 1 : SLICES;
		return now.at() - outcome.moment().at() > slices * slice;
	}

	/**
	 * Each step back may begin a slice.
	 */
	private boolean isKept(Ended outcome, long slice) {
		BreakerModel.Moment now = this.breaker.moment();
		long steps = now.steppedBack() - outcome.moment().steppedBack();
		return now.forward() - outcome.moment().forward() + steps * slice <= (SLICES - 1) * slice;
	}

	/**
	 * Whether nothing tells it from a new circuit, which has no window.
	 */
	boolean isFresh(List<Call> open) {
		return this.phase.state == CircuitState.CLOSED && inRow() == 0 && open.stream()
			.noneMatch((call) -> call.circuit() == this && call.phase().state == CircuitState.CLOSED);
	}

	/**
	 * Requires what gauges tell, and remembers what they tell of a window's content.
	 */
	void check(Map<String, Double> gauges) {
		boolean closed = this.phase.state == CircuitState.CLOSED;
		assertThat(gauges).containsEntry("trials-running", (double) trials())
			.containsEntry("consecutive-failures", closed ? inRow() : 0.0);
		if (!closed) {
			assertThat(gauges).containsEntry("buffered-calls", 0.0)
				.containsEntry("failure-rate", Double.NaN)
				.containsEntry("slow-call-rate", Double.NaN);
			return;
		}
		int start = this.phase.outcomes.size() - Objects.requireNonNull(gauges.get("buffered-calls")).intValue();
		assertThat(starts().boxed()).contains(start);
		this.phase.forgotten = start;
		this.phase.known = this.breaker.moment();
		requireShare(gauges, "failure-rate", shareOf(start, Ended::failed));
		requireShare(gauges, "slow-call-rate", shareOf(start, Ended::slow));
	}

	/**
	 * Without a window there is no share.
	 */
	private void requireShare(Map<String, Double> gauges, String name, double percent) {
		boolean windowed = this.phase.config.window().type() != SlidingWindow.Type.NONE;
		double told = Objects.requireNonNull(gauges.get(name));
		if (windowed && !Double.isNaN(percent)) {
			assertThat(100 * told).isEqualTo(percent, within(1e-9));
		}
		else {
			assertThat(told).isNaN();
		}
	}

	/**
	 * A call that passed, and is on its way.
	 */
	record Call(Permit permit, CircuitModel circuit, Phase phase, long begin) {

		@Override
		public boolean equals(@Nullable Object other) {
			return this == other;
		}

		@Override
		public int hashCode() {
			return System.identityHashCode(this);
		}

	}

	private record Ended(boolean failed, boolean slow, boolean counts, BreakerModel.Moment moment) {
	}

	/**
	 * From one transition to the next.
	 */
	final class Phase {

		private final CircuitState state;

		private final long begin = CircuitModel.this.breaker.now();

		private final @Nullable Duration length;

		private final int reopened;

		private final List<Ended> outcomes = new ArrayList<>();

		private final List<Call> trials = new ArrayList<>();

		private CircuitBreakerConfig config = CircuitModel.this.breaker.config();

		private int successes;

		private long shortest;

		private long longest;

		private int forgotten;

		private BreakerModel.@Nullable Moment known;

		Phase(CircuitState state, @Nullable Duration length, int reopened) {
			this.state = state;
			this.length = length;
			this.reopened = reopened;
			setOpenDuration();
		}

		CircuitState state() {
			return this.state;
		}

		/**
		 * It grows with each re-opening, and is scattered by a tenth.
		 */
		private void setOpenDuration() {
			long first = this.config.openDuration().toNanos();
			this.shortest = first;
			this.longest = first;
			double factor = this.config.openDurationMultiplier();
			if (this.reopened > 0 && factor != 1) {
				double most = this.config.maxOpenDuration().toNanos();
				double grown = first;
				for (int time = 0; time < this.reopened; time++) {
					grown = Math.min(most, grown * factor);
				}
				this.shortest = (long) Math.max((double) first, grown * LEAST - 1);
				this.longest = (long) Math.max((double) first, Math.min(most, grown * MOST + 1));
			}
		}

	}

}
