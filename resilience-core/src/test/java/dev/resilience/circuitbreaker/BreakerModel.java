package dev.resilience.circuitbreaker;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.ModelTests;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import dev.resilience.config.Mode;
import dev.resilience.time.FakeTicker;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A circuit breaker as a model of each of its circuits: its own and those of its keys.
 * With more keys than it may keep there is no window, as a window's successes may be
 * forgotten with the key. Grown open durations are scattered by chance, so a repeated
 * round may take another turn after them.
 */
final class BreakerModel extends ModelTests.Model {

	private static final Duration SLOW = Duration.ofSeconds(1);

	private static final int SLICES = 60;

	private final CircuitBreaker breaker;

	private final boolean crowded;

	private final boolean steps;

	private final Map<String, Long> rejections = new HashMap<>();

	private final Map<String, Long> calls = new HashMap<>();

	private final Map<String, Long> transitions = new HashMap<>();

	private final List<CircuitModel.Call> open = new ArrayList<>();

	private final Map<String, CircuitModel> keyed = new HashMap<>();

	private @Nullable CircuitModel others;

	private @Nullable String key;

	private CircuitBreakerConfig config;

	private Moment moment = new Moment(0, 0, 0);

	private final CircuitModel own;

	BreakerModel(Random random, FakeTicker ticker) {
		super(random, ticker);
		this.crowded = chance(30);
		this.steps = chance(50);
		this.config = config(CircuitBreakerConfig.builder()
			.maxKeys(this.crowded ? 1 + random.nextInt(3) : 6)
			.recordResult("bad"::equals)
			.ignoreExceptions(List.of(IllegalStateException.class)));
		this.breaker = new CircuitBreaker("model", this.config, ticker.source());
		this.own = new CircuitModel(this);
	}

	private CircuitBreakerConfig config(CircuitBreakerConfig.Builder builder) {
		Duration length = Duration.ofMillis(500L * (1 + this.random.nextInt(6)));
		return builder.failureThreshold(this.random.nextInt(7))
			.window(this.crowded ? SlidingWindow.NONE : window())
			.openDuration(length)
			.openDurationMultiplier(chance(50) ? 1 : 1 + this.random.nextInt(20) / 10.0)
			.maxOpenDuration(length.plusMillis(500L * this.random.nextInt(20)))
			.halfOpenMaxCalls(1 + this.random.nextInt(3))
			.trialTimeout(Duration.ofMillis(500L * (1 + this.random.nextInt(6))))
			.successThreshold(1 + this.random.nextInt(3))
			.mode(chance(80) ? Mode.ENFORCE : Mode.SHADOW)
			.build();
	}

	private SlidingWindow window() {
		SlidingWindow.Builder window = switch (this.random.nextInt(3)) {
			case 0 -> SlidingWindow.NONE.toBuilder();
			case 1 -> SlidingWindow.ofCalls(1 + this.random.nextInt(20));
			default -> SlidingWindow.ofTime(Duration.ofNanos(SLICES * (16_666_667L + this.random.nextInt(80_000_000))));
		};
		return window.minimumCalls(1 + this.random.nextInt(12))
			.failureRateThreshold(10 * (1 + this.random.nextInt(10)))
			.slowCallDuration((window.build().type() != SlidingWindow.Type.NONE && chance(60)) ? SLOW : null)
			.slowCallRateThreshold(10 * (1 + this.random.nextInt(10)))
			.build();
	}

	@Override
	public String toString() {
		return this.config.toString();
	}

	CircuitBreakerConfig config() {
		return this.config;
	}

	Moment moment() {
		return this.moment;
	}

	long now() {
		return this.moment.at();
	}

	@Override
	protected String step() {
		int choice = this.random.nextInt(100);
		if (choice < 42) {
			return ask();
		}
		if (choice < 74) {
			return endOne();
		}
		if (choice < 78) {
			return report();
		}
		if (choice < 95) {
			return pass();
		}
		return (choice < 97) ? reconfigure() : (choice < 98) ? resetKey() : order();
	}

	private String pass() {
		Duration move = switch (this.random.nextInt(4)) {
			case 0 -> this.config.trialTimeout().dividedBy(1 + this.random.nextInt(3));
			case 1 -> Duration.ofMillis(this.random.nextInt(1_500));
			case 2 -> chance(30) ? Duration.ofMillis(-this.random.nextInt(20_000)) : this.config.openDuration();
			default -> move();
		};
		move = this.steps ? move : move.abs();
		this.ticker.advance(move);
		long nanos = move.toNanos();
		this.moment = new Moment(now() + nanos, this.moment.forward() + Math.max(0, nanos),
				this.moment.steppedBack() + ((nanos < 0) ? 1 : 0));
		return "time moved by " + move;
	}

	private String ask() {
		String key = key();
		CircuitModel circuit = circuit(key);
		Admission admission = this.breaker.tryAcquire(new CallContext(key, 1, chance(50)));
		String rejection = circuit.admit(told("open") > this.rejections.getOrDefault("open", 0L));
		if (rejection != null) {
			this.rejections.merge(rejection, 1L, Long::sum);
		}
		if (rejection == null || this.config.mode() == Mode.SHADOW) {
			assertThat(admission).isInstanceOf(Permit.class);
			Permit permit = (Permit) admission;
			if (rejection == null) {
				this.open.add(circuit.passed(permit));
			}
			else {
				// Nobody waits for its end.
				Outcome.FAILED_SLOWLY.end(permit);
			}
		}
		else {
			assertThat(admission).isInstanceOfSatisfying(Admission.Rejection.class, (each) -> {
				assertThat(each.reason()).isEqualTo(rejection);
				circuit.requireRetryAfter(each.retryAfter());
			});
		}
		return key + " in " + circuit.state() + ", rejected: " + rejection;
	}

	private long told(String reason) {
		return Objects.requireNonNull(this.breaker.snapshot().rejections().get(reason));
	}

	/**
	 * Often the same as before, so that its circuit comes far.
	 */
	private @Nullable String key() {
		if (chance(50)) {
			this.key = chance(50) ? null : "k" + this.random.nextInt(5);
		}
		return this.key;
	}

	/**
	 * Whose a call is: its key's, but an order is for all.
	 */
	private CircuitModel circuit(@Nullable String key) {
		this.own.settle();
		if (key == null || this.own.isOrder()) {
			return this.own;
		}
		forgetFresh();
		if (this.others == null) {
			this.others = new CircuitModel(this);
		}
		CircuitModel circuit = this.keyed.get(key);
		if (circuit == null) {
			if (this.keyed.size() < this.config.maxKeys()) {
				circuit = new CircuitModel(this);
				this.keyed.put(key, circuit);
			}
			else {
				circuit = this.others;
			}
		}
		circuit.adopt();
		return circuit;
	}

	/**
	 * The breaker may forget them, and nobody can tell whether it has.
	 */
	private void forgetFresh() {
		if (this.crowded) {
			this.keyed.values().removeIf((each) -> each.isFresh(this.open));
		}
	}

	private boolean isPresent(CircuitModel circuit) {
		return circuit == this.own || circuit == this.others || this.keyed.containsValue(circuit);
	}

	/**
	 * A circuit went from one state to the other. What an order swept away changes for
	 * nobody any more.
	 */
	void changed(CircuitModel circuit, CircuitState from, CircuitState to) {
		if (from != to && isPresent(circuit)) {
			this.transitions.merge(from + "->" + to, 1L, Long::sum);
		}
	}

	/**
	 * Whether a circuit has just opened that need not have.
	 */
	boolean hasOpened(CircuitModel circuit) {
		String name = "CLOSED->OPEN";
		return isPresent(circuit) && this.breaker.snapshot().transitions().getOrDefault(name, 0L) > this.transitions
			.getOrDefault(name, 0L);
	}

	private String endOne() {
		if (this.open.isEmpty()) {
			return "nothing to end";
		}
		CircuitModel.Call call = this.open.remove(this.random.nextInt(this.open.size()));
		Outcome outcome = chance(30) ? Outcome.SUCCEEDED
				: Outcome.values()[this.random.nextInt(Outcome.values().length)];
		outcome.end(call.permit());
		// Whatever comes second does nothing.
		call.permit().failed(new IOException("again"), 1);
		boolean slow = this.config.window().slowCallDuration() != null && outcome.isSlow();
		count(outcome, slow);
		call.circuit().ended(call, outcome, slow);
		return outcome + " in " + call.phase().state();
	}

	private void count(Outcome outcome, boolean slow) {
		String name = outcome.isFailure() ? "failed" : (outcome == Outcome.IGNORED) ? "ignored" : "succeeded";
		if (outcome != Outcome.ABANDONED) {
			this.calls.merge(name, 1L, Long::sum);
			this.calls.merge("slow", slow ? 1L : 0, Long::sum);
		}
	}

	private String report() {
		Outcome outcome = chance(50) ? Outcome.SUCCEEDED : Outcome.FAILED;
		if (outcome == Outcome.SUCCEEDED) {
			this.breaker.recordSuccess();
		}
		else {
			this.breaker.recordFailure(new IOException("reported"));
		}
		count(outcome, false);
		this.own.ended(this.own.phase(), outcome, false);
		return "reported " + outcome;
	}

	private String reconfigure() {
		CircuitBreakerConfig.Builder next = this.config.toBuilder();
		CircuitBreakerConfig changed = config(next);
		this.config = chance(50) ? changed : next.window(this.config.window()).build();
		this.breaker.reconfigure(this.config);
		this.own.adopt();
		return "reconfigured: " + this.config;
	}

	private String resetKey() {
		String key = "k" + this.random.nextInt(5);
		forgetFresh();
		boolean known = this.keyed.remove(key) != null;
		boolean told = this.breaker.reset(key, "model");
		assertThat(told).isEqualTo(known || (this.crowded && told));
		return "reset " + key;
	}

	private String order() {
		Duration length = chance(50) ? null : Duration.ofMillis(500L * (1 + this.random.nextInt(6)));
		CircuitState ordered = switch (this.random.nextInt(3)) {
			case 0 -> {
				if (length != null) {
					this.breaker.forceOpen("model", length);
				}
				else {
					this.breaker.forceOpen("model");
				}
				yield CircuitState.FORCED_OPEN;
			}
			case 1 -> {
				if (length != null) {
					this.breaker.disable("model", length);
				}
				else {
					this.breaker.disable("model");
				}
				yield CircuitState.DISABLED;
			}
			default -> {
				this.breaker.reset("model");
				yield CircuitState.CLOSED;
			}
		};
		this.keyed.clear();
		this.others = null;
		this.own.enter(ordered, (ordered != CircuitState.CLOSED) ? length : null);
		return "ordered " + ordered + " for " + length;
	}

	@Override
	protected void check() {
		this.own.settle();
		assertThat(this.breaker.state()).isEqualTo(this.own.state());
		PolicySnapshot snapshot = this.breaker.snapshot();
		assertThat(snapshot.state()).isEqualTo(this.own.state().name());
		for (String name : List.of("succeeded", "failed", "ignored", "slow")) {
			assertThat(snapshot.calls()).containsEntry(name, this.calls.getOrDefault(name, 0L));
		}
		for (String reason : List.of("open", "half-open-full", "forced-open")) {
			assertThat(snapshot.rejections()).containsEntry(reason, this.rejections.getOrDefault(reason, 0L));
		}
		assertThat(snapshot.transitions()).isEqualTo(this.transitions);
		assertThat(snapshot.details()).containsEntry("generation", (long) this.own.generation());
		this.own.check(snapshot.gauges());
		checkKeys(snapshot.gauges());
		assertThat(this.ticker.timers()).isZero();
	}

	private void checkKeys(Map<String, Double> gauges) {
		double keys = Objects.requireNonNull(gauges.get("keys"));
		if (this.crowded) {
			assertThat(keys).isBetween(0.0, (double) this.config.maxKeys());
		}
		else {
			assertThat(keys).isEqualTo(this.keyed.size());
		}
		List<CircuitModel> circuits = new ArrayList<>(this.keyed.values());
		if (this.others != null) {
			circuits.add(this.others);
		}
		assertThat(gauges).containsEntry("open-keys",
				(double) circuits.stream().filter((each) -> each.state() != CircuitState.CLOSED).count());
	}

	/**
	 * How far time has come.
	 *
	 * @param at the ticker, since the beginning
	 * @param forward what it moved forward, all in all
	 * @param steppedBack how often it moved back
	 */
	record Moment(long at, long forward, long steppedBack) {
	}

	enum Outcome {

		SUCCEEDED, SUCCEEDED_SLOWLY, BAD_RESULT, FAILED, FAILED_SLOWLY, ERROR, IGNORED, ABANDONED;

		boolean isFailure() {
			return this == BAD_RESULT || this == FAILED || this == FAILED_SLOWLY || this == ERROR;
		}

		boolean isSlow() {
			return this == SUCCEEDED_SLOWLY || this == FAILED_SLOWLY;
		}

		boolean saysNothing() {
			return this == IGNORED || this == ABANDONED;
		}

		void end(Permit permit) {
			switch (this) {
				case SUCCEEDED -> permit.succeeded("value", SLOW.toNanos() - 1);
				case SUCCEEDED_SLOWLY -> permit.succeeded("value", SLOW.toNanos());
				case BAD_RESULT -> permit.succeeded("bad", 1);
				case FAILED -> permit.failed(new IOException("refused"), 1);
				case FAILED_SLOWLY -> permit.failed(new IOException("refused"), SLOW.toNanos() + 1);
				case ERROR -> permit.failed(new AssertionError("error"), 1);
				case IGNORED -> permit.failed(new IllegalStateException("ignored"), SLOW.toNanos());
				case ABANDONED -> permit.abandoned();
			}
		}

	}

}
