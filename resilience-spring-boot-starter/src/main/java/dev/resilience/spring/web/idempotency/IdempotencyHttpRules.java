package dev.resilience.spring.web.idempotency;

import java.util.List;
import java.util.Set;

import dev.resilience.config.Setting;

/**
 * Which requests a filter treats as idempotent, and what it keeps of their responses.
 * Immutable.
 *
 * @param methods the methods, of POST, PUT, PATCH and DELETE
 * @param paths patterns of the paths below the application's
 * @param excludePaths patterns of paths that are left out nevertheless
 * @param required whether a request without a key is refused
 * @param header the header with the key
 * @param maxBodySize the largest body of a request, in bytes: 1 to 64 MB
 * @param maxResponseSize the largest body of a response that is kept, in bytes: 1 to 64
 * MB
 * @param storedHeaders the response headers that are kept
 */
public record IdempotencyHttpRules(Set<String> methods, List<String> paths, List<String> excludePaths, boolean required,
		String header, long maxBodySize, long maxResponseSize, StoredHeaders storedHeaders) {

	private static final Set<String> METHODS = Set.of("POST", "PUT", "PATCH", "DELETE");

	private static final long MAX_SIZE = 64 * 1024 * 1024;

	/**
	 * Creates rules.
	 * @throws IllegalArgumentException when a value breaks its rule; the message names
	 * property, value, rule and remedy
	 */
	public IdempotencyHttpRules {
		Setting.of("methods", methods)
			.require(!methods.isEmpty() && METHODS.containsAll(methods), "must be some of POST, PUT, PATCH, DELETE",
					"leave out the others, which are safe to repeat");
		Setting.of("paths", paths).require(!paths.isEmpty(), "must have a pattern", "give '/**' for all paths");
		Setting.of("header", header)
			.require(header.matches(StoredHeaders.TOKEN), "must be a header's name", "give Idempotency-Key");
		size("max-body-size", maxBodySize);
		size("max-response-size", maxResponseSize);
		methods = Set.copyOf(methods);
		paths = List.copyOf(paths);
		excludePaths = List.copyOf(excludePaths);
	}

	private static void size(String property, long bytes) {
		Setting.of(property, bytes)
			.require(bytes >= 1 && bytes <= MAX_SIZE, "must be from 1B to 64MB",
					"give what fits into memory many times, 1MB say");
	}

}
