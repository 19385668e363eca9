package dev.resilience.spring.actuate;

import java.util.Arrays;
import java.util.stream.Stream;

import dev.resilience.Trap;
import dev.resilience.killswitch.Activation;
import dev.resilience.killswitch.Cause;
import dev.resilience.killswitch.KillSwitches;
import dev.resilience.spring.web.TestServer;
import dev.resilience.spring.web.TestServer.Answer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

import org.springframework.boot.WebApplicationType;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * What the health and the metrics tell over HTTP.
 */
@TestInstance(Lifecycle.PER_CLASS)
class HealthTests {

	private TestServer server;

	@BeforeAll
	void start() {
		this.server = TestServer
			.start(WebApplicationType.SERVLET, Shop.Application.class,
					Stream
						.concat(Arrays.stream(Shop.PROPERTIES),
								Stream.of(TestServer.WITHOUT_SECURITY,
										"management.endpoint.health.probes.enabled=true"))
						.toArray(String[]::new));
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	@Test
	void healthWhenAllIsWellShouldBeUp() {
		Answer health = this.server.get("/actuator/health");
		assertThat(health.status()).isEqualTo(200);
		assertThat(health.at("/status")).isEqualTo("UP");
		assertThat(health.at("/components/resilience/status")).isEqualTo("UP");
	}

	@Test
	@Trap(11)
	void healthWhenBreakerIsOpenShouldBeDegradedAndNameIt() {
		assertThatIllegalStateException().isThrownBy(this.server.bean(Shop.class)::charge);
		try {
			Answer health = this.server.get("/actuator/health");
			assertThat(health.status()).isEqualTo(200);
			assertThat(health.at("/status")).isEqualTo("DEGRADED");
			assertThat(health.at("/components/resilience/status")).isEqualTo("DEGRADED");
			assertThat(health.at("/components/resilience/details/circuit-breaker/payments")).isEqualTo("OPEN");
			assertThat(health.body()).doesNotContain("4711");
			requireProbesUp();
		}
		finally {
			this.server.post("/actuator/circuitbreakers/payments", "{\"action\":\"reset\",\"reason\":\"end\"}");
		}
		assertThat(this.server.get("/actuator/health").at("/status")).isEqualTo("UP");
	}

	@Test
	void healthWhenSwitchIsActiveShouldBeDegradedOrOutOfServiceForGlobal() {
		KillSwitches switches = this.server.bean(KillSwitches.class);
		Activation drill = Activation.builder().reason("drill").actor("alice").build();
		switches.activate("payments", drill);
		try {
			assertThat(this.server.get("/actuator/health").at("/status")).isEqualTo("DEGRADED");
			assertThat(this.server.get("/actuator/health").at("/components/resilience/details/kill-switch/payments"))
				.isEqualTo("ACTIVE");
			switches.activate("global", drill);
			Answer health = this.server.get("/actuator/health");
			assertThat(health.status()).isEqualTo(503);
			assertThat(health.at("/status")).isEqualTo("OUT_OF_SERVICE");
			requireProbesUp();
		}
		finally {
			switches.release("global", Cause.PERSON, "alice", "end");
			switches.release("payments", Cause.PERSON, "alice", "end");
		}
		assertThat(this.server.get("/actuator/health").at("/status")).isEqualTo("UP");
	}

	@Test
	void scrapeShouldHaveMetricsOfAllPatterns() {
		Answer scrape = this.server.get("/actuator/prometheus");
		assertThat(scrape.status()).isEqualTo(200);
		assertThat(scrape.body()).contains(
				"resilience_calls_total{name=\"payments\",outcome=\"succeeded\",type=\"circuit-breaker\"}",
				"resilience_calls_total{name=\"orders\",outcome=\"granted\",type=\"rate-limiter\"}",
				"resilience_rejections_total{name=\"global\",reason=\"active\",type=\"kill-switch\"}",
				"resilience_state{name=\"mail\",state=\"CLOSED\",type=\"circuit-breaker\"} 1.0",
				"resilience_rate_limiter_available{name=\"orders\",type=\"rate-limiter\"}",
				"resilience_idempotency_in_flight{name=\"refund\",type=\"idempotency\"}");
		scrape.body().lines().filter((line) -> line.startsWith("resilience")).forEach((line) -> {
			assertThat(line).matches("[a-z_]+\\{([a-z]+=\"[^\"]*\",?)+} [-+0-9.EeNaInf]+");
			String name = line.substring(0, line.indexOf('{'));
			assertThat(scrape.body()).contains("# HELP " + name + " ").contains("# TYPE " + name + " ");
			assertThat(name).doesNotContain("__").doesNotEndWith("_").doesNotContainPattern("total_total");
		});
	}

	private void requireProbesUp() {
		for (String probe : new String[] { "liveness", "readiness" }) {
			Answer health = this.server.get("/actuator/health/" + probe);
			assertThat(health.status()).isEqualTo(200);
			assertThat(health.at("/status")).isEqualTo("UP");
			assertThat(health.body()).doesNotContain("resilience");
		}
	}

}
