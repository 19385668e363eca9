package dev.resilience.spring.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

import dev.resilience.circuitbreaker.CircuitBreakerMode;
import dev.resilience.circuitbreaker.CircuitBreakerPreset;
import dev.resilience.circuitbreaker.SlidingWindow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.context.properties.bind.BindableRuntimeHintsRegistrar;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What IDEs and native images know of our properties.
 */
class ConfigurationMetadataTests {

	@Test
	void metadataShouldDescribeEveryProperty() throws IOException {
		Map<String, String> described = new TreeMap<>();
		try (InputStream metadata = ResilienceProperties.class
			.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
			JsonNode root = new JsonMapper().readTree(metadata);
			root.get("properties")
				.forEach((property) -> described.put(property.get("name").asString(),
						property.path("description").asString()));
		}
		assertThat(described).containsKeys("resilience.enabled", "resilience.rejection-stack-traces",
				"resilience.endpoints.enabled", "resilience.circuit-breakers", "resilience.rate-limiters",
				"resilience.kill-switches.declared", "resilience.health.open-breaker-status",
				"resilience.idempotency.store", "resilience.idempotency.ttl", "resilience.idempotency.lease",
				"resilience.idempotency.in-flight-wait", "resilience.idempotency.max-entries");
		assertThat(described)
			.allSatisfy((name, description) -> assertThat(description).as(name).isNotBlank().doesNotContain("{@"));
	}

	@Test
	void hintsShouldListEveryValueAndSetting() throws IOException {
		JsonNode root;
		try (InputStream metadata = ResilienceProperties.class
			.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
			root = new JsonMapper().readTree(metadata);
		}
		assertThat(hinted(root, "resilience.circuit-breakers.default.preset")).containsExactlyInAnyOrderElementsOf(
				Arrays.stream(CircuitBreakerPreset.values()).map(CircuitBreakerPreset::key).toList());
		assertThat(hinted(root, "resilience.circuit-breakers.default.window.type"))
			.containsExactlyInAnyOrderElementsOf(dashed(SlidingWindow.Type.values()));
		assertThat(hinted(root, "resilience.circuit-breakers.default.mode"))
			.containsExactlyInAnyOrderElementsOf(dashed(CircuitBreakerMode.values()));
		assertThat(hinted(root, "resilience.circuit-breaker-presets.keys")).contains("default");
		assertThat(hinted(root, "resilience.health.open-breaker-status"))
			.containsExactlyInAnyOrderElementsOf(dashed(CircuitBreakerProperties.OpenBreakerStatus.values()));
		assertThat(hinted(root, "resilience.idempotency.store"))
			.containsExactlyInAnyOrderElementsOf(dashed(IdempotencyProperties.Store.values()));
		assertThat(hinted(root, "resilience.circuit-breakers.keys")).contains("default");
		assertThat(hinted(root, "resilience.rate-limiters.keys")).contains("default");
		Set<String> described = new TreeSet<>();
		root.get("properties").forEach((property) -> described.add(property.get("name").asString()));
		assertThat(described)
			.containsAll(ConfigurationKeys.keys(CircuitBreakerProperties.Breaker.class)
				.stream()
				.flatMap((key) -> key.equals("window") ? Stream.of("window.type", "window.size") : Stream.of(key))
				.map("resilience.circuit-breakers.default."::concat)
				.toList())
			.containsAll(ConfigurationKeys.keys(RateLimiterProperties.Limiter.class)
				.stream()
				.map("resilience.rate-limiters.default."::concat)
				.toList());
	}

	private static List<String> hinted(JsonNode root, String name) {
		List<String> values = new ArrayList<>();
		root.get("hints").forEach((hint) -> {
			if (hint.get("name").asString().equals(name)) {
				hint.get("values").forEach((value) -> {
					assertThat(value.path("description").asString()).isNotBlank();
					values.add(value.get("value").asString());
				});
			}
		});
		return values;
	}

	private static List<String> dashed(Enum<?>[] constants) {
		return Arrays.stream(constants)
			.map((constant) -> constant.name().toLowerCase(Locale.ROOT).replace('_', '-'))
			.toList();
	}

	@ParameterizedTest
	@MethodSource("records")
	void hintsShouldLetNativeImagesBindEveryRecord(Class<?> type) {
		RuntimeHints hints = new RuntimeHints();
		BindableRuntimeHintsRegistrar
			.forTypes(CircuitBreakerProperties.class, RateLimiterProperties.class, IdempotencyProperties.class,
					KillSwitchProperties.class, ResilienceProperties.class)
			.registerHints(hints);
		assertThat(RuntimeHintsPredicates.reflection().onConstructorInvocation(type.getDeclaredConstructors()[0]))
			.accepts(hints);
	}

	static Stream<Class<?>> records() {
		return Stream.of(CircuitBreakerProperties.class, CircuitBreakerProperties.Breaker.class,
				CircuitBreakerProperties.Window.class, CircuitBreakerProperties.Health.class,
				RateLimiterProperties.class, RateLimiterProperties.Limiter.class, IdempotencyProperties.class,
				KillSwitchProperties.class, ResilienceProperties.class, ResilienceProperties.Endpoints.class);
	}

}
