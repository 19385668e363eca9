package dev.resilience;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;

import dev.resilience.time.TimeSource;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("interleaving")
class PermitInterleavingTests {

	@Test
	void endOfHandedPermitInAnyOrderShouldCountOnce() {
		Interleavings.checkFromStart(Handed.class, 60);
	}

	@Test
	void asynchronousCallWhenEndedInAnyOrderShouldEndItsPermitOnce() {
		Interleavings.checkFromStart(Running.class, 60);
	}

	@Test
	void asynchronousCallWhenItWaitsAndIsEndedInAnyOrderShouldEndItsPermitsOnce() {
		Interleavings.check(Waiting.class, 60);
	}

	private static void require(ScriptedGate gate, long ends) {
		long found = gate.log()
			.stream()
			.filter((entry) -> entry.matches(gate.name() + " (succeeded|failed|abandoned).*"))
			.count();
		if (found != ends) {
			throw new IllegalStateException(found + " ends instead of " + ends + ": " + gate.log());
		}
	}

	/**
	 * A permit that was handed out, and owners who do not know of each other.
	 */
	public static class Handed {

		private final ScriptedGate gate = new ScriptedGate("orders", Interleavings.time(() -> 0, (later) -> {
		}));

		private final Permit permit = (Permit) this.gate.tryAcquire();

		@Operation
		public void succeed() {
			this.permit.succeeded("done", 0);
		}

		@Operation
		public void fail() {
			this.permit.failed(new IOException("refused"), 0);
		}

		@Operation
		public void abandon() {
			this.permit.abandoned();
		}

		@Validate
		public void thePermitHasEndedOnce() {
			abandon();
			require(this.gate, 1);
		}

	}

	/**
	 * A call that is running, under a time limit.
	 */
	public static class Running {

		private final List<Runnable> timers = new CopyOnWriteArrayList<>();

		private final ScriptedGate gate = new ScriptedGate("orders", Interleavings.time(() -> 0, this.timers::add));

		private final CompletableFuture<String> stage = new CompletableFuture<>();

		private final CompletableFuture<String> result;

		public Running() {
			this.gate.limit = new Permit.TimeLimit(this.gate, Duration.ofSeconds(1), true);
			this.result = this.gate.callAsync(() -> this.stage).toCompletableFuture();
		}

		@Operation
		public void complete() {
			this.stage.complete("done");
		}

		@Operation
		public void fail() {
			this.stage.completeExceptionally(new IOException("refused"));
		}

		@Operation
		public void cancel() {
			this.result.cancel(true);
		}

		@Operation
		public void loseEverybodysPatience() {
			this.result.completeExceptionally(new TimeoutException());
		}

		@Operation(runOnce = true)
		public void expire() {
			this.timers.get(0).run();
		}

		@Validate
		public void thePermitHasEndedOnce() {
			complete();
			require(this.gate, 1);
			if (!this.result.isDone()) {
				throw new IllegalStateException("nobody told the caller");
			}
		}

	}

	/**
	 * A call that has the outer gate's permit and waits for the inner one's. A stop of
	 * the outer gate reaches it until it begins.
	 */
	public static class Waiting {

		private final List<Runnable> timers = new CopyOnWriteArrayList<>();

		private final TimeSource time = Interleavings.time(() -> 0, this.timers::add);

		private final ScriptedGate outer = new ScriptedGate("outer", this.time);

		private final ScriptedGate inner = new ScriptedGate("inner", this.time);

		private final CompletableFuture<String> stage = new CompletableFuture<>();

		private final CompletableFuture<String> result;

		private volatile boolean granted;

		public Waiting() {
			this.outer.limit = new Permit.TimeLimit(this.outer, Duration.ofSeconds(1), true);
			this.inner.answer = ScriptedGate.Answer.WAIT;
			this.result = Pipeline.of(this.outer, this.inner).callAsync(() -> this.stage).toCompletableFuture();
		}

		@Operation(runOnce = true)
		public void grant() {
			if (this.inner.decision.complete(this.inner.grant())) {
				this.granted = true;
			}
		}

		@Operation(runOnce = true)
		public void refuse() {
			this.inner.decision.complete(this.inner.rejection("shut"));
		}

		@Operation(runOnce = true)
		public void stop() {
			this.outer.stopping = true;
		}

		@Operation
		public void cancel() {
			this.result.cancel(true);
		}

		@Operation
		public void complete() {
			this.stage.complete("done");
		}

		@Operation(runOnce = true)
		public void expire() {
			if (!this.timers.isEmpty()) {
				this.timers.get(0).run();
			}
		}

		@Validate
		public void bothPermitsHaveEndedOnce() {
			refuse();
			complete();
			require(this.outer, 1);
			require(this.inner, this.granted ? 1 : 0);
			if (!this.result.isDone()) {
				throw new IllegalStateException("nobody told the caller");
			}
		}

	}

}
