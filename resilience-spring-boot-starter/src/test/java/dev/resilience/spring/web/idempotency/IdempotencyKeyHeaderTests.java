package dev.resilience.spring.web.idempotency;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Keys in headers.
 */
class IdempotencyKeyHeaderTests {

	@Test
	void parseShouldReadStringsAndBareKeys() {
		assertThat(IdempotencyKeyHeader.parse(List.of())).isNull();
		assertThat(IdempotencyKeyHeader.parse(List.of("order-1"))).isEqualTo("order-1");
		assertThat(IdempotencyKeyHeader.parse(List.of(" \t order-1 "))).isEqualTo("order-1");
		assertThat(IdempotencyKeyHeader.parse(List.of("\"order-1\""))).isEqualTo("order-1");
		assertThat(IdempotencyKeyHeader.parse(List.of("\"an \\\"order\\\", \\\\ 1\""))).isEqualTo("an \"order\", \\ 1");
		assertThat(IdempotencyKeyHeader.parse(List.of("8e03978e-40d5-43dd-bc93-6894a57f9324")))
			.isEqualTo("8e03978e-40d5-43dd-bc93-6894a57f9324");
		String longest = "k".repeat(255);
		assertThat(IdempotencyKeyHeader.parse(List.of(longest))).isEqualTo(longest);
		assertThat(IdempotencyKeyHeader.parse(List.of("\"" + longest + "\""))).isEqualTo(longest);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "\"", "\"\"", "\" \"", "\"a", "a\"", "\"a\"b\"", "\"a\\\"", "\"a\\b\"", "\"a\\",
			"\"\\", "\"a\";b", "a b", "a,b", "\"a\", \"b\"", "caf\u00e9", "\"caf\u00e9\"", "a\u0000", "\"a\u0007\"",
			"a\u007f", "\ud83d\ude00" })
	void parseShouldRefuseWhatIsNeither(String value) {
		assertThatIllegalArgumentException().isThrownBy(() -> IdempotencyKeyHeader.parse(List.of(value)))
			.withMessageStartingWith("it");
	}

	@Test
	void parseShouldRefuseLongAndRepeatedKeys() {
		assertThatIllegalArgumentException().isThrownBy(() -> IdempotencyKeyHeader.parse(List.of("k".repeat(256))));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> IdempotencyKeyHeader.parse(List.of("\"" + "k".repeat(256) + "\"")));
		assertThatIllegalArgumentException().isThrownBy(() -> IdempotencyKeyHeader.parse(List.of("a", "a")));
	}

}
