package dev.resilience;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.List;

import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Gates that decide, count and tell, and let every call pass.
 */
class ShadowModeTests {

	private final FakeTicker ticker = new FakeTicker();

	private final List<String> log = new CopyOnWriteArrayList<>();

	private final ScriptedGate gate = new ScriptedGate("door", this.ticker.source(), this.log);

	private final ScriptedGate inner = new ScriptedGate("inner", this.ticker.source(), this.log);

	@BeforeEach
	void shadow() {
		this.gate.enforcing = false;
		this.gate.answer = ScriptedGate.Answer.REJECT;
	}

	@Test
	void callWhenItWouldBeRejectedShouldPassAndCount() throws Exception {
		assertThat(this.gate.call(() -> "passed")).isEqualTo("passed");
		assertThat(Pipeline.of(this.gate, this.inner).call(() -> "passed")).isEqualTo("passed");
		assertThat(this.gate.snapshot().rejections()).containsEntry("shut", 2L);
		assertThat(this.log).contains("inner succeeded passed 0")
			.noneMatch((line) -> line.startsWith("door succeeded"));
	}

	@Test
	void callAsyncWhenItWouldBeRejectedShouldPassAndCount() {
		assertThat(this.gate.callAsync(() -> CompletableFuture.completedFuture("passed")))
			.isCompletedWithValue("passed");
		assertThat(this.gate.snapshot().rejections()).containsEntry("shut", 1L);
	}

	@Test
	void callWhenItPassesShouldEndThePermit() throws Exception {
		this.gate.answer = ScriptedGate.Answer.GRANT;
		assertThat(this.gate.call(() -> "passed")).isEqualTo("passed");
		assertThat(this.log).contains("door succeeded passed 0");
	}

	@Test
	void tryAcquireWhenItWouldBeRejectedShouldGrant() {
		assertThat(this.gate.tryAcquire()).isInstanceOf(Permit.class);
		assertThat(this.gate.snapshot().rejections()).containsEntry("shut", 1L);
	}

	@Test
	void stopsShouldNotHoldForThoseWhoWaited() throws Exception {
		this.gate.stopping = true;
		this.inner.answer = ScriptedGate.Answer.WAIT;
		this.inner.decision.complete(this.inner.grant());
		assertThat(Pipeline.of(this.gate, this.inner).call(() -> "passed")).isEqualTo("passed");
	}

	@Test
	void rejectionShouldBeToldAsWhatWouldHaveBeen() throws Exception {
		RecordingListener events = new RecordingListener();
		this.gate.addListener(events);
		this.gate.call(() -> "passed");
		PolicyEvent event = events.await(1).get(0);
		assertThat(event.kind()).isEqualTo("shadow-rejection");
		assertThat(event.details()).containsEntry("reason", "shut").containsEntry("count", 1L);
	}

	@Test
	void snapshotShouldBeUp() {
		assertThat(this.gate.snapshot().health()).isEqualTo(PolicySnapshot.Health.UP);
		this.gate.enforcing = true;
		assertThat(this.gate.snapshot().health()).isEqualTo(PolicySnapshot.Health.DEGRADED);
	}

}
