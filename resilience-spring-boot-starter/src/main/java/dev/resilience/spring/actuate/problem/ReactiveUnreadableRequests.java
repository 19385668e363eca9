package dev.resilience.spring.actuate.problem;

import java.util.Set;
import java.util.function.Supplier;

import reactor.core.publisher.Mono;

import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpMethod;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.ServerWebInputException;
import org.springframework.web.util.pattern.PathPattern;

/**
 * Tells, in WebFlux, what is wrong with an order to one of our endpoints that cannot be
 * read; those to other endpoints are passed on.
 */
@ControllerAdvice(basePackages = "org.springframework.boot.webflux.actuate.endpoint.web")
@Order(Ordered.HIGHEST_PRECEDENCE)
public final class ReactiveUnreadableRequests extends UnreadableRequests {

	/**
	 * Creates the advice.
	 * @param paths where the endpoints are
	 * @param ours which of them are ours
	 */
	public ReactiveUnreadableRequests(Supplier<PathMappedEndpoints> paths, Supplier<Set<EndpointId>> ours) {
		super(paths, ours);
	}

	/**
	 * The body is read to its end first: an answer that overtakes it may leave the
	 * client, and the next request on the connection, waiting.
	 */
	@ModelAttribute
	Mono<Void> refuseQuery(ServerWebExchange exchange) {
		ServerHttpRequest request = exchange.getRequest();
		if (request.getMethod().equals(HttpMethod.POST) && isOurs(exchange) && !request.getQueryParams().isEmpty()) {
			return request.getBody().doOnNext(DataBufferUtils::release).then(Mono.error(QueryRefusedException::new));
		}
		return Mono.empty();
	}

	@ExceptionHandler
	ResponseEntity<ProblemDetail> handle(QueryRefusedException refused) {
		return queried();
	}

	@ExceptionHandler
	ResponseEntity<ProblemDetail> handle(ServerWebInputException failure, ServerWebExchange exchange) {
		if (!isOurs(exchange)) {
			throw failure;
		}
		return unreadable();
	}

	private boolean isOurs(ServerWebExchange exchange) {
		PathPattern pattern = exchange.getAttribute(HandlerMapping.BEST_MATCHING_PATTERN_ATTRIBUTE);
		return pattern != null && isOurs(pattern.getPatternString());
	}

}
