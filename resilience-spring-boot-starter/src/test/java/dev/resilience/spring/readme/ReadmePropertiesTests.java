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
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.resilience.bulkhead.BulkheadConfig;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.circuitbreaker.CircuitBreakerPreset;
import dev.resilience.circuitbreaker.SlidingWindow;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.ratelimiter.AdaptiveConfig;
import dev.resilience.ratelimiter.RateLimiterConfig;
import dev.resilience.redis.RedisLink;
import dev.resilience.retry.RetryBudget;
import dev.resilience.retry.RetryConfig;
import dev.resilience.spring.readme.Readme.Table;
import dev.resilience.spring.web.idempotency.IdempotencyHttpRules;
import dev.resilience.spring.web.idempotency.StoredHeaders;
import dev.resilience.time.TimeSource;
import dev.resilience.timeout.TimeoutConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.http.HttpMethod;
import org.springframework.util.unit.DataSize;

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
			"resilience.idempotency", IdempotencyConfig.builder().build(), "resilience.idempotency.http",
			IdempotencyConfig.builder().build(), "resilience.retries.<name>", RetryConfig.builder().build(),
			"resilience.retries.<name>.budget", RetryBudget.DEFAULT, "resilience.bulkheads.<name>",
			BulkheadConfig.builder().build(), "resilience.timeouts.<name>",
			TimeoutConfig.builder().duration(Duration.ofSeconds(MANY)).build());

	private static final Set<String> REQUIRED = Set.of("resilience.rate-limiters.<name>.limit",
			"resilience.timeouts.<name>.duration");

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
	void settingsWithoutDefaultShouldBeRequired() {
		assertThatIllegalArgumentException().isThrownBy(() -> RateLimiterConfig.builder().build());
		assertThatIllegalArgumentException().isThrownBy(() -> TimeoutConfig.builder().build());
		documented()
			.forEach((key, row) -> assertThat(row.get(1).equals("required")).as(key).isEqualTo(REQUIRED.contains(key)));
	}

	@Test
	void boundsShouldBeThoseOfTheCode() {
		Map<String, RecordComponent> existing = existing();
		documented().forEach((key, row) -> {
			Class<?> type = existing.get(key).getType();
			if (type.isEnum() || type == boolean.class || type == Boolean.class) {
				assertThat(Readme.codes(row.get(2))).as(key).containsExactlyElementsOf(constants(type));
			}
			else if (type == Double.class) {
				assertRealBounds(key, row.get(2));
			}
			else if (key.equals("resilience.redis.command-timeout")) {
				assertTimeoutBounds(row.get(2));
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
	void sizesOfRequestsShouldBeBoundedAsReadmeSays() {
		for (String size : List.of("max-body-size", "max-response-size")) {
			assertThat(documented().get("resilience.idempotency.http." + size).get(2)).isEqualTo("`1B` to `64MB`");
		}
		long most = DataSize.parse("64MB").toBytes();
		assertThatCode(() -> List.of(rules(1, 1), rules(most, most))).doesNotThrowAnyException();
		for (long beyond : List.of(0L, most + 1)) {
			assertThatIllegalArgumentException().isThrownBy(() -> rules(beyond, 1)).withMessageContaining("max-body");
			assertThatIllegalArgumentException().isThrownBy(() -> rules(1, beyond)).withMessageContaining("max-resp");
		}
	}

	private static IdempotencyHttpRules rules(long body, long response) {
		return new IdempotencyHttpRules(Set.of("POST"), List.of("/**"), List.of(), false, "Idempotency-Key", body,
				response, new StoredHeaders(List.of()));
	}

	@Test
	void methodsOfRequestsShouldBeThoseThatReadmeSays() {
		List<String> methods = Readme.codes(documented().get("resilience.idempotency.http.methods").get(2));
		for (HttpMethod method : HttpMethod.values()) {
			boolean allowed = true;
			try {
				new IdempotencyHttpRules(Set.of(method.name()), List.of("/**"), List.of(), false, "Idempotency-Key", 1,
						1, new StoredHeaders(List.of()));
			}
			catch (IllegalArgumentException ex) {
				allowed = false;
			}
			assertThat(allowed).as(method.name()).isEqualTo(methods.contains(method.name()));
		}
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
				if (values.toClass().isRecord()) {
					collect(key + ".<name>", values.toClass(), keys);
				}
				else {
					keys.put(key + ".<name>", component);
				}
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
			case "url" -> cell.equals("none");
			case "maxResultSize" ->
				isValue((int) DataSize.parse(cell).toBytes(), String.valueOf(value(key, component)));
			case "preset" -> cell.equals(CircuitBreakerPreset.MODERATE.key());
			case "minRate" -> cell.equals("a tenth of the limit");
			case "maxRate" -> cell.equals("limit");
			case "size" -> cell.equals("100") && SlidingWindow.NONE.calls() == 100
					&& SlidingWindow.NONE.duration().equals(Duration.ofSeconds(60));
			case "ttl" -> key.equals("resilience.idempotency.http.ttl") ? cell.equals("resilience.idempotency.ttl")
					: isValue(value(key, component), cell);
			case "onAbandoned" -> key.equals("resilience.idempotency.http.on-abandoned")
					? cell.equals("resilience.idempotency.on-abandoned") : isValue(value(key, component), cell);
			case "limit", "duration" -> REQUIRED.contains(key);
			case "burst" -> cell.equals("limit") && Objects.equals(value(key, component), (long) MANY);
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
		if (value instanceof Double number) {
			return number == Double.parseDouble(cell);
		}
		if (value instanceof Duration duration) {
			return duration.equals(DurationStyle.detectAndParse(cell));
		}
		if (value instanceof List<?> types) {
			String names = types.stream().map((type) -> ((Class<?>) type).getName()).collect(Collectors.joining(", "));
			return cell.equals(names.isEmpty() ? "none" : names);
		}
		return cell.equals((value instanceof Enum<?> constant) ? dashed(constant) : value.toString());
	}

	/**
	 * The defaults that a key is among; those of adaptive rates and of windows stand in
	 * records of their own.
	 */
	private static Record defaults(String key) {
		int dot = key.lastIndexOf('.');
		Record defaults = DEFAULTS.get(key.substring(0, dot));
		assertThat(defaults).as("the defaults of %s", key).isNotNull();
		String property = key.substring(dot + 1);
		if (defaults instanceof RateLimiterConfig limiter && has(limiter.adaptive(), property)) {
			return limiter.adaptive();
		}
		return (defaults instanceof CircuitBreakerConfig && has(SlidingWindow.NONE, property)) ? SlidingWindow.NONE
				: defaults;
	}

	private static boolean has(Record settings, String property) {
		return Arrays.stream(settings.getClass().getRecordComponents())
			.anyMatch((component) -> dashed(component.getName()).equals(property));
	}

	private static @Nullable Object value(String key, RecordComponent component) {
		Record defaults = defaults(key);
		try {
			return defaults.getClass().getMethod(component.getName()).invoke(defaults);
		}
		catch (ReflectiveOperationException ex) {
			throw new LinkageError(key + " has no default in " + defaults.getClass(), ex);
		}
	}

	private static void assertTimeoutBounds(String cell) {
		assertThat(cell).isEqualTo("`1ns` to `1m`");
		for (Duration allowed : List.of(Duration.ofNanos(1), Duration.ofMinutes(1))) {
			RedisLink.to("redis://localhost", allowed).close();
		}
		for (Duration beyond : List.of(Duration.ZERO, Duration.ofMinutes(1).plusNanos(1))) {
			assertThatIllegalArgumentException().isThrownBy(() -> RedisLink.to("redis://localhost", beyond));
		}
	}

	private static void assertRealBounds(String key, String cell) {
		Matcher range = PERCENTAGE.matcher(cell);
		assertThat(range.find()).as("'%s' of %s is a range", cell, key).isTrue();
		double least = Double.parseDouble(range.group(2));
		double most = Double.parseDouble(range.group(3));
		assertThat(isAllowed(key, least)).as(key).isEqualTo(range.group(1) == null);
		assertThat(isAllowed(key, least - 0.01)).as(key).isFalse();
		assertThat(isAllowed(key, least + 0.01)).as(key).isTrue();
		assertThat(isAllowed(key, most)).as(key).isTrue();
		assertThat(isAllowed(key, most + 0.01)).as(key).isFalse();
	}

	private static void assertBounds(String key, String cell) {
		Matcher range = RANGE.matcher(cell);
		assertThat(range.find()).as("'%s' of %s is a range", cell, key).isTrue();
		assertAllowed(key, range.group(1), 0, true);
		assertAllowed(key, range.group(1), -1, false);
		if (range.group(2) != null) {
			assertAllowed(key, range.group(2), 0, true);
			assertAllowed(key, range.group(2), 1, false);
		}
	}

	private static void assertAllowed(String key, String bound, long beyond, boolean allowed) {
		boolean accepted = true;
		try {
			set(key, (type) -> value(type, bound, beyond));
		}
		catch (IllegalArgumentException ex) {
			accepted = false;
		}
		assertThat(accepted).as("%s %s and %s is allowed", key, bound, beyond).isEqualTo(allowed);
	}

	private static boolean isAllowed(String key, Object value) {
		try {
			set(key, (type) -> value);
			return true;
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
	}

	private static Object value(Class<?> type, String bound, long beyond) {
		if (type == Duration.class) {
			return DurationStyle.detectAndParse(bound).plusNanos(beyond);
		}
		if (type == double.class) {
			return Double.parseDouble(bound) + beyond * 0.001;
		}
		long value = Long.parseLong(bound) + beyond;
		return (type == int.class) ? (Object) (int) value : (Object) value;
	}

	/**
	 * Sets one value of a configuration, by its builder if it has one.
	 */
	private static void set(String key, Function<Class<?>, Object> value) {
		int dot = key.lastIndexOf('.');
		Record defaults = defaults(key);
		if (defaults.getClass().getDeclaredClasses().length > 0) {
			Method setter = setter(key, defaults);
			build(setter, value.apply(setter.getParameterTypes()[0]));
			return;
		}
		RecordComponent[] components = defaults.getClass().getRecordComponents();
		Object[] arguments = Arrays.stream(components)
			.map((component) -> dashed(component.getName()).equals(key.substring(dot + 1))
					? value.apply(component.getType()) : invoke(component.getAccessor(), defaults))
			.toArray();
		assertThat(components).extracting((component) -> dashed(component.getName())).contains(key.substring(dot + 1));
		try {
			defaults.getClass().getDeclaredConstructors()[0].newInstance(arguments);
		}
		catch (InvocationTargetException ex) {
			throw refusal(ex);
		}
		catch (ReflectiveOperationException ex) {
			throw new LinkageError(key + " cannot be set", ex);
		}
	}

	private static Object invoke(Method accessor, Record defaults) {
		try {
			return accessor.invoke(defaults);
		}
		catch (ReflectiveOperationException ex) {
			throw new LinkageError(accessor + " cannot be called", ex);
		}
	}

	private static IllegalArgumentException refusal(InvocationTargetException ex) {
		if (ex.getCause() instanceof IllegalArgumentException refusal) {
			return refusal;
		}
		throw new AssertionError(ex);
	}

	private static void build(Method setter, Object value) {
		Class<?> type = setter.getDeclaringClass().getEnclosingClass();
		try {
			Object builder = (type == SlidingWindow.class) ? SlidingWindow.ofCalls(100)
					: type.getMethod("builder").invoke(null);
			if (builder instanceof RateLimiterConfig.Builder limiter) {
				limiter.limit(1);
			}
			if (builder instanceof RetryConfig.Builder retry && setter.getName().equals("baseDelay")) {
				retry.maxDelay(Duration.ofDays(365));
			}
			setter.invoke(builder, value);
			builder.getClass().getMethod("build").invoke(builder);
		}
		catch (InvocationTargetException ex) {
			throw refusal(ex);
		}
		catch (ReflectiveOperationException ex) {
			throw new LinkageError(setter + " cannot be called", ex);
		}
	}

	private static Method setter(String key, Record defaults) {
		int dot = key.lastIndexOf('.');
		return Arrays.stream(defaults.getClass().getDeclaredClasses())
			.flatMap((builder) -> Arrays.stream(builder.getMethods()))
			.filter((method) -> dashed(method.getName()).equals(key.substring(dot + 1))
					&& method.getParameterCount() == 1)
			.findFirst()
			.orElseThrow(() -> new AssertionError("Nothing sets " + key));
	}

	private static List<String> constants(Class<?> type) {
		return (type == boolean.class || type == Boolean.class) ? List.of("true", "false")
				: Arrays.stream(type.getEnumConstants()).map((constant) -> dashed((Enum<?>) constant)).toList();
	}

	private static String dashed(Enum<?> constant) {
		return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

	private static String dashed(String name) {
		return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
	}

}
