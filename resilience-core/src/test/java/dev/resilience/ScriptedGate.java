package dev.resilience;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;

import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * A gate that answers as a test tells it, and writes down how its permits end.
 */
class ScriptedGate extends Gate {

	enum Answer {

		GRANT, REJECT, REJECT_OTHERWISE, WAIT, THROW

	}

	private final List<String> log;

	private final boolean timed;

	volatile Answer answer = Answer.GRANT;

	volatile boolean enforcing = true;

	volatile Permit.@Nullable TimeLimit limit;

	volatile boolean stopping;

	volatile CompletableFuture<Admission> decision = new CompletableFuture<>();

	ScriptedGate(String name, TimeSource time, List<String> log, boolean timed) {
		super("scripted", name, time, List.of("shut", "otherwise"));
		this.log = log;
		this.timed = timed;
	}

	ScriptedGate(String name, TimeSource time, List<String> log) {
		this(name, time, log, false);
	}

	ScriptedGate(String name, TimeSource time) {
		this(name, time, new CopyOnWriteArrayList<>());
	}

	List<String> log() {
		return this.log;
	}

	@Override
	protected Admission admit(CallContext context) {
		this.log.add(name() + " asked");
		return switch (this.answer) {
			case GRANT -> grant();
			case REJECT -> rejection("shut");
			case REJECT_OTHERWISE -> rejection("otherwise");
			case WAIT -> context.mayWait() ? new ScriptedWait() : rejection("shut");
			case THROW -> throw new IllegalStateException("gate");
		};
	}

	Permit grant() {
		return new LoggingPermit();
	}

	Admission.Rejection rejection(String reason) {
		return new Admission.Rejection(this, reason) {

			@Override
			public String explain() {
				return "gate '" + name() + "' is " + reason;
			}

			@Override
			public CallRejectedException toException() {
				return new CallRejectedException(this);
			}

		};
	}

	@Override
	protected boolean enforces() {
		return this.enforcing;
	}

	@Override
	protected Admission.@Nullable Rejection stops() {
		return this.stopping ? rejection("shut") : null;
	}

	@Override
	public PolicySnapshot snapshot() {
		return PolicySnapshot.of(this, "SCRIPTED", List.of("SCRIPTED"))
			.health(PolicySnapshot.Health.DEGRADED)
			.rejections(rejections())
			.build();
	}

	private final class LoggingPermit extends Permit {

		@Override
		public void succeeded(@Nullable Object value, long nanos) {
			ScriptedGate.this.log.add(name() + " succeeded " + value + " " + nanos);
		}

		@Override
		public void failed(Throwable cause, long nanos) {
			ScriptedGate.this.log.add(name() + " failed " + cause.getClass().getSimpleName() + " " + nanos);
		}

		@Override
		public void abandoned() {
			ScriptedGate.this.log.add(name() + " abandoned");
		}

		@Override
		protected boolean isTimed() {
			return ScriptedGate.this.timed;
		}

		@Override
		protected Permit.@Nullable TimeLimit timeLimit() {
			return ScriptedGate.this.limit;
		}

	}

	private final class ScriptedWait extends Admission.Wait {

		@Override
		protected Admission await() throws InterruptedException {
			try {
				return ScriptedGate.this.decision.get();
			}
			catch (ExecutionException ex) {
				throw new IllegalStateException(ex);
			}
		}

		@Override
		protected CompletionStage<Admission> decision() {
			return ScriptedGate.this.decision;
		}

		@Override
		protected void cancel() {
			if (ScriptedGate.this.decision.complete(Permit.INERT)) {
				ScriptedGate.this.log.add(name() + " wait cancelled");
			}
		}

	}

}
