package dev.resilience.spring.web.idempotency;

import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.server.PathContainer;
import org.springframework.http.server.RequestPath;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.ModelAndView;

/**
 * Runs servlet requests with an {@code Idempotency-Key} once for each key. It has to be
 * registered for the dispatcher types {@code REQUEST} and {@code ASYNC}, behind
 * authentication. Thread-safe.
 */
public final class IdempotencyKeyFilter implements Filter {

	private static final String EXCHANGE = IdempotencyKeyFilter.class.getName() + ".EXCHANGE";

	private final HttpIdempotency idempotency;

	private final Supplier<HandlerExceptionResolver> resolver;

	/**
	 * Creates a filter.
	 * @param idempotency runs the requests
	 * @param resolver answers rejections, as those of handlers are answered
	 */
	public IdempotencyKeyFilter(HttpIdempotency idempotency, Supplier<HandlerExceptionResolver> resolver) {
		this.idempotency = idempotency;
		this.resolver = resolver;
	}

	@Override
	public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		if (!(request instanceof HttpServletRequest http) || !(response instanceof HttpServletResponse answer)) {
			chain.doFilter(request, response);
		}
		else if (request.getAttribute(EXCHANGE) instanceof IdempotencyServletExchange exchange) {
			if (request.getDispatcherType() == DispatcherType.ASYNC) {
				exchange.resume(http, answer, chain);
			}
			else {
				chain.doFilter(request, response);
			}
		}
		else {
			begin(http, answer, chain);
		}
	}

	private void begin(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		PathContainer path = RequestPath.parse(request.getRequestURI(), request.getContextPath())
			.pathWithinApplication();
		if (!this.idempotency.appliesTo(request.getMethod(), path)) {
			chain.doFilter(request, response);
			return;
		}
		@Nullable IdempotencyServletExchange exchange;
		try {
			String key = this.idempotency.key(values(request), request.getContentType());
			exchange = (key != null) ? exchange(request, response, path, key) : null;
			if (exchange != null && !exchange.claim()) {
				return;
			}
		}
		catch (CallRejectedException ex) {
			answer(request, response, ex);
			return;
		}
		if (exchange == null) {
			chain.doFilter(request, response);
			return;
		}
		request.setAttribute(EXCHANGE, exchange);
		exchange.run(chain);
	}

	private List<String> values(HttpServletRequest request) {
		return Collections.list(request.getHeaders(this.idempotency.rules().header()));
	}

	private IdempotencyServletExchange exchange(HttpServletRequest request, HttpServletResponse response,
			PathContainer path, String key) throws IOException {
		long limit = this.idempotency.rules().maxBodySize();
		IdempotencyServletRequest buffered = IdempotencyServletRequest.read(request, limit);
		if (buffered == null) {
			throw this.idempotency.bodyTooLarge();
		}
		String principal = (request.getUserPrincipal() != null) ? request.getUserPrincipal().getName() : null;
		CallContext context = this.idempotency.context(key, request.getMethod(), path, principal,
				request.getQueryString(), request.getContentType(), buffered.form(), buffered.body());
		return new IdempotencyServletExchange(this.idempotency, context, buffered,
				new IdempotencyServletResponse(response, this.idempotency.rules()));
	}

	private void answer(HttpServletRequest request, HttpServletResponse response, CallRejectedException rejected) {
		ModelAndView answered = this.resolver.get().resolveException(request, response, null, rejected);
		if (answered == null || !answered.isEmpty()) {
			throw rejected;
		}
	}

}
