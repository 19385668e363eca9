package dev.resilience.circuitbreaker;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.Interleavings;
import dev.resilience.Permit;
import dev.resilience.PolicySnapshot;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("interleaving")
class CircuitInterleavingTests {

	private static final long OPEN_NANOS = Duration.ofSeconds(60).toNanos();

	@Test
	void earlierCallsWhenOrdersComeInAnyOrderShouldMoveNoLaterState() {
		Interleavings.check(EarlierCalls.class, 60);
	}

	@Test
	void trialsWhenTheyEndInAnyOrderShouldMoveTheBreakerOnce() {
		Interleavings.check(Trials.class, 60);
	}

	@Test
	void admitWhenTrialsComeAndGoInAnyOrderShouldNeverRunTwoInOnePlace() {
		Interleavings.check(OnePlace.class, 40);
	}

	@Test
	@Tag("stress")
	void statesInAnyOrderShouldFollowEachOther() {
		Interleavings.check(Path.class, 10);
	}

	@Test
	@Tag("stress")
	void failureWhenKeysComeAndGoInAnyOrderShouldNotBeForgotten() {
		Interleavings.check(Keyed.class, 10);
	}

	private static CircuitBreaker breaker(AtomicLong now, Consumer<CircuitBreakerConfig.Builder> settings) {
		CircuitBreakerConfig.Builder config = CircuitBreakerConfig.builder().failureThreshold(1);
		settings.accept(config);
		return new CircuitBreaker("orders", config.build(), Interleavings.time(now::get, (later) -> {
		}));
	}

	private static Permit admitted(CircuitBreaker breaker) {
		return (Permit) breaker.admit(CallContext.NONE);
	}

	/**
	 * Two failures in a row open it. The calls that fail were let pass before any order.
	 */
	public static class EarlierCalls {

		private final CircuitBreaker breaker = breaker(new AtomicLong(), (config) -> config.failureThreshold(2));

		private final Permit early = admitted(this.breaker);

		@Operation
		public void fail() {
			this.early.failed(new IOException("refused"), 0);
		}

		@Operation
		public void reset() {
			this.breaker.reset("again");
		}

		@Operation(runOnce = true)
		public void forceOpen() {
			this.breaker.forceOpen("alarm");
		}

		@Operation
		public String state() {
			return this.breaker.state().name();
		}

	}

	/**
	 * Three trials are on their way, and a call from before the outage.
	 */
	public static class Trials {

		private final AtomicLong now = new AtomicLong();

		private final CircuitBreaker breaker = breaker(this.now,
				(config) -> config.halfOpenMaxCalls(3).successThreshold(2));

		private final Permit early = admitted(this.breaker);

		private Permit[] trials = {};

		public Trials() {
			this.breaker.recordFailure(new IOException("refused"));
			this.now.set(OPEN_NANOS);
		}

		// They begin with the first operation: in a constructor, objects have another
		// identity hash code than later.
		private synchronized Permit trial(int index) {
			if (this.trials.length == 0) {
				this.trials = new Permit[] { admitted(this.breaker), admitted(this.breaker), admitted(this.breaker) };
			}
			return this.trials[index];
		}

		@Operation(runOnce = true)
		public void succeedFirst() {
			trial(0).succeeded("fine", 0);
		}

		@Operation(runOnce = true)
		public void succeedSecond() {
			trial(1).succeeded("fine", 0);
		}

		@Operation(runOnce = true)
		public void failThird() {
			trial(2).failed(new IOException("refused"), 0);
		}

		@Operation
		public void failEarly() {
			trial(0);
			this.early.failed(new IOException("refused"), 0);
		}

		@Operation(runOnce = true)
		public void disable() {
			trial(0);
			this.breaker.disable("false alarm");
		}

		@Operation
		public String state() {
			trial(0);
			return this.breaker.state().name();
		}

	}

	/**
	 * Open, its time is over, and one trial at a time may run.
	 */
	public static class OnePlace {

		private final AtomicLong now = new AtomicLong();

		private final CircuitBreaker breaker = breaker(this.now,
				(config) -> config.halfOpenMaxCalls(1).successThreshold(1000));

		private final AtomicInteger running = new AtomicInteger();

		private final AtomicInteger most = new AtomicInteger();

		public OnePlace() {
			this.breaker.recordFailure(new IOException("refused"));
			this.now.set(OPEN_NANOS);
		}

		@Operation
		public void succeed() {
			run((trial) -> trial.succeeded("fine", 0));
		}

		@Operation
		public void abandon() {
			run(Permit::abandoned);
		}

		private void run(Consumer<Permit> end) {
			if (this.breaker.admit(CallContext.NONE) instanceof Permit trial) {
				this.most.accumulateAndGet(this.running.incrementAndGet(), Math::max);
				this.running.decrementAndGet();
				end.accept(trial);
			}
		}

		@Validate
		public void thePlaceIsFreeAgain() {
			boolean free = this.breaker.admit(CallContext.NONE) instanceof Permit;
			if (this.most.get() > 1 || !free) {
				throw new IllegalStateException(this.most + " trials at a time, free: " + free);
			}
		}

	}

	/**
	 * Calls, orders and time. A transition that happened twice would leave a state that
	 * the breaker was not in.
	 */
	public static class Path {

		private final AtomicLong now = new AtomicLong();

		private final CircuitBreaker breaker = breaker(this.now,
				(config) -> config.halfOpenMaxCalls(2).successThreshold(1));

		private final AtomicLong failed = new AtomicLong();

		private final AtomicLong succeeded = new AtomicLong();

		@Operation
		public void fail() {
			if (this.breaker.admit(CallContext.NONE) instanceof Permit permit) {
				this.failed.incrementAndGet();
				permit.failed(new IOException("refused"), 0);
			}
		}

		@Operation
		public void succeed() {
			if (this.breaker.admit(CallContext.NONE) instanceof Permit permit) {
				this.succeeded.incrementAndGet();
				permit.succeeded("fine", 0);
			}
		}

		@Operation
		public void pass() {
			this.now.addAndGet(OPEN_NANOS);
		}

		@Operation
		public void forceOpen() {
			this.breaker.forceOpen("alarm");
		}

		@Operation
		public void reset() {
			this.breaker.reset("again");
		}

		@Validate
		public void everyStateIsLeftAsOftenAsEntered() {
			PolicySnapshot snapshot = this.breaker.snapshot();
			Map<String, Long> balance = new HashMap<>();
			balance.merge("CLOSED", 1L, Long::sum);
			balance.merge(snapshot.state(), -1L, Long::sum);
			snapshot.transitions().forEach((transition, times) -> {
				String[] states = transition.split("->", 2);
				balance.merge(states[0], -times, Long::sum);
				balance.merge(states[1], times, Long::sum);
			});
			boolean even = balance.values().stream().allMatch((each) -> each == 0);
			boolean exact = snapshot.calls().getOrDefault("failed", 0L) == this.failed.get()
					&& snapshot.calls().getOrDefault("succeeded", 0L) == this.succeeded.get();
			if (!even || !exact || snapshot.gauges().getOrDefault("trials-running", 0.0) != 0) {
				throw new IllegalStateException(this.failed + " failed, " + this.succeeded + " succeeded: "
						+ snapshot.transitions() + snapshot.calls() + snapshot.gauges());
			}
		}

	}

	/**
	 * Room for one key, with a call on its way.
	 */
	public static class Keyed {

		private final CircuitBreaker breaker = breaker(new AtomicLong(), (config) -> config.maxKeys(1));

		private final Permit early = (Permit) admit("first");

		private volatile boolean failed;

		@Operation(runOnce = true)
		public void fail() {
			this.early.failed(new IOException("refused"), 0);
			this.failed = true;
		}

		@Operation
		public void useFirst() {
			if (admit("first") instanceof Permit permit) {
				permit.abandoned();
			}
		}

		@Operation
		public void useSecond() {
			if (admit("second") instanceof Permit permit) {
				permit.succeeded("fine", 0);
			}
		}

		private Admission admit(String key) {
			return this.breaker.admit(CallContext.ofKey(key));
		}

		@Validate
		public void theKeyThatFailedIsOpen() {
			boolean open = admit("first") instanceof Admission.Rejection;
			if (open != this.failed) {
				throw new IllegalStateException("failed: " + this.failed + ", open: " + open);
			}
		}

	}

}
