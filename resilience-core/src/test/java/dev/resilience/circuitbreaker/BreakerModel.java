package dev.resilience.circuitbreaker;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import dev.resilience.Admission;
import dev.resilience.ModelTests;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import dev.resilience.time.FakeTicker;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A circuit breaker as the list of its phases, each with all outcomes of the calls that
 * it admitted.
 */
final class BreakerModel extends ModelTests.Model {

	private static final Duration SLOW = Duration.ofSeconds(1);

	private final CircuitBreaker breaker;

	private final Map<String, Long> rejections = new HashMap<>();

	private final Map<String, Long> calls = new HashMap<>();

	private final List<Call> open = new ArrayList<>();

	private CircuitBreakerConfig config;

	private Phase phase = new Phase(CircuitState.CLOSED, 0, null);

	private long now;

	BreakerModel(Random random, FakeTicker ticker) {
		super(random, ticker);
		int calls = random.nextInt(3) * random.nextInt(10);
		this.config = config(CircuitBreakerConfig.builder()
			.window((calls == 0) ? SlidingWindow.NONE
					: SlidingWindow.ofCalls(calls)
						.minimumCalls(1 + random.nextInt(calls))
						.failureRateThreshold(10 * (1 + random.nextInt(10)))
						.slowCallDuration(random.nextBoolean() ? SLOW : null)
						.slowCallRateThreshold(10 * (1 + random.nextInt(10)))
						.build())
			.ignoreExceptions(List.of(IllegalStateException.class)));
		this.breaker = new CircuitBreaker("model", this.config, ticker.source());
	}

	private CircuitBreakerConfig config(CircuitBreakerConfig.Builder builder) {
		return builder.failureThreshold(1 + this.random.nextInt(6))
			.openDuration(Duration.ofMillis(500L * (1 + this.random.nextInt(6))))
			.halfOpenMaxCalls(1 + this.random.nextInt(3))
			.trialTimeout(Duration.ofMillis(500L * (1 + this.random.nextInt(6))))
			.successThreshold(1 + this.random.nextInt(2))
			.build();
	}

	@Override
	public String toString() {
		return this.config.toString();
	}

	@Override
	protected String step() {
		int choice = this.random.nextInt(100);
		if (choice < 40) {
			return ask();
		}
		if (choice < 72) {
			return endOne();
		}
		if (choice < 76) {
			return report();
		}
		if (choice < 92) {
			Duration move = move();
			this.ticker.advance(move);
			this.now += move.toNanos();
			return "time moved by " + move;
		}
		return (choice < 95) ? reconfigure() : order();
	}

	private String ask() {
		settle();
		String rejection = admit();
		Admission admission = this.breaker.tryAcquire();
		if (rejection != null) {
			this.rejections.merge(rejection, 1L, Long::sum);
			assertThat(admission).isInstanceOfSatisfying(Admission.Rejection.class,
					(each) -> assertThat(each.reason()).isEqualTo(rejection));
			return "rejected: " + rejection;
		}
		assertThat(admission).isInstanceOf(Permit.class);
		Call call = new Call((Permit) admission, this.phase, this.now);
		this.open.add(call);
		if (this.phase.state == CircuitState.HALF_OPEN) {
			this.phase.trials.add(call);
		}
		return "admitted in " + this.phase.state;
	}

	private @Nullable String admit() {
		if (this.phase.state == CircuitState.OPEN
				&& this.now - this.phase.begin >= this.config.openDuration().toNanos()) {
			enter(CircuitState.HALF_OPEN, null);
		}
		if (this.phase.state == CircuitState.HALF_OPEN && isOverdue()) {
			enter(CircuitState.OPEN, null);
		}
		return switch (this.phase.state) {
			case CLOSED, DISABLED -> null;
			case OPEN -> "open";
			case FORCED_OPEN -> "forced-open";
			case HALF_OPEN -> (this.phase.trials.size() >= this.config.halfOpenMaxCalls()) ? "half-open-full" : null;
		};
	}

	/**
	 * The trial that was admitted first has not ended in time.
	 */
	private boolean isOverdue() {
		return !this.phase.trials.isEmpty() && isLate(this.phase.trials.get(0));
	}

	private boolean isLate(Call trial) {
		return this.now - trial.begin >= this.config.trialTimeout().toNanos();
	}

	/**
	 * An order whose time is over is a closed breaker.
	 */
	private void settle() {
		Duration length = this.phase.length;
		if (length != null && this.now - this.phase.begin >= length.toNanos()) {
			enter(CircuitState.CLOSED, null);
		}
	}

	private void enter(CircuitState state, @Nullable Duration length) {
		this.phase = new Phase(state, this.now, length);
	}

	private String endOne() {
		if (this.open.isEmpty()) {
			return "nothing to end";
		}
		Call call = this.open.remove(this.random.nextInt(this.open.size()));
		Outcome outcome = Outcome.values()[this.random.nextInt(Outcome.values().length)];
		boolean slow = this.config.window().slowCallDuration() != null && outcome.isSlow();
		if (call.phase.state == CircuitState.HALF_OPEN) {
			count(outcome, slow);
			if (!isLate(call)) {
				call.phase.trials.remove(call);
				ended(call.phase, outcome, slow);
			}
		}
		else {
			count(outcome, slow);
			ended(call.phase, outcome, slow);
		}
		outcome.end(call.permit);
		// Whatever comes second does nothing.
		call.permit.failed(new IOException("again"), 1);
		return outcome + " in " + call.phase.state;
	}

	private void count(Outcome outcome, boolean slow) {
		String name = switch (outcome) {
			case SUCCEEDED, SUCCEEDED_SLOWLY -> "succeeded";
			case FAILED, FAILED_SLOWLY, ERROR -> "failed";
			case IGNORED -> "ignored";
			case ABANDONED -> "";
		};
		this.calls.merge(name, 1L, Long::sum);
		this.calls.merge("slow", slow ? 1L : 0, Long::sum);
	}

	private void ended(Phase admitted, Outcome outcome, boolean slow) {
		if (outcome == Outcome.IGNORED || outcome == Outcome.ABANDONED) {
			return;
		}
		admitted.outcomes.add(new Ended(outcome.isFailure(), slow));
		if (admitted != this.phase) {
			return;
		}
		if (admitted.state == CircuitState.HALF_OPEN) {
			if (outcome.isFailure() || slow) {
				enter(CircuitState.OPEN, null);
			}
			else if (!isOverdue() && ++admitted.successes >= this.config.successThreshold()) {
				enter(CircuitState.CLOSED, null);
			}
		}
		else if (admitted.state == CircuitState.CLOSED && mustOpen(outcome.isFailure())) {
			enter(CircuitState.OPEN, null);
		}
	}

	private boolean mustOpen(boolean failed) {
		if (failed && inRow() >= this.config.failureThreshold()) {
			return true;
		}
		SlidingWindow rule = this.config.window();
		List<Ended> latest = latest();
		long failures = latest.stream().filter(Ended::failed).count();
		long slow = latest.stream().filter(Ended::slow).count();
		boolean enough = rule.type() != SlidingWindow.Type.NONE && latest.size() >= rule.minimumCalls();
		return enough && ((failures > 0 && 100.0 * failures / latest.size() >= rule.failureRateThreshold())
				|| (slow > 0 && 100.0 * slow / latest.size() >= rule.slowCallRateThreshold()));
	}

	private int inRow() {
		int count = 0;
		for (Ended each : this.phase.outcomes) {
			count = each.failed() ? count + 1 : 0;
		}
		return count;
	}

	private List<Ended> latest() {
		List<Ended> all = this.phase.outcomes;
		boolean counted = this.config.window().type() == SlidingWindow.Type.COUNT;
		return all.subList(counted ? Math.max(0, all.size() - this.config.window().calls()) : all.size(), all.size());
	}

	private String report() {
		Outcome outcome = chance(50) ? Outcome.SUCCEEDED : Outcome.FAILED;
		count(outcome, false);
		Phase present = this.phase;
		ended(present, outcome, false);
		if (outcome == Outcome.SUCCEEDED) {
			this.breaker.recordSuccess();
		}
		else {
			this.breaker.recordFailure(new IOException("reported"));
		}
		return "reported " + outcome + " in " + present.state;
	}

	private String reconfigure() {
		this.config = config(this.config.toBuilder());
		this.breaker.reconfigure(this.config);
		return "reconfigured: " + this.config;
	}

	private String order() {
		Duration length = chance(50) ? null : Duration.ofMillis(500L * (1 + this.random.nextInt(6)));
		switch (this.random.nextInt(3)) {
			case 0 -> {
				if (length != null) {
					this.breaker.forceOpen("model", length);
				}
				else {
					this.breaker.forceOpen("model");
				}
				enter(CircuitState.FORCED_OPEN, length);
			}
			case 1 -> {
				if (length != null) {
					this.breaker.disable("model", length);
				}
				else {
					this.breaker.disable("model");
				}
				enter(CircuitState.DISABLED, length);
			}
			default -> {
				this.breaker.reset("model");
				enter(CircuitState.CLOSED, null);
			}
		}
		return "ordered " + this.phase.state + " for " + length;
	}

	@Override
	protected void check() {
		settle();
		assertThat(this.breaker.state()).isEqualTo(this.phase.state);
		PolicySnapshot snapshot = this.breaker.snapshot();
		assertThat(snapshot.state()).isEqualTo(this.phase.state.name());
		for (String name : List.of("succeeded", "failed", "ignored", "slow")) {
			assertThat(snapshot.calls()).containsEntry(name, this.calls.getOrDefault(name, 0L));
		}
		for (String reason : List.of("open", "half-open-full", "forced-open")) {
			assertThat(snapshot.rejections()).containsEntry(reason, this.rejections.getOrDefault(reason, 0L));
		}
		boolean closed = this.phase.state == CircuitState.CLOSED;
		assertThat(snapshot.gauges()).containsEntry("trials-running", (double) this.phase.trials.size())
			.containsEntry("consecutive-failures", closed ? inRow() : 0.0)
			.containsEntry("buffered-calls", closed ? latest().size() : 0.0);
		assertThat(this.ticker.timers()).isZero();
	}

	private enum Outcome {

		SUCCEEDED, SUCCEEDED_SLOWLY, FAILED, FAILED_SLOWLY, ERROR, IGNORED, ABANDONED;

		boolean isFailure() {
			return this == FAILED || this == FAILED_SLOWLY || this == ERROR;
		}

		boolean isSlow() {
			return this == SUCCEEDED_SLOWLY || this == FAILED_SLOWLY;
		}

		void end(Permit permit) {
			switch (this) {
				case SUCCEEDED -> permit.succeeded("value", SLOW.toNanos() - 1);
				case SUCCEEDED_SLOWLY -> permit.succeeded("value", SLOW.toNanos());
				case FAILED -> permit.failed(new IOException("refused"), 1);
				case FAILED_SLOWLY -> permit.failed(new IOException("refused"), SLOW.toNanos() + 1);
				case ERROR -> permit.failed(new AssertionError("error"), 1);
				case IGNORED -> permit.failed(new IllegalStateException("ignored"), SLOW.toNanos());
				case ABANDONED -> permit.abandoned();
			}
		}

	}

	private record Ended(boolean failed, boolean slow) {
	}

	private record Call(Permit permit, Phase phase, long begin) {

		@Override
		public boolean equals(Object other) {
			return this == other;
		}

		@Override
		public int hashCode() {
			return System.identityHashCode(this);
		}

	}

	/**
	 * From one transition to the next.
	 */
	private static final class Phase {

		private final CircuitState state;

		private final long begin;

		private final @Nullable Duration length;

		private final List<Ended> outcomes = new ArrayList<>();

		private final List<Call> trials = new ArrayList<>();

		private int successes;

		Phase(CircuitState state, long begin, @Nullable Duration length) {
			this.state = state;
			this.begin = begin;
			this.length = length;
		}

	}

}
