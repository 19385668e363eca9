package dev.resilience;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

import dev.resilience.time.FakeTicker;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ClearTests {

	private final Counting gate = new Counting(new FakeTicker());

	@Test
	void clearShouldCountFromZeroAgain() throws Exception {
		calls(3);
		this.gate.open = false;
		this.gate.tryAcquire();
		this.gate.clear();
		PolicySnapshot cleared = this.gate.snapshot();
		assertThat(cleared.calls()).containsEntry("succeeded", 0L);
		assertThat(cleared.rejections()).containsEntry("shut", 0L);
		assertThat(cleared.gauges()).containsEntry("success-rate", 1.0);
		this.gate.open = true;
		calls(2);
		assertThat(this.gate.snapshot().calls()).containsEntry("succeeded", 2L);
		assertThat(this.gate.snapshot().gauges()).containsEntry("success-rate", 1.0);
	}

	@Test
	void clearWhenClearedBeforeShouldCountFromZeroAgain() throws Exception {
		calls(3);
		this.gate.clear();
		calls(2);
		this.gate.clear();
		calls(1);
		assertThat(this.gate.snapshot().calls()).containsEntry("succeeded", 1L);
	}

	@Test
	void clearShouldLoseNoCallUnderWay() {
		Permit permit = (Permit) this.gate.tryAcquire();
		this.gate.clear();
		permit.succeeded("value", 0);
		assertThat(this.gate.snapshot().calls()).containsEntry("succeeded", 1L);
	}

	@Test
	void clearShouldTell() throws InterruptedException {
		RecordingListener events = new RecordingListener();
		this.gate.addListener(events);
		this.gate.clear();
		assertThat(events.await(1).get(0).kind()).isEqualTo("cleared");
	}

	@Test
	void rateShouldCountRejectionsToo() throws Exception {
		calls(3);
		this.gate.open = false;
		this.gate.tryAcquire();
		assertThat(this.gate.snapshot().gauges()).containsEntry("success-rate", 0.75);
	}

	private void calls(int number) throws Exception {
		for (int call = 0; call < number; call++) {
			this.gate.call(() -> "value");
		}
	}

	private static final class Counting extends Gate {

		private final LongAdder succeeded = new LongAdder();

		private volatile boolean open = true;

		Counting(FakeTicker ticker) {
			super("counting", "gate", ticker.source(), List.of("shut"));
		}

		@Override
		protected Admission admit(CallContext context) {
			return this.open ? new Counted() : new ScriptedGate("other", time()).rejection("shut");
		}

		@Override
		public PolicySnapshot snapshot() {
			return PolicySnapshot.of(this, "ONLY", List.of("ONLY"))
				.calls(Map.of("succeeded", this.succeeded.sum()))
				.rejections(rejections())
				.rate("success-rate", List.of("succeeded"), List.of("shut"))
				.build();
		}

		private final class Counted extends Permit {

			@Override
			public void succeeded(@Nullable Object value, long nanos) {
				Counting.this.succeeded.increment();
			}

			@Override
			public void failed(Throwable cause, long nanos) {
				abandoned();
			}

			@Override
			public void abandoned() {
				throw new AssertionError("No call fails here");
			}

		}

	}

}
