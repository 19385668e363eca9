package dev.resilience.spring.readme;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

import dev.resilience.spring.web.TestServer;
import dev.resilience.spring.web.TestServer.Answer;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the README says of health, metrics and events is what an application with all
 * patterns shows. It is the README's own.
 */
class ReadmeOperationTests {

	private static final String BREAKER = "/actuator/circuitbreakers/payments";

	private static final String SWITCHES = "/actuator/killswitches/";

	private static TestServer server;

	@BeforeAll
	static void start() {
		server = Shop.start();
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	@Test
	void healthShouldBeAsTableSays() {
		List<String> observed = List.of(health(),
				during(BREAKER, "{\"action\":\"force-open\",\"reason\":\"test\"}",
						"{\"action\":\"reset\",\"reason\":\"test\"}"),
				duringStop("payments.refunds"), duringStop("global"));
		assertThat(Readme.table("When").rows())
			.extracting((row) -> Readme.code(row.get(1)) + " " + Readme.code(row.get(2)))
			.containsExactlyElementsOf(observed);
	}

	@Test
	void metersShouldBeThoseOfTheTable() {
		during(BREAKER, "{\"action\":\"disable\",\"reason\":\"test\"}", "{\"action\":\"reset\",\"reason\":\"test\"}");
		Map<String, List<Object>> documented = new HashMap<>();
		Readme.table("Meter")
			.byCode()
			.forEach((name, row) -> documented.put(name, List.of(row.get(1), new TreeSet<>(Readme.codes(row.get(2))))));
		Awaitility.await().untilAsserted(() -> assertThat(meters()).isEqualTo(documented));
	}

	@Test
	void outcomesShouldBeThoseOfTheTable() {
		Map<String, Set<String>> documented = new TreeMap<>();
		Readme.tables("Type")
			.stream()
			.filter((table) -> table.columns().contains("Outcomes"))
			.forEach((table) -> table.byCode()
				.forEach((type, row) -> documented.put(type, new TreeSet<>(Readme.codes(row.get(1))))));
		Map<String, Set<String>> existing = new TreeMap<>();
		server.bean(MeterRegistry.class)
			.get("resilience.calls")
			.meters()
			.forEach((meter) -> existing
				.computeIfAbsent(String.valueOf(meter.getId().getTag("type")), (type) -> new TreeSet<>())
				.add(String.valueOf(meter.getId().getTag("outcome"))));
		assertThat(existing).isEqualTo(documented);
	}

	@Test
	void eventsShouldBeThoseOfTheTable() {
		Set<String> documented = new HashSet<>();
		Readme.tables("Type")
			.stream()
			.filter((table) -> table.columns().contains("Event"))
			.forEach((table) -> table.rows().forEach((row) -> documented.addAll(Readme.codes(row.get(1)))));
		// A word that is told, a constant of such words, or one with two explanations
		// beside, of which the second is no advice.
		Pattern told = Pattern.compile("(?:publish\\(|tell\\(|String (?:TRANSITION|ORDER) = "
				+ "|[A-Z_]+\\((?=\"[a-z-]+\", \"[^\"]+\",\\s++(?!\"; )))\\s*\"([a-z-]+)\"");
		Set<String> existing = new HashSet<>();
		Readme.sources("resilience-core/src/main/java")
			.forEach((source) -> told.matcher(source).results().forEach((kind) -> existing.add(kind.group(1))));
		assertThat(documented).isNotEmpty().isEqualTo(existing);
	}

	@Test
	void listenerShouldHearOfOrders() {
		Pager pager = server.bean(Pager.class);
		duringStop("payments");
		Awaitility.await()
			.untilAsserted(() -> assertThat(pager.pages).anyMatch((page) -> page.contains("'payments' is active"))
				.anyMatch((page) -> page.contains("'payments' released")));
	}

	private static Map<String, List<Object>> meters() {
		Map<String, List<Object>> meters = new HashMap<>();
		for (Meter meter : server.bean(MeterRegistry.class).getMeters()) {
			if (meter.getId().getName().startsWith("resilience.")) {
				TreeSet<String> tags = new TreeSet<>(meter.getId().getTags().stream().map(Tag::getKey).toList());
				String kind = meter.getId().getType().name().toLowerCase(Locale.ROOT);
				meters.put(meter.getId().getName(), List.of(kind, tags));
			}
		}
		return meters;
	}

	private static String duringStop(String name) {
		return during(SWITCHES + name, "{\"action\":\"activate\",\"reason\":\"test\",\"actor\":\"test\"}",
				"{\"action\":\"release\",\"reason\":\"test\",\"actor\":\"test\"}");
	}

	private static String during(String path, String order, String end) {
		assertThat(server.post(path, order).status()).isEqualTo(200);
		try {
			return health();
		}
		finally {
			assertThat(server.post(path, end).status()).isEqualTo(200);
		}
	}

	private static String health() {
		Answer health = server.get("/actuator/health");
		return health.at("/status") + " " + health.status();
	}

}
