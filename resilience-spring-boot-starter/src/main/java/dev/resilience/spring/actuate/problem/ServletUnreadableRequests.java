package dev.resilience.spring.actuate.problem;

import java.util.Set;
import java.util.function.Supplier;

import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.HandlerMapping;

/**
 * Tells, in WebMVC, what is wrong with an order to one of our endpoints that cannot be
 * read; those to other endpoints are passed on.
 */
@ControllerAdvice(basePackages = "org.springframework.boot.webmvc.actuate.endpoint.web")
@Order(Ordered.HIGHEST_PRECEDENCE)
public final class ServletUnreadableRequests extends UnreadableRequests {

	/**
	 * Creates the advice.
	 * @param paths where the endpoints are
	 * @param ours which of them are ours
	 */
	public ServletUnreadableRequests(Supplier<PathMappedEndpoints> paths, Supplier<Set<EndpointId>> ours) {
		super(paths, ours);
	}

	@ModelAttribute
	void refuseQuery(WebRequest request, HttpMethod method) {
		if (method.equals(HttpMethod.POST) && isOurs(request) && !request.getParameterMap().isEmpty()) {
			throw new QueryRefusedException();
		}
	}

	@ExceptionHandler
	ResponseEntity<ProblemDetail> handle(QueryRefusedException refused) {
		return queried();
	}

	@ExceptionHandler
	ResponseEntity<ProblemDetail> handle(HttpMessageNotReadableException failure, WebRequest request) {
		if (!isOurs(request)) {
			throw failure;
		}
		return unreadable();
	}

	private boolean isOurs(WebRequest request) {
		return request.getAttribute(HandlerMapping.BEST_MATCHING_PATTERN_ATTRIBUTE,
				RequestAttributes.SCOPE_REQUEST) instanceof String pattern && isOurs(pattern);
	}

}
