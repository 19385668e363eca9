package dev.resilience.fallback;

import java.util.List;

import dev.resilience.Admission;
import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import dev.resilience.Gate;
import dev.resilience.PolicySnapshot;
import dev.resilience.time.FakeTicker;

/**
 * A gate that lets nothing pass, for good or finally.
 */
final class Closed extends Gate {

	private final boolean emergency;

	Closed(String name, boolean emergency) {
		super("closed", name, new FakeTicker().source(), List.of("closed"));
		this.emergency = emergency;
	}

	@Override
	protected Admission admit(CallContext context) {
		return new No(this);
	}

	@Override
	public PolicySnapshot snapshot() {
		return PolicySnapshot.of(this, "CLOSED", List.of("CLOSED")).rejections(rejections()).build();
	}

	static final class No extends Admission.Rejection {

		private final Closed gate;

		No(Closed gate) {
			super(gate, "closed");
			this.gate = gate;
		}

		@Override
		public String explain() {
			return "nothing passes";
		}

		@Override
		public CallRejectedException toException() {
			return this.gate.emergency ? new EmergencyException() : new CallRejectedException(this);
		}

	}

}
