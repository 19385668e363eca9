package dev.resilience.spring.web.idempotency;

import java.util.List;

import dev.resilience.idempotency.IdempotencyKey;
import org.jspecify.annotations.Nullable;

/**
 * Reads keys from a header's values: an RFC 8941 string ({@code "order-1"}), as the draft
 * has it, or the bare key, as many clients send it. Both are the same key.
 */
final class IdempotencyKeyHeader {

	// A bare key has no comma: proxies join a repeated header by commas.

	private IdempotencyKeyHeader() {
	}

	/**
	 * Reads the key.
	 * @param values the header's values
	 * @return the key, or {@code null} if there is no header
	 * @throws IllegalArgumentException with what is wrong with it
	 */
	static @Nullable String parse(List<String> values) {
		if (values.isEmpty()) {
			return null;
		}
		if (values.size() > 1) {
			throw new IllegalArgumentException("it comes more than once");
		}
		String value = values.get(0).strip();
		String key = value.startsWith("\"") ? quoted(value) : bare(value);
		if (key.isBlank()) {
			throw new IllegalArgumentException("it is empty");
		}
		if (key.length() > IdempotencyKey.MAX_LENGTH) {
			throw new IllegalArgumentException("it has more than " + IdempotencyKey.MAX_LENGTH + " characters");
		}
		return key;
	}

	private static String bare(String value) {
		if (!value.chars().allMatch((each) -> each > ' ' && each < 0x7F && each != '"' && each != ',')) {
			throw new IllegalArgumentException(
					"it may, outside of quotes, have visible ASCII characters other than quotes and commas only");
		}
		return value;
	}

	private static String quoted(String value) {
		StringBuilder key = new StringBuilder(value.length());
		int last = value.length() - 1;
		for (int index = 1; index < last; index++) {
			char next = value.charAt(index);
			if (next == '\\') {
				next = value.charAt(++index);
				if (index == last || (next != '"' && next != '\\')) {
					throw new IllegalArgumentException("its string has a wrong escape");
				}
			}
			else if (next == '"' || next < ' ' || next >= 0x7F) {
				throw new IllegalArgumentException("its string has characters that need escapes, or are not ASCII");
			}
			key.append(next);
		}
		if (last == 0 || value.charAt(last) != '"') {
			throw new IllegalArgumentException("its string does not end with a quote");
		}
		return key.toString();
	}

}
