package dev.resilience.idempotency.store;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.CharBuffer;
import java.time.Clock;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;

import dev.resilience.Trap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class FingerprintTests {

	/**
	 * Reckoned apart from this code, from the layout that it documents.
	 */
	private static final String PINNED = "81f011ac49c07b78b97f61ade41a48ed1e11b12b91563cc6f276cdbe83b5df99";

	@Test
	void ofShouldBe64HexadecimalDigitsAndTheSameForever() {
		assertThat(Fingerprint.of(new Order("A1", List.of("x", "y"), new BigDecimal("9.90")))).matches("[0-9a-f]{64}")
			.isEqualTo(PINNED);
	}

	@Test
	@Trap(35)
	void ofWhenValuesDifferShouldDiffer() {
		List<@Nullable Object> different = Arrays.asList(null, "", "null", "a", 'a', 1, "1", new BigDecimal("1"), 1.0,
				1.0f, -0.0, 0.0, true, DayOfWeek.MONDAY, "MONDAY", new UUID(1, 2), new UUID(2, 1), Instant.EPOCH,
				LocalDate.EPOCH, Duration.ZERO, ZoneOffset.UTC, Optional.empty(), Optional.of("a"), new byte[0],
				new byte[] { 1 }, new int[] { 1 }, new long[] { 1 }, new Object[] { 1 }, List.of(), List.of(1),
				List.of(1, 2), List.of(2, 1), List.of(List.of(1), 2), List.of(List.of(1, 2)), List.of("a", "bc"),
				List.of("ab", "c"), List.of("abc"), Collections.singletonList(null), Set.of(), Set.of(1), Set.of(1, 2),
				Map.of(), Map.of("a", "bc"), Map.of("ab", "c"), Map.of("bc", "a"), new Money("EUR", BigDecimal.ONE),
				new Price("EUR", BigDecimal.ONE), List.of("EUR", BigDecimal.ONE), "\uD800", "\uD801", "?");
		Stream<String> fingerprints = different.stream().map(Fingerprint::of);
		assertThat(fingerprints).doesNotHaveDuplicates();
	}

	@Test
	void ofWhenValuesAreEqualShouldBeEqual() {
		assertSame("text", CharBuffer.wrap("text"));
		assertSame(1, 1L);
		assertSame((short) 1, BigInteger.ONE);
		assertSame(new BigDecimal("1.0"), new BigDecimal("1.00"));
		assertSame(new BigDecimal("100"), new BigDecimal("1E+2"));
		assertSame(Double.NaN, Double.longBitsToDouble(0x7ff8000000000001L));
		assertSame(List.of(1, 2), new ArrayList<>(List.of(1, 2)));
		assertSame(new int[] { 1, 2 }, new int[] { 1, 2 });
		assertSame(new Order("a", List.of(), BigDecimal.ONE), new Order("a", List.of(), BigDecimal.ONE));
		assertSame(new Money("EUR", BigDecimal.ONE), new MovedMoney("EUR", BigDecimal.ONE));
	}

	@Test
	void ofWhenThereIsNoOrderShouldNotDependOnOne() {
		Map<String, Integer> forwards = new LinkedHashMap<>();
		Map<String, Integer> backwards = new LinkedHashMap<>();
		for (int index = 0; index < 50; index++) {
			forwards.put("key" + index, index);
			backwards.put("key" + (49 - index), 49 - index);
		}
		assertSame(forwards, backwards);
		assertSame(forwards, new HashMap<>(forwards));
		assertSame(forwards, new TreeMap<>(forwards));
		assertSame(new LinkedHashSet<>(backwards.keySet()), new TreeSet<>(forwards.keySet()));
	}

	@Test
	void ofWhenTheKindIsUnknownShouldInstruct() {
		assertThatIllegalArgumentException().isThrownBy(() -> Fingerprint.of(List.of(new Object())))
			.withMessage("There is no fingerprint of a java.lang.Object: take the fingerprint of a record, a list or a "
					+ "map of its fields instead");
		assertThatIllegalArgumentException().isThrownBy(() -> Fingerprint.of(Clock.systemUTC()));
		assertThatIllegalArgumentException().isThrownBy(() -> Fingerprint.of(new Failing("secret")))
			.withMessageContaining("component 'value'")
			.withMessageNotContaining("secret");
	}

	@Test
	void ofWhenTheValueContainsItselfShouldStop() {
		List<Object> endless = new ArrayList<>();
		endless.add(endless);
		endless.add(endless);
		assertThatIllegalArgumentException().isThrownBy(() -> Fingerprint.of(endless))
			.withMessageContaining("more than 64 deep");
		Object nested = "core";
		for (int depth = 0; depth < 64; depth++) {
			nested = List.of(nested);
		}
		assertThat(Fingerprint.of(nested)).hasSize(64);
	}

	private static void assertSame(Object left, Object right) {
		assertThat(Fingerprint.of(left)).isEqualTo(Fingerprint.of(right));
	}

	record Order(String id, List<String> items, BigDecimal total) {
	}

	record Money(String currency, BigDecimal amount) {
	}

	record MovedMoney(String currency, BigDecimal amount) {
	}

	record Price(String currency, BigDecimal value) {
	}

	record Failing(String value) {

		@Override
		public String value() {
			throw new IllegalStateException("no");
		}

	}

}
