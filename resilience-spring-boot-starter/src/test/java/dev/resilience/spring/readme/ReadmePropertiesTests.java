package dev.resilience.spring.readme;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.circuitbreaker.CircuitBreakerPreset;
import dev.resilience.circuitbreaker.SlidingWindow;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.MemoryIdempotencyStore;
import dev.resilience.ratelimiter.RateLimiterConfig;
import dev.resilience.spring.readme.Readme.Table;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.AnnotatedElementUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * The README's tables of properties and presets say what the code does, key by key.
 */
class ReadmePropertiesTests {

	private static final int MANY = 7;

	private static final Map<String, Record> DEFAULTS = Map.of("resilience.circuit-breakers.<name>",
			CircuitBreakerConfig.builder().build(), "resilience.circuit-breakers.<name>.window", SlidingWindow.NONE,
			"resilience.rate-limiters.<name>", RateLimiterConfig.builder().limit(MANY).build(),
			"resilience.idempotency", IdempotencyConfig.builder().build());

	private static final Pattern PERCENTAGE = Pattern.compile("(above )?`(\\d+)` to `(\\d+)`");

	private static final Pattern RANGE = Pattern.compile("`(\\w+)` (?:to `(\\w+)`|or more)");

	@Test
	void tablesShouldHaveEveryKeyAndNoOther() {
		assertThat(documented()).containsOnlyKeys(existing().keySet());
	}

	@Test
	void defaultsShouldBeThoseOfTheCode() {
		Map<String, RecordComponent> existing = existing();
		documented().forEach((key, row) -> assertThat(isDefault(key, existing.get(key), Readme.code(row.get(1))))
			.as("%s is %s by default", key, row.get(1))
			.isTrue());
	}

	@Test
	void limitShouldBeRequired() {
		assertThatIllegalArgumentException().isThrownBy(() -> RateLimiterConfig.builder().build());
		assertThat(documented().get("resilience.rate-limiters.<name>.limit").get(1)).isEqualTo("required");
	}

	@Test
	void boundsShouldBeThoseOfTheCode() {
		Map<String, RecordComponent> existing = existing();
		documented().forEach((key, row) -> {
			Class<?> type = existing.get(key).getType();
			if (type.isEnum() || type == boolean.class) {
				assertThat(Readme.codes(row.get(2))).as(key).containsExactlyElementsOf(constants(type));
			}
			else if (type == Double.class) {
				assertRealBounds(key, row.get(2));
			}
			else if (type == Duration.class || Number.class.isAssignableFrom(type)) {
				assertBounds(key, row.get(2));
			}
		});
	}

	@Test
	void sizeShouldBeBoundedAsReadmeSays() {
		assertThat(documented().get("resilience.circuit-breakers.<name>.window.size").get(2))
			.isEqualTo("1 to 1,000,000 calls, or `1s` to `1d`");
		assertThatCode(() -> List.of(SlidingWindow.ofCalls(1).build(), SlidingWindow.ofCalls(1_000_000).build(),
				SlidingWindow.ofTime(Duration.ofSeconds(1)).build(), SlidingWindow.ofTime(Duration.ofDays(1)).build()))
			.doesNotThrowAnyException();
		for (SlidingWindow.Builder beyond : List.of(SlidingWindow.ofCalls(0), SlidingWindow.ofCalls(1_000_001),
				SlidingWindow.ofTime(Duration.ofSeconds(1).minusNanos(1)),
				SlidingWindow.ofTime(Duration.ofDays(1).plusNanos(1)))) {
			assertThatIllegalArgumentException().isThrownBy(beyond::build);
		}
	}

	@Test
	void maxEntriesShouldBeBoundedAsReadmeSays() {
		assertThat(documented().get("resilience.idempotency.max-entries").get(2)).isEqualTo("`1` or more");
		assertThatIllegalArgumentException().isThrownBy(() -> new MemoryIdempotencyStore(0, TimeSource.system()));
		assertThatCode(() -> new MemoryIdempotencyStore(1, TimeSource.system())).doesNotThrowAnyException();
	}

	@Test
	void presetsShouldBeThoseOfTheCode() {
		Table table = Readme.table("Preset");
		List<List<String>> documented = table.rows()
			.stream()
			.map((row) -> List.of(Readme.code(row.get(0)), Readme.code(row.get(1)), Readme.code(row.get(2)),
					duration(Readme.code(row.get(3))), duration(Readme.code(row.get(4)))))
			.toList();
		List<List<String>> existing = Arrays.stream(CircuitBreakerPreset.values()).map((preset) -> {
			CircuitBreakerConfig config = preset.builder().build();
			return List.of(preset.key(), String.valueOf(config.failureThreshold()),
					String.valueOf(config.successThreshold()), config.openDuration().toString(),
					String.valueOf(config.callTimeout()));
		}).toList();
		assertThat(table.columns()).startsWith("Preset", "`failure-threshold`", "`success-threshold`",
				"`open-duration`", "`call-timeout`");
		assertThat(documented).containsExactlyElementsOf(existing);
		assertThat(CircuitBreakerPreset.MODERATE.builder().build()).isEqualTo(CircuitBreakerConfig.builder().build());
	}

	private static String duration(String cell) {
		return cell.equals("none") ? "null" : DurationStyle.detectAndParse(cell).toString();
	}

	private static Map<String, List<String>> documented() {
		Map<String, List<String>> keys = new LinkedHashMap<>();
		for (Table table : Readme.tables("Key")) {
			table.byCode().forEach((key, row) -> keys.put(Readme.code(table.lead()) + "." + key, row));
		}
		return keys;
	}

	private static Map<String, RecordComponent> existing() {
		Map<String, RecordComponent> keys = new LinkedHashMap<>();
		new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests())
			.importPackages("dev.resilience.spring")
			.stream()
			.filter((type) -> type.isAnnotatedWith(ConfigurationProperties.class))
			.map(JavaClass::reflect)
			.forEach((type) -> {
				ConfigurationProperties properties = AnnotatedElementUtils.findMergedAnnotation(type,
						ConfigurationProperties.class);
				assertThat(properties).isNotNull();
				collect(properties.prefix(), type, keys);
			});
		return keys;
	}

	private static void collect(String prefix, Class<?> type, Map<String, RecordComponent> keys) {
		for (RecordComponent component : type.getRecordComponents()) {
			String key = prefix + "." + dashed(component.getName());
			if (key.equals("resilience.circuit-breaker-presets")) {
				// Its keys are those of a breaker.
				continue;
			}
			if (Map.class.isAssignableFrom(component.getType())) {
				ResolvableType values = ResolvableType.forType(component.getGenericType()).asMap().getGeneric(1);
				collect(key + ".<name>", values.toClass(), keys);
			}
			else if (component.getType().isRecord()) {
				collect(key, component.getType(), keys);
			}
			else {
				keys.put(key, component);
			}
		}
	}

	private static boolean isDefault(String key, RecordComponent component, String cell) {
		DefaultValue literal = literal(component);
		if (literal != null) {
			return cell.equals((literal.value().length > 0) ? String.join(",", literal.value()) : "none");
		}
		return switch (component.getName()) {
			case "preset" -> cell.equals(CircuitBreakerPreset.MODERATE.key());
			case "size" -> cell.equals("100") && SlidingWindow.NONE.calls() == 100
					&& SlidingWindow.NONE.duration().equals(Duration.ofSeconds(60));
			case "limit" -> cell.equals("required");
			case "burst" -> cell.equals("limit") && Long.valueOf(MANY).equals(value(key, component));
			default -> isValue(value(key, component), cell);
		};
	}

	/**
	 * The annotation stands at the constructor's parameter alone.
	 */
	private static @Nullable DefaultValue literal(RecordComponent component) {
		return Arrays.stream(component.getDeclaringRecord().getDeclaredConstructors())
			.flatMap((constructor) -> Arrays.stream(constructor.getParameters()))
			.filter((parameter) -> parameter.getName().equals(component.getName()))
			.map((parameter) -> parameter.getAnnotation(DefaultValue.class))
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(null);
	}

	private static boolean isValue(@Nullable Object value, String cell) {
		if (value == null) {
			return cell.equals("none");
		}
		if (value instanceof Enum<?> constant) {
			return cell.equals(constant.name().toLowerCase(Locale.ROOT));
		}
		if (value instanceof Duration duration) {
			return duration.equals(DurationStyle.detectAndParse(cell));
		}
		if (value instanceof List<?> types) {
			String names = types.stream().map((type) -> ((Class<?>) type).getName()).collect(Collectors.joining(", "));
			return cell.equals(names.isEmpty() ? "none" : names);
		}
		return cell.equals(value.toString());
	}

	private static @Nullable Object value(String key, RecordComponent component) {
		Record defaults = defaults(key, component.getName());
		assertThat(defaults).as("the defaults of %s", key).isNotNull();
		try {
			return defaults.getClass().getMethod(component.getName()).invoke(defaults);
		}
		catch (ReflectiveOperationException ex) {
			throw new LinkageError(key + " has no default in " + defaults.getClass(), ex);
		}
	}

	/**
	 * The rates of a breaker belong to its window.
	 */
	private static @Nullable Record defaults(String key, String property) {
		Record defaults = DEFAULTS.get(key.substring(0, key.lastIndexOf('.')));
		boolean rate = defaults instanceof CircuitBreakerConfig
				&& Arrays.stream(SlidingWindow.Builder.class.getMethods())
					.anyMatch((method) -> method.getName().equals(property));
		return rate ? SlidingWindow.NONE : defaults;
	}

	private static void assertRealBounds(String key, String cell) {
		Matcher range = PERCENTAGE.matcher(cell);
		assertThat(range.find()).as("'%s' of %s is a range", cell, key).isTrue();
		Method setter = setter(key);
		double least = Double.parseDouble(range.group(2));
		double most = Double.parseDouble(range.group(3));
		assertThat(isAllowed(setter, least)).as(key).isEqualTo(range.group(1) == null);
		assertThat(isAllowed(setter, least - 0.01)).as(key).isFalse();
		assertThat(isAllowed(setter, least + 0.01)).as(key).isTrue();
		assertThat(isAllowed(setter, most)).as(key).isTrue();
		assertThat(isAllowed(setter, most + 0.01)).as(key).isFalse();
	}

	private static void assertBounds(String key, String cell) {
		Matcher range = RANGE.matcher(cell);
		assertThat(range.find()).as("'%s' of %s is a range", cell, key).isTrue();
		Method setter = setter(key);
		assertAllowed(setter, range.group(1), 0, true);
		assertAllowed(setter, range.group(1), -1, false);
		if (range.group(2) != null) {
			assertAllowed(setter, range.group(2), 0, true);
			assertAllowed(setter, range.group(2), 1, false);
		}
	}

	private static void assertAllowed(Method setter, String bound, long beyond, boolean allowed) {
		Class<?> type = setter.getParameterTypes()[0];
		Object value = (type == Duration.class) ? DurationStyle.detectAndParse(bound).plusNanos(beyond)
				: (type == int.class) ? (Object) (int) (Long.parseLong(bound) + beyond)
						: (Object) (Long.parseLong(bound) + beyond);
		assertThat(isAllowed(setter, value)).as("%s %s is allowed", setter.getName(), value).isEqualTo(allowed);
	}

	private static boolean isAllowed(Method setter, Object value) {
		try {
			build(setter, value);
			return true;
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
	}

	private static void build(Method setter, Object value) {
		Class<?> type = setter.getDeclaringClass().getEnclosingClass();
		try {
			Object builder = (type == SlidingWindow.class) ? SlidingWindow.ofCalls(100)
					: type.getMethod("builder").invoke(null);
			if (builder instanceof RateLimiterConfig.Builder limiter) {
				limiter.limit(1);
			}
			setter.invoke(builder, value);
			builder.getClass().getMethod("build").invoke(builder);
		}
		catch (InvocationTargetException ex) {
			if (ex.getCause() instanceof IllegalArgumentException refusal) {
				throw refusal;
			}
			throw new AssertionError(ex);
		}
		catch (ReflectiveOperationException ex) {
			throw new LinkageError(setter + " cannot be called", ex);
		}
	}

	private static Method setter(String key) {
		int dot = key.lastIndexOf('.');
		Record defaults = defaults(key, camelCase(key.substring(dot + 1)));
		assertThat(defaults).as("the configuration of %s", key).isNotNull();
		return Arrays.stream(defaults.getClass().getDeclaredClasses())
			.flatMap((builder) -> Arrays.stream(builder.getMethods()))
			.filter((method) -> dashed(method.getName()).equals(key.substring(dot + 1))
					&& method.getParameterCount() == 1)
			.findFirst()
			.orElseThrow(() -> new AssertionError("Nothing sets " + key));
	}

	private static List<String> constants(Class<?> type) {
		return (type == boolean.class) ? List.of("true", "false")
				: Arrays.stream(type.getEnumConstants())
					.map((constant) -> ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-'))
					.toList();
	}

	private static String camelCase(String dashed) {
		return Pattern.compile("-(.)").matcher(dashed).replaceAll((letter) -> letter.group(1).toUpperCase(Locale.ROOT));
	}

	private static String dashed(String name) {
		return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
	}

}
