package dev.resilience.spring.web.idempotency;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.function.Predicate;

import dev.resilience.spring.web.idempotency.StoredResponse.Form;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.web.server.ResponseStatusException;

/**
 * A WebFlux response whose body is held back until it is stored. One that is too large to
 * be kept, or a stream, is passed on as it is written.
 */
final class IdempotencyWebResponse extends ServerHttpResponseDecorator {

	private static final byte[] NOTHING = {};

	private final IdempotencyHttpRules rules;

	private volatile byte[] held = NOTHING;

	private volatile boolean complete;

	private volatile boolean passing;

	IdempotencyWebResponse(ServerHttpResponse delegate, IdempotencyHttpRules rules) {
		super(delegate);
		this.rules = rules;
	}

	boolean isPassing() {
		return this.passing;
	}

	/**
	 * The response as it stands.
	 */
	StoredResponse toStored() {
		HttpStatusCode status = getStatusCode();
		int code = (status != null) ? Math.max(status.value(), 200) : 200;
		if (this.passing) {
			return StoredResponse.notKept(code);
		}
		return new StoredResponse(code, Form.WHOLE, this.rules.storedHeaders().select(getHeaders()::get), this.held);
	}

	/**
	 * Sends what was held back.
	 */
	Mono<Void> deliver() {
		return this.passing ? Mono.empty() : send(this.held);
	}

	/**
	 * Sends a response that was made before.
	 */
	Mono<Void> replay(StoredResponse stored) {
		HttpHeaders headers = getHeaders();
		headers.set(HttpIdempotency.REPLAYED, "true");
		HttpStatusCode status = HttpStatusCode.valueOf(stored.status());
		if (stored.form() == Form.ERROR_PAGE) {
			return Mono.error(new ResponseStatusException(status));
		}
		setStatusCode(status);
		this.rules.storedHeaders().select(stored.headers()::get).forEach(headers::put);
		return send(stored.body());
	}

	private Mono<Void> send(byte[] body) {
		if (body.length == 0) {
			return getDelegate().setComplete();
		}
		getHeaders().setContentLength(body.length);
		return getDelegate().writeWith(Mono.fromSupplier(() -> bufferFactory().wrap(body)));
	}

	@Override
	public boolean isCommitted() {
		return this.complete || super.isCommitted();
	}

	@Override
	public Mono<Void> setComplete() {
		return Mono.fromRunnable(() -> this.complete = true);
	}

	@Override
	public Mono<Void> writeAndFlushWith(Publisher<? extends Publisher<? extends DataBuffer>> body) {
		this.passing = true;
		return super.writeAndFlushWith(body);
	}

	/**
	 * Collects the body until it ends, or is larger than what can be kept.
	 */
	@Override
	public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
		if (this.passing || HttpIdempotency.isStream(getHeaders().getFirst(HttpHeaders.CONTENT_TYPE))) {
			this.passing = true;
			return super.writeWith(body);
		}
		Overflow overflow = new Overflow(this.rules.maxResponseSize());
		return Flux.<DataBuffer>from(body)
			.bufferUntil(overflow)
			.doOnDiscard(DataBuffer.class, DataBufferUtils::release)
			.switchOnFirst((signal, all) -> {
				List<DataBuffer> first = signal.get();
				if (overflow.reached()) {
					this.passing = true;
					return super.writeWith(all.flatMapIterable((buffers) -> buffers));
				}
				if (first != null) {
					hold(first);
				}
				return all.then(setComplete());
			})
			.then();
	}

	private void hold(List<DataBuffer> buffers) {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		buffers.forEach((buffer) -> bytes.writeBytes(IdempotencyWebRequest.bytes(buffer)));
		this.held = bytes.toByteArray();
	}

	/**
	 * Whether the buffers so far are larger than a limit.
	 */
	private static final class Overflow implements Predicate<DataBuffer> {

		private final long limit;

		private long size;

		Overflow(long limit) {
			this.limit = limit;
		}

		@Override
		public boolean test(DataBuffer buffer) {
			this.size += buffer.readableByteCount();
			return reached();
		}

		boolean reached() {
			return this.size > this.limit;
		}

	}

}
