package dev.resilience.spring.web.idempotency;

import java.security.Principal;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import reactor.core.publisher.Mono;

import org.springframework.core.Ordered;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.PathContainer;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.reactive.DispatchExceptionHandler;
import org.springframework.web.reactive.HandlerResult;
import org.springframework.web.reactive.HandlerResultHandler;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;

/**
 * Runs WebFlux requests with an {@code Idempotency-Key} once for each key. It has to
 * stand behind authentication. Thread-safe.
 */
public final class IdempotencyKeyWebFilter implements WebFilter, Ordered {

	private final HttpIdempotency idempotency;

	private final int order;

	private final Supplier<? extends DispatchExceptionHandler> rejections;

	private final Supplier<List<HandlerResultHandler>> results;

	/**
	 * Creates a filter.
	 * @param idempotency runs the requests
	 * @param order its place among the filters
	 * @param rejections answers rejections, as those of handlers are answered
	 * @param results write those answers
	 */
	public IdempotencyKeyWebFilter(HttpIdempotency idempotency, int order,
			Supplier<? extends DispatchExceptionHandler> rejections, Supplier<List<HandlerResultHandler>> results) {
		this.idempotency = idempotency;
		this.order = order;
		this.rejections = rejections;
		this.results = results;
	}

	@Override
	public int getOrder() {
		return this.order;
	}

	@Override
	public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
		ServerHttpRequest request = exchange.getRequest();
		PathContainer path = request.getPath().pathWithinApplication();
		if (!this.idempotency.appliesTo(request.getMethod().name(), path)) {
			return chain.filter(exchange);
		}
		String key;
		try {
			key = this.idempotency.key(request.getHeaders().getOrEmpty(this.idempotency.rules().header()),
					request.getHeaders().getFirst(HttpHeaders.CONTENT_TYPE));
		}
		catch (CallRejectedException ex) {
			return passed(request).then(answer(exchange, ex));
		}
		return (key != null) ? once(exchange, chain, path, key) : chain.filter(exchange);
	}

	/**
	 * Reads on as far as a body may go: an answer that overtakes it may leave the client
	 * waiting, and one that has no end would never be answered.
	 */
	private Mono<Void> passed(ServerHttpRequest request) {
		return request.getBody()
			.map(IdempotencyKeyWebFilter::size)
			.scan(0L, Long::sum)
			.takeUntil((read) -> read > this.idempotency.rules().maxBodySize())
			.then();
	}

	private static long size(DataBuffer buffer) {
		long size = buffer.readableByteCount();
		DataBufferUtils.release(buffer);
		return size;
	}

	private Mono<Void> once(ServerWebExchange exchange, WebFilterChain chain, PathContainer path, String key) {
		Mono<IdempotencyWebRequest> request = IdempotencyWebRequest.read(exchange,
				this.idempotency.rules().maxBodySize(), this.idempotency::bodyTooLarge);
		Mono<Optional<String>> principal = exchange.getPrincipal()
			.mapNotNull(Principal::getName)
			.map(Optional::of)
			.defaultIfEmpty(Optional.empty());
		return Mono.zip(request, principal)
			.map((both) -> Optional.of(exchange(exchange, path, key, both.getT1(), both.getT2())))
			.onErrorResume(CallRejectedException.class, (ex) -> answer(exchange, ex).thenReturn(Optional.empty()))
			.flatMap((begun) -> begun.isPresent()
					? Mono.deferContextual(
							(context) -> begun.get().run(chain, context, (rejected) -> answer(exchange, rejected)))
					: Mono.empty());
	}

	private IdempotencyWebExchange exchange(ServerWebExchange exchange, PathContainer path, String key,
			IdempotencyWebRequest request, Optional<String> principal) {
		CallContext context = this.idempotency.context(key, request.getMethod().name(), path, principal.orElse(null),
				request.getURI().getRawQuery(), request.getHeaders().getFirst(HttpHeaders.CONTENT_TYPE), request.form(),
				request.body());
		return new IdempotencyWebExchange(exchange, this.idempotency, context, request,
				new IdempotencyWebResponse(exchange.getResponse(), this.idempotency.rules()));
	}

	private Mono<Void> answer(ServerWebExchange exchange, CallRejectedException rejected) {
		return Mono.defer(() -> this.rejections.get().handleError(exchange, rejected))
			.flatMap((result) -> write(exchange, result, rejected));
	}

	private Mono<Void> write(ServerWebExchange exchange, HandlerResult result, CallRejectedException rejected) {
		for (HandlerResultHandler handler : this.results.get()) {
			if (handler.supports(result)) {
				return handler.handleResult(exchange, result);
			}
		}
		return Mono.error(rejected);
	}

}
