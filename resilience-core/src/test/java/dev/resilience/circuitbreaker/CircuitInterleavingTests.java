package dev.resilience.circuitbreaker;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import dev.resilience.CallContext;
import dev.resilience.Interleavings;
import dev.resilience.Permit;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("interleaving")
class CircuitInterleavingTests {

	private static final int ORDERS = 60;

	private static final long OPEN_NANOS = Duration.ofSeconds(60).toNanos();

	@Test
	void outcomesAndOrdersWhenAtTheSameTimeShouldMoveTheBreakerOnce() {
		Interleavings.checkTogether(EarlierCalls.class, ORDERS, "> fail | fail > state", "> fail | reset > state",
				"> fail | forceOpen > state", "> reset | forceOpen > state");
	}

	@Test
	void trialsWhenTheyEndAtTheSameTimeShouldMoveTheBreakerOnce() {
		Interleavings.checkTogether(Trials.class, ORDERS, "begin > succeedFirst | succeedFirst > state",
				"begin > succeedFirst | succeedSecond > state", "begin succeedSecond > succeedFirst | disable > state",
				"begin > fail | disable > state");
	}

	@Test
	void admitWhenCallsComeAtTheSameTimeShouldRunNoTwoTrialsInOnePlace() {
		Interleavings.checkTogether(OnePlace.class, ORDERS, "> admit | admit > state",
				"admit > abandon | admit > state admit", "admit > abandon | abandon > admit admit");
	}

	private static CircuitBreaker breaker(AtomicLong now, CircuitBreakerConfig config) {
		return new CircuitBreaker("orders", config, Interleavings.time(now::get, (later) -> {
		}));
	}

	private static CircuitBreakerConfig config(Consumer<CircuitBreakerConfig.Builder> settings) {
		CircuitBreakerConfig.Builder config = CircuitBreakerConfig.builder().failureThreshold(1);
		settings.accept(config);
		return config.build();
	}

	private static Permit admitted(CircuitBreaker breaker) {
		return (Permit) breaker.admit(CallContext.NONE);
	}

	// Not by a snapshot, which costs many times as much as the operations. The generation
	// tells how many states there were.
	private static String told(Permit early) {
		State state = ((State) early).circuit().state();
		return state.status() + " " + state.generation() + " " + state.trialsRunning();
	}

	/**
	 * A failure opens it. The call that fails was let pass before any order.
	 */
	public static class EarlierCalls {

		private static final CircuitBreakerConfig CONFIG = config((config) -> config.failureThreshold(1));

		private final CircuitBreaker breaker = breaker(new AtomicLong(), CONFIG);

		private final Permit early = admitted(this.breaker);

		@Operation
		public void fail() {
			this.early.failed(new IOException("refused"), 0);
		}

		@Operation
		public void reset() {
			this.breaker.reset("again");
		}

		@Operation
		public void forceOpen() {
			this.breaker.forceOpen("alarm");
		}

		@Operation
		public String state() {
			return told(this.early);
		}

	}

	/**
	 * Three trials are on their way, of which two must succeed.
	 */
	public static class Trials {

		private static final CircuitBreakerConfig CONFIG = config(
				(config) -> config.halfOpenMaxCalls(3).successThreshold(2));

		private final AtomicLong now = new AtomicLong();

		private final CircuitBreaker breaker = breaker(this.now, CONFIG);

		private final Permit early = admitted(this.breaker);

		private Permit[] trials = {};

		public Trials() {
			this.breaker.recordFailure(new IOException("refused"));
			this.now.set(OPEN_NANOS);
		}

		// Not in the constructor: there, objects have another identity hash code than
		// later.
		@Operation
		public void begin() {
			this.trials = new Permit[] { admitted(this.breaker), admitted(this.breaker), admitted(this.breaker) };
		}

		@Operation
		public void succeedFirst() {
			this.trials[0].succeeded("fine", 0);
		}

		@Operation
		public void succeedSecond() {
			this.trials[1].succeeded("fine", 0);
		}

		@Operation
		public void fail() {
			this.trials[2].failed(new IOException("refused"), 0);
		}

		@Operation
		public void disable() {
			this.breaker.disable("false alarm");
		}

		@Operation
		public String state() {
			return told(this.early);
		}

	}

	/**
	 * Open, its time is over, and one trial at a time may run.
	 */
	public static class OnePlace {

		private static final CircuitBreakerConfig CONFIG = config(
				(config) -> config.halfOpenMaxCalls(1).successThreshold(1000));

		private final AtomicLong now = new AtomicLong();

		private final CircuitBreaker breaker = breaker(this.now, CONFIG);

		private final Permit early = admitted(this.breaker);

		private volatile Permit trial = Permit.INERT;

		public OnePlace() {
			this.breaker.recordFailure(new IOException("refused"));
			this.now.set(OPEN_NANOS);
		}

		@Operation
		public boolean admit() {
			if (this.breaker.admit(CallContext.NONE) instanceof Permit admitted) {
				this.trial = admitted;
				return true;
			}
			return false;
		}

		@Operation
		public void abandon() {
			this.trial.abandoned();
		}

		@Operation
		public String state() {
			return told(this.early);
		}

	}

}
