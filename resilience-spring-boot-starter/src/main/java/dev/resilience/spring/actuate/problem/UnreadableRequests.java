package dev.resilience.spring.actuate.problem;

import java.util.Set;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;

/**
 * What the advices for requests that never reach an operation have in common: whether a
 * request is for one of our endpoints, and the answer to it.
 */
abstract sealed class UnreadableRequests permits ServletUnreadableRequests, ReactiveUnreadableRequests {

	private static final String UNREADABLE = "The body must be a JSON object whose values are text, as in"
			+ " {\"action\": \"...\", \"reason\": \"...\"}";

	private static final String QUERY = "Orders are given in the JSON body: leave the query out of the URL";

	private final Supplier<PathMappedEndpoints> paths;

	private final Supplier<Set<EndpointId>> ours;

	UnreadableRequests(Supplier<PathMappedEndpoints> paths, Supplier<Set<EndpointId>> ours) {
		this.paths = paths;
		this.ours = ours;
	}

	final boolean isOurs(String pattern) {
		PathMappedEndpoints mapped = this.paths.get();
		return this.ours.get().stream().map(mapped::getPath).anyMatch((path) -> isAtOrBelow(pattern, path));
	}

	private static boolean isAtOrBelow(String pattern, @Nullable String path) {
		return path != null && (pattern.equals(path) || pattern.startsWith(path + "/"));
	}

	static ResponseEntity<ProblemDetail> unreadable() {
		return badRequest(UNREADABLE);
	}

	static ResponseEntity<ProblemDetail> queried() {
		return badRequest(QUERY);
	}

	private static ResponseEntity<ProblemDetail> badRequest(String detail) {
		return ResponseEntity.badRequest()
			.contentType(MediaType.APPLICATION_PROBLEM_JSON)
			.body(ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, detail));
	}

	/**
	 * An order came with a query.
	 */
	static final class QueryRefusedException extends IllegalArgumentException {

		private static final long serialVersionUID = 1L;

	}

}
