package dev.resilience;

import java.util.List;
import java.util.Map;

import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class PolicySnapshotTests {

	private final PolicySnapshot.Builder builder = PolicySnapshot
		.of(new ScriptedGate("door", new FakeTicker().source()), "OPEN", List.of("OPEN"));

	@Test
	void rateShouldCountRejectionsAsBad() {
		PolicySnapshot snapshot = this.builder.calls(Map.of("fine", 3L, "failed", 2L, "ignored", 9L))
			.rejections(Map.of("full", 5L))
			.rate("well", List.of("fine"), List.of("failed", "full"))
			.rate("unknown", List.of("nobody"), List.of("nothing"))
			.build();
		assertThat(snapshot.gauges()).containsExactly(Map.entry("well", 0.3), Map.entry("unknown", 1.0));
	}

	@Test
	void detailAndConfigWhenThereIsNoneShouldBeLeftOut() {
		PolicySnapshot snapshot = this.builder.detail("reason", null)
			.detail("since", 7)
			.config("limit", null)
			.config("period", 8)
			.build();
		assertThat(snapshot.details()).isEqualTo(Map.of("since", 7));
		assertThat(snapshot.config()).isEqualTo(Map.of("period", 8));
	}

}
