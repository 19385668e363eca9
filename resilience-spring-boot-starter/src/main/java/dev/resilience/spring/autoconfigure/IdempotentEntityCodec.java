package dev.resilience.spring.autoconfigure;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.resilience.idempotency.store.ResultCodec;
import dev.resilience.spring.web.idempotency.StoredHeaders;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpEntity;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseEntity;

/**
 * A {@link ResponseEntity}, or an {@link HttpEntity}, by its status, the listed headers
 * and its body. Thread-safe.
 */
final class IdempotentEntityCodec implements ResultCodec {

	// The headers are chosen by a list of those that are kept, not of those that are not:
	// a cookie or a token that one caller gets is for nobody else, who knows the key or
	// can read the store. They are chosen again when they are read, so that whoever can
	// write to the store cannot set a cookie. Nothing but these parts is made again, so
	// an entity of a class of its own is not kept.

	private static final Set<String> TYPES = Set.of("org.springframework.http.HttpEntity",
			"org.springframework.http.ResponseEntity");

	private final ResultCodec parts;

	private final boolean needsStatus;

	private final StoredHeaders headers;

	/**
	 * Creates a codec.
	 * @param type what the method returns
	 * @param parts writes and reads {@link Parts} with its body
	 * @param headers which headers are kept
	 */
	IdempotentEntityCodec(Class<?> type, ResultCodec parts, StoredHeaders headers) {
		this.needsStatus = type == ResponseEntity.class;
		this.parts = parts;
		this.headers = headers;
	}

	/**
	 * Whether a type is one of an entity. Spring's web classes need not be there.
	 */
	static boolean handles(Class<?> type) {
		return TYPES.contains(type.getName());
	}

	@Override
	public byte[] encode(Object value) throws Exception {
		if (!handles(value.getClass())) {
			throw new IllegalArgumentException("A " + value.getClass().getName() + " could not be made again");
		}
		HttpEntity<?> entity = (HttpEntity<?>) value;
		Integer status = (entity instanceof ResponseEntity<?> response) ? response.getStatusCode().value() : null;
		return this.parts.encode(new Parts<>(status, this.headers.of(entity.getHeaders()::get), entity.getBody()));
	}

	@Override
	public Object decode(byte[] bytes) throws Exception {
		Parts<?> read = (Parts<?>) this.parts.decode(bytes);
		HttpHeaders stored = new HttpHeaders();
		read.headers.forEach(stored::put);
		HttpHeaders listed = new HttpHeaders();
		this.headers.of(stored::get).forEach(listed::put);
		if (read.status == null && !this.needsStatus) {
			return new HttpEntity<>(read.body, listed);
		}
		return new ResponseEntity<>(read.body, listed,
				HttpStatusCode.valueOf(Objects.requireNonNull(read.status, "A response has no status")));
	}

	/**
	 * What an entity consists of.
	 *
	 * @param <T> what its body is
	 * @param status the status, if it has one
	 * @param headers the headers that are kept
	 * @param body the body, if there is one
	 */
	record Parts<T>(@JsonProperty(required = true) @Nullable Integer status,
			@JsonProperty(required = true) Map<String, List<String>> headers,
			@JsonProperty(required = true) @Nullable T body) {

		Parts {
			Objects.requireNonNull(headers, "An entity has no headers");
		}

	}

}
