package dev.resilience.sample;

import java.util.List;

import dev.resilience.sample.WalkThrough.Step;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link WalkThrough}: a README that proves nothing is refused.
 */
class WalkThroughTests {

	@Test
	void parseWhenCommandsHaveExpectationsShouldReadThem() {
		List<Step> steps = WalkThrough.parse(block("sleep 5",
				"curl -i -X POST localhost:8080/orders -H 'Content-Type: application/json' -d '{\"a\":\"it is\"}'",
				"# 201 Retry-After: * Idempotent-Replayed: false {\"amount\":12.50}", "curl localhost:8080/simulator",
				"# 200"));
		Step first = steps.get(0);
		assertThat(first.seconds()).isEqualTo(5);
		assertThat(first.command().method()).isEqualTo("POST");
		assertThat(first.command().url()).isEqualTo("localhost:8080/orders");
		assertThat(first.command().headers()).containsEntry("Content-Type", "application/json").hasSize(1);
		assertThat(first.command().body()).isEqualTo("{\"a\":\"it is\"}");
		assertThat(first.expectation().status()).isEqualTo(201);
		assertThat(first.expectation().headers()).containsEntry("Retry-After", "*")
			.containsEntry("Idempotent-Replayed", "false");
		assertThat(first.expectation().json()).hasToString("{\"amount\":12.5}");
		assertThat(steps.get(1).command().method()).isEqualTo("GET");
		assertThat(steps.get(1).seconds()).isZero();
		assertThat(steps).hasSize(2);
	}

	@Test
	void parseWhenThereIsNoCommandShouldRefuse() {
		assertThatIllegalArgumentException().isThrownBy(() -> WalkThrough.parse("```\n./mvnw verify\n```\n"));
	}

	@Test
	void parseWhenCommandHasNoExpectationShouldRefuse() {
		assertThatIllegalArgumentException().isThrownBy(() -> WalkThrough.parse(block("curl localhost:8080/a")));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> WalkThrough.parse(block("curl localhost:8080/a", "curl localhost:8080/b", "# 200")));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> WalkThrough.parse(block("curl localhost:8080/a", "# works")));
	}

	@Test
	void parseWhenLineCannotBeRunShouldRefuse() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> WalkThrough.parse(block("curl --silent localhost:8080/a", "# 200")));
		assertThatIllegalArgumentException().isThrownBy(() -> WalkThrough.parse(block("echo done", "# 200")));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> WalkThrough.parse(block("curl localhost:8080/$NAME", "# 200")));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> WalkThrough.parse(block("curl localhost:8080/a", "# 200", "sleep 1")));
	}

	private static String block(String... lines) {
		return "Text.\n\n```bash\n" + String.join("\n", lines) + "\n```\n";
	}

}
