package dev.resilience.spring.web.idempotency;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import dev.resilience.config.Setting;

/**
 * A response as it is kept and replayed. Immutable.
 *
 * @param status its status
 * @param form how much of it is kept
 * @param headers the headers that are kept, by name in any case
 * @param body its bytes
 */
@SuppressWarnings("ArrayRecordComponent") // copied on the way in and on the way out
public record StoredResponse(int status, Form form, Map<String, List<String>> headers, byte[] body) {

	/**
	 * Creates a response.
	 * @throws IllegalArgumentException when the status is none
	 */
	public StoredResponse {
		Setting.of("status", status)
			.require(status >= 200 && status <= 999, "must be from 200 to 999", "give the response's status");
		Map<String, List<String>> copy = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		headers.forEach((name, values) -> copy.put(name, List.copyOf(values)));
		headers = Collections.unmodifiableMap(copy);
		body = body.clone();
	}

	static StoredResponse ofErrorPage(int status) {
		return new StoredResponse(status, Form.ERROR_PAGE, Map.of(), new byte[0]);
	}

	static StoredResponse notKept(int status) {
		return new StoredResponse(status, Form.NOT_KEPT, Map.of(), new byte[0]);
	}

	@Override
	public byte[] body() {
		return this.body.clone();
	}

	/**
	 * Shows no header and no byte: they are the caller's data.
	 */
	@Override
	public String toString() {
		return "StoredResponse[status=" + this.status + ", form=" + this.form + "]";
	}

	/**
	 * How much of a response is kept.
	 */
	public enum Form {

		/** All of it that is replayed. */
		WHOLE('W'),

		/** Its status; the body is the error page's, and made anew. */
		ERROR_PAGE('E'),

		/** That there was one: it was too large, or a stream. */
		NOT_KEPT('N');

		private final char code;

		Form(char code) {
			this.code = code;
		}

		int code() {
			return this.code;
		}

		static Form of(int code) {
			for (Form form : values()) {
				if (form.code == code) {
					return form;
				}
			}
			throw new IllegalArgumentException("There is no form " + code);
		}

	}

}
