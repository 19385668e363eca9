package dev.resilience.spring.web.idempotency;

import java.net.URLEncoder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.util.MultiValueMap;
import org.springframework.web.server.ServerWebExchange;

/**
 * A WebFlux request whose body has been read already.
 */
final class IdempotencyWebRequest extends ServerHttpRequestDecorator {

	// The exchange parses a form once for all who ask, a filter that looks for a CSRF
	// token say, and then the body is gone. So forms are taken from the exchange, and
	// whoever wants the body gets it written anew.

	private final ServerWebExchange exchange;

	private final @Nullable Map<String, List<String>> form;

	private final byte[] body;

	private IdempotencyWebRequest(ServerWebExchange exchange, @Nullable Map<String, List<String>> form, byte[] body) {
		super(exchange.getRequest());
		this.exchange = exchange;
		this.form = form;
		this.body = body;
	}

	/**
	 * Reads a request.
	 * @param tooLarge makes the error when its body is larger than the limit
	 */
	static Mono<IdempotencyWebRequest> read(ServerWebExchange exchange, long limit,
			Supplier<? extends RuntimeException> tooLarge) {
		ServerHttpRequest request = exchange.getRequest();
		Mono<IdempotencyWebRequest> read = HttpIdempotency
			.isForm(request.getHeaders().getFirst(HttpHeaders.CONTENT_TYPE))
					? exchange.getFormData().map((form) -> ofForm(exchange, form))
					: DataBufferUtils.join(request.getBody(), (int) limit)
						.map(IdempotencyWebRequest::bytes)
						.defaultIfEmpty(new byte[0])
						.map((body) -> new IdempotencyWebRequest(exchange, null, body));
		return read.filter((fitting) -> fitting.body.length <= limit)
			.switchIfEmpty(Mono.error(tooLarge))
			.onErrorMap((failure) -> isLimit(failure) ? tooLarge.get() : failure);
	}

	private static boolean isLimit(Throwable failure) {
		return failure instanceof DataBufferLimitException
				|| NestedExceptionUtils.getMostSpecificCause(failure) instanceof DataBufferLimitException;
	}

	private static IdempotencyWebRequest ofForm(ServerWebExchange exchange, MultiValueMap<String, String> form) {
		MediaType type = exchange.getRequest().getHeaders().getContentType();
		Charset charset = (type != null && type.getCharset() != null) ? type.getCharset() : StandardCharsets.UTF_8;
		StringJoiner body = new StringJoiner("&");
		form.forEach((name, values) -> values.forEach((value) -> body
			.add(URLEncoder.encode(name, charset) + ((value != null) ? "=" + URLEncoder.encode(value, charset) : ""))));
		return new IdempotencyWebRequest(exchange, form, body.toString().getBytes(charset));
	}

	static byte[] bytes(DataBuffer buffer) {
		try {
			byte[] bytes = new byte[buffer.readableByteCount()];
			buffer.read(bytes);
			return bytes;
		}
		finally {
			DataBufferUtils.release(buffer);
		}
	}

	@Nullable Map<String, List<String>> form() {
		return this.form;
	}

	byte[] body() {
		return this.body;
	}

	@Override
	public Flux<DataBuffer> getBody() {
		return (this.body.length == 0) ? Flux.empty()
				: Flux.defer(() -> Flux.just(this.exchange.getResponse().bufferFactory().wrap(this.body.clone())));
	}

}
