package dev.resilience.spring.aop;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import dev.resilience.CallRejectedException;
import dev.resilience.ratelimiter.RateLimitExceededException;
import dev.resilience.spring.annotation.Idempotent;
import dev.resilience.spring.annotation.RateLimited;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.ResolvableType;
import org.springframework.util.ReflectionUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * What expressions for keys and fingerprints may be, and what a call is told that they
 * fail for.
 */
class KeyExpressionTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', commentCharacter = '!', textBlock = """
			#order | gives a
			#order.customer | gives a
			#order.lines | gives a
			#counter | gives a
			{#name, #name} | gives a
			#order.custmerId | nearest: [customerId
			#order.customer.nmae | nearest: [name
			#order.customerId + #order.customr.name | nearest: [customer
			#nmae | nearest: [name
			#order.lines.size() + #order.lins | nearest: [lines
			#order.name.lenght() | has no method 'lenght' of 0 parameters that an expression may call; nearest: [length
			#order.name.substring() | no method 'substring' of 0 parameters
			#order.getNmae() | nearest: [getName
			#order.customer.name().lenght() | nearest: [length
			#order.getClass() | no method 'getClass'
			#order.class | no property 'class'
			#name.valueOf(1) | no method 'valueOf' of 1
			#anything.find(#order.custmerId) | nearest: [customerId
			#map[#order.custmerId] | nearest: [customerId
			#order.lines.![#order.custmerId].hashCode() | nearest: [customerId
			#order.lines.?[length() > #order.custmerId].hashCode() | nearest: [customerId
			#map.custmer | read its entry by the key, as in #map['custmer']
			#order.name.bytes | gives a
			'constant' | names no parameter
			name | names no parameter
			#root | names no parameter
			1 + 1 | names no parameter
			T(java.lang.System).getenv(#name) | not allowed
			@bean.read(#name) | not allowed
			new java.lang.String(#name) | not allowed
			#name = 'x' | not allowed
			#read(#name) | not allowed
			""")
	void compileWhenKeyCannotServeShouldSayWhy(String expression, String problem) {
		assertThatIllegalArgumentException().isThrownBy(() -> compile(expression)).withMessageContaining(problem);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', commentCharacter = '!', textBlock = """
			#name
			#order.customerId
			#order.customer.name
			#order?.customer?.name
			#order.total
			#order.name
			#order.customerId + ':' + #name
			#order.customerId.toString()
			#anything
			#anything.whatever
			#map.empty
			#map.size()
			#shape.corners
			#shape.corners()
			#shape.corners().whatever
			#shape.area
			#order.customer.name().length()
			#order.customer.name().substring(1, 2)
			#name.formatted(1, 2, 3)
			#order?.getName()?.length()
			#name.charAt(#order.lines.size())
			#order.total.add(#order.total)
			#map['a']
			#generic
			#generic.whatever
			#optional
			#optional?.length()
			#number
			#unit
			#order.lines[0]
			#order.lines.size()
			#order.lines.![length()].hashCode()
			#p0.customerId
			""")
	void compileWhenKeyMayServeShouldPass(String expression) {
		assertThatNoException().isThrownBy(() -> compile(expression));
	}

	@Test
	void startWhenPropertyIsUnknownShouldTellTheNearest() {
		FailureAnalysis told = Starter.fail(Misspelt.class);
		assertThat(told.getDescription()).contains("Misspelt.call(Order)", "@RateLimited(key)",
				"no property 'custmerId'", "customerId");
	}

	@Test
	void startWhenFingerprintIsOfPlainObjectShouldFail() {
		assertThat(Starter.fail(OpaqueFingerprint.class).getDescription()).contains("@Idempotent(fingerprint)",
				"does not serve", "a record");
	}

	@Test
	void callWhenExpressionFailsShouldBeRejectedAsInvalid() {
		Starter.run((context) -> {
			Keyed bean = context.getBean(Keyed.class);
			Order empty = new Order(null, null, List.of(), null);
			for (Runnable call : List.<Runnable>of(() -> bean.limited(empty), () -> bean.once(empty),
					() -> bean.limitedBy(new Object()), () -> bean.onceBy(new AtomicLong(4711)),
					() -> bean.onceWith("key", new Object()))) {
				assertThatExceptionOfType(CallRejectedException.class).isThrownBy(call::run).satisfies((rejected) -> {
					assertThat(rejected.category()).isEqualTo(CallRejectedException.Category.INVALID);
					assertThat(rejected.reason()).isEqualTo("invalid-key");
					assertThat(rejected.getCause()).as(rejected.getMessage()).isNotNull();
					assertThat(rejected.getMessage()).doesNotContain("4711");
				});
			}
			assertThat(bean.count()).isZero();
		}, Keyed.class);
	}

	@ParameterizedTest
	@MethodSource
	void keyShouldBeItsText(Object value, String text) {
		assertThat(KeyValue.of(value)).isEqualTo(text);
	}

	static List<Object[]> keyShouldBeItsText() {
		UUID uuid = UUID.randomUUID();
		return List.of(new Object[] { 5, "5" }, new Object[] { 5L, "5" }, new Object[] { "5", "5" },
				new Object[] { java.nio.CharBuffer.wrap("a"), "a" }, new Object[] { new BigDecimal("100.00"), "100" },
				new Object[] { new BigDecimal("1E+400"), "1E+400" }, new Object[] { TimeUnit.DAYS, "DAYS" },
				new Object[] { uuid, uuid.toString() }, new Object[] { Optional.of(7), "7" },
				new Object[] { true, "true" });
	}

	@Test
	void keyThatMayChangeShouldBeRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> KeyValue.of(new AtomicLong(1)));
		assertThatIllegalArgumentException().isThrownBy(() -> KeyValue.of(new AtomicInteger(1)));
	}

	@Test
	void keyThatIsNoTextShouldBeResetByItsText() {
		Starter.run((context) -> {
			Keyed bean = context.getBean(Keyed.class);
			bean.limitedBy(5L);
			bean.limitedBy(TimeUnit.DAYS);
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> bean.limitedBy(5));
			assertThat(Starter.limiter(context, "orders").reset("5")).isTrue();
			assertThat(Starter.limiter(context, "orders").reset("DAYS")).isTrue();
			bean.limitedBy(5L);
			bean.limitedBy(TimeUnit.DAYS);
		}, Keyed.class);
	}

	private static void compile(String expression) {
		java.lang.reflect.Method method = ReflectionUtils.getUniqueDeclaredMethods(Signature.class)[0];
		List<ResolvableType> types = java.util.stream.IntStream.range(0, method.getParameterCount())
			.mapToObj((index) -> ResolvableType.forMethodParameter(method, index))
			.toList();
		ParameterExpression.compile(expression, types, new String[] { "order", "name", "counter", "anything", "map",
				"generic", "optional", "number", "unit", "shape" }, KeyValue::mayBe, KeyValue.FITTING);
	}

	@FunctionalInterface
	interface Signature {

		<T> void call(Order order, String name, AtomicLong counter, Object anything, Map<String, Object> map, T generic,
				Optional<String> optional, Number number, TimeUnit unit, Shape shape);

	}

	public interface Shape {

		double area();

	}

	public record Customer(String name) {
	}

	public record Order(@Nullable String customerId, @Nullable Customer customer, List<String> lines,
			@Nullable BigDecimal total) {

		public String getName() {
			return "name";
		}

	}

	static class Misspelt {

		@RateLimited(value = "orders", key = "#p0.custmerId")
		public void call(Order order) {
		}

	}

	static class OpaqueFingerprint {

		@Idempotent(key = "#p0", fingerprint = "#p1")
		public void call(String key, AtomicLong counter) {
		}

	}

	static class Keyed {

		private final AtomicInteger calls = new AtomicInteger();

		public int count() {
			return this.calls.get();
		}

		@RateLimited(value = "orders", key = "#p0.customer.name")
		public void limited(Order order) {
			this.calls.incrementAndGet();
		}

		@RateLimited(value = "orders", key = "#p0")
		public void limitedBy(Object key) {
		}

		@Idempotent(key = "#p0.customer.name")
		public void once(Order order) {
			this.calls.incrementAndGet();
		}

		@Idempotent(key = "#p0")
		public void onceBy(Number key) {
			this.calls.incrementAndGet();
		}

		@Idempotent(key = "#p0", fingerprint = "#p1")
		public void onceWith(String key, Object body) {
			this.calls.incrementAndGet();
		}

	}

}
