package dev.resilience.spring.web.idempotency;

import java.util.Optional;

import dev.resilience.idempotency.IdempotencyContext;
import reactor.core.publisher.Mono;

import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * Does for a {@code WebClient} what {@link IdempotencyKeyInterceptor} does for a
 * {@code RestClient}: for requests that are subscribed to on the thread that begins the
 * call's work. Thread-safe.
 */
public final class IdempotencyKeyFilterFunction implements ExchangeFilterFunction {

	/**
	 * Creates a filter.
	 */
	public IdempotencyKeyFilterFunction() {
	}

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		Optional<IdempotencyContext> call = request.headers().containsHeader(IdempotencyKeyInterceptor.HEADER)
				? Optional.empty() : IdempotencyContext.current();
		return next.exchange(call.map((present) -> ClientRequest.from(request)
			.header(IdempotencyKeyInterceptor.HEADER, present.deriveKey(request.method() + " " + request.url()))
			.build()).orElse(request));
	}

}
