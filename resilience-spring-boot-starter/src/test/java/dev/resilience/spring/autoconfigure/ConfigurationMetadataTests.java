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

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.resilience.circuitbreaker.CircuitBreakerPreset;
import dev.resilience.circuitbreaker.SlidingWindow;
import dev.resilience.config.Mode;
import dev.resilience.ratelimiter.RateLimiterAlgorithm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.BindableRuntimeHintsRegistrar;
import org.springframework.core.ResolvableType;

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
		assertThat(hinted(root, "resilience.rate-limiters.default.algorithm"))
			.containsExactlyInAnyOrderElementsOf(dashed(RateLimiterAlgorithm.values()));
		assertThat(hinted(root, "resilience.rate-limiters.default.mode"))
			.containsExactlyInAnyOrderElementsOf(dashed(Mode.values()));
		assertThat(hinted(root, "resilience.circuit-breakers.default.window.type"))
			.containsExactlyInAnyOrderElementsOf(dashed(SlidingWindow.Type.values()));
		assertThat(hinted(root, "resilience.circuit-breakers.default.mode"))
			.containsExactlyInAnyOrderElementsOf(dashed(Mode.values()));
		assertThat(hinted(root, "resilience.circuit-breaker-presets.keys")).contains("default");
		assertThat(hinted(root, "resilience.health.open-breaker-status"))
			.containsExactlyInAnyOrderElementsOf(dashed(CircuitBreakerProperties.OpenBreakerStatus.values()));
		assertThat(hinted(root, "resilience.idempotency.store"))
			.containsExactlyInAnyOrderElementsOf(dashed(IdempotencyProperties.Store.values()));
		Set<String> described = new TreeSet<>();
		root.get("properties").forEach((property) -> described.add(property.get("name").asString()));
		Map<String, Class<?>> named = named();
		// Their settings are those of breakers, where they are described.
		named.remove("resilience.circuit-breaker-presets");
		assertThat(named).hasSizeGreaterThan(4);
		named.forEach((prefix, settings) -> {
			assertThat(hinted(root, prefix + ".keys")).as(prefix).contains("default");
			List<String> defaults = ConfigurationKeys.settings(settings)
				.stream()
				.map((key) -> prefix + ".default." + key)
				.toList();
			assertThat(described).containsAll(defaults);
			assertThat(described.stream().filter((name) -> name.startsWith(prefix + ".default.")))
				.containsExactlyInAnyOrderElementsOf(defaults);
		});
	}

	/**
	 * By prefix, the settings of policies with names.
	 */
	private static Map<String, Class<?>> named() {
		Map<String, Class<?>> named = new TreeMap<>();
		properties().forEach((type) -> Arrays.stream(type.getRecordComponents()).forEach((component) -> {
			Class<?> value = ResolvableType.forType(component.getGenericType()).asMap().getGeneric(1).resolve();
			if (value != null && value.isRecord()) {
				named.put("resilience." + ConfigurationKeys.dashed(component.getName()), value);
			}
		}));
		return named;
	}

	private static Stream<Class<?>> properties() {
		return new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests())
			.importPackagesOf(ResilienceProperties.class)
			.stream()
			.filter((type) -> type.isAnnotatedWith(ConfigurationProperties.class))
			.map(JavaClass::reflect);
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
		BindableRuntimeHintsRegistrar.forTypes(properties().toArray(Class<?>[]::new)).registerHints(hints);
		assertThat(RuntimeHintsPredicates.reflection().onConstructorInvocation(type.getDeclaredConstructors()[0]))
			.accepts(hints);
	}

	static Stream<Class<?>> records() {
		return properties().flatMap(ConfigurationMetadataTests::withNested);
	}

	private static Stream<Class<?>> withNested(Class<?> type) {
		return Stream.concat(Stream.of(type),
				Arrays.stream(type.getDeclaredClasses())
					.filter(Class::isRecord)
					.flatMap(ConfigurationMetadataTests::withNested));
	}

}
