package dev.resilience.spring.web.idempotency;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import dev.resilience.CallContext;
import dev.resilience.CallRejectedException;
import dev.resilience.async.CallResult;
import dev.resilience.config.Setting;
import dev.resilience.idempotency.IdempotencyKey;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.Fingerprint;
import org.jspecify.annotations.Nullable;

import org.springframework.http.server.PathContainer;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * What the filters for WebMVC and WebFlux have in common: one idempotent operation for
 * all requests, each method and path with keys of its own. Thread-safe.
 */
public final class HttpIdempotency {

	/** Says of a response that it is a replay. */
	static final String REPLAYED = "Idempotent-Replayed";

	private static final Set<String> STREAMS = Set.of("text/event-stream", "application/x-ndjson",
			"application/stream+json", "application/json-seq", "multipart/x-mixed-replace");

	private final IdempotentOperation operation;

	private final IdempotencyHttpRules rules;

	private final List<PathPattern> included;

	private final List<PathPattern> excluded;

	/**
	 * Creates it.
	 * @param operation runs the requests, and keeps their {@link StoredResponse}s
	 * @param rules which requests, and what is kept of their responses
	 * @throws IllegalArgumentException when a pattern cannot be read
	 */
	public HttpIdempotency(IdempotentOperation operation, IdempotencyHttpRules rules) {
		this.operation = operation;
		this.rules = rules;
		this.included = patterns("paths", rules.paths());
		this.excluded = patterns("exclude-paths", rules.excludePaths());
	}

	private static List<PathPattern> patterns(String property, List<String> texts) {
		return texts.stream().map((text) -> pattern(property, text)).toList();
	}

	private static PathPattern pattern(String property, String text) {
		Setting<String> setting = Setting.of(property, text)
			.require(text.startsWith("/"), "must begin with '/'", "give a pattern such as /orders/**");
		try {
			return PathPatternParser.defaultInstance.parse(text);
		}
		catch (IllegalArgumentException ex) {
			throw setting.violation("must be a path pattern", String.valueOf(ex.getMessage()));
		}
	}

	IdempotencyHttpRules rules() {
		return this.rules;
	}

	boolean appliesTo(String method, PathContainer path) {
		return this.rules.methods().contains(method) && matches(this.included, path) && !matches(this.excluded, path);
	}

	private static boolean matches(List<PathPattern> patterns, PathContainer path) {
		return patterns.stream().anyMatch((pattern) -> pattern.matches(path));
	}

	/**
	 * Reads a request's key.
	 * @return the key, or {@code null} when the request needs none
	 * @throws CallRejectedException when it is missing or malformed
	 */
	@Nullable String key(List<String> values, @Nullable String contentType) {
		String key;
		try {
			key = IdempotencyKeyHeader.parse(values);
		}
		catch (IllegalArgumentException ex) {
			throw IdempotencyRefusal.invalidKey(this.operation, this.rules.header(), String.valueOf(ex.getMessage()));
		}
		if (key == null && this.rules.required()) {
			throw IdempotencyRefusal.missingKey(this.operation, this.rules.header());
		}
		if (key != null && isType(contentType, "multipart/")) {
			throw IdempotencyRefusal.multipart(this.operation, this.rules.header());
		}
		return key;
	}

	CallRejectedException bodyTooLarge() {
		return IdempotencyRefusal.bodyTooLarge(this.operation, this.rules.maxBodySize());
	}

	static boolean isForm(@Nullable String contentType) {
		return isType(contentType, "application/x-www-form-urlencoded");
	}

	static boolean isStream(@Nullable String contentType) {
		return STREAMS.stream().anyMatch((type) -> isType(contentType, type));
	}

	private static boolean isType(@Nullable String contentType, String type) {
		return contentType != null && contentType.strip().toLowerCase(Locale.ROOT).startsWith(type);
	}

	/**
	 * Names a request to the operation.
	 * @param content what makes it another request, query and body say
	 */
	CallContext context(String key, String method, PathContainer path, @Nullable String principal,
			@Nullable Object... content) {
		return CallContext.ofKey(new IdempotencyKey(key, Fingerprint.of(Arrays.asList(content)), principal,
				method + ' ' + path.value()));
	}

	CompletableFuture<StoredResponse> call(CallContext context, Supplier<CompletableFuture<StoredResponse>> request) {
		return this.operation.callAsync(context, request).toCompletableFuture();
	}

	/**
	 * Ends a request that was answered. It never throws, for a request that does not end
	 * would block its key for ever.
	 * @param end hears of it
	 * @param response takes the answer
	 * @param handled the exception that it answers, if there was one
	 */
	static void answered(CompletableFuture<StoredResponse> end, Supplier<StoredResponse> response,
			@Nullable Throwable handled) {
		try {
			StoredResponse made = response.get();
			switch (IdempotencyVerdict.of(made.status(), handled)) {
				case KEEP -> end.complete(made);
				case RELEASE -> end.completeExceptionally(new IdempotencyReleasedException(made));
				case UNKNOWN ->
					end.completeExceptionally(new IdempotencyUnknownException("answered with status " + made.status()));
			}
		}
		catch (Throwable ex) {
			end.completeExceptionally(new IdempotencyUnknownException("gave an answer that cannot be read: " + ex));
		}
	}

	/**
	 * Ends a request whose handler threw what the server still has to answer.
	 * @param end hears of it
	 * @param thrown what it threw, without wrappers
	 */
	static void threw(CompletableFuture<StoredResponse> end, Throwable thrown) {
		end.completeExceptionally((IdempotencyVerdict.of(thrown) == IdempotencyVerdict.RELEASE) ? thrown
				: new IdempotencyUnknownException("threw " + thrown.getClass().getName()));
	}

	/**
	 * The response for a request that did not run.
	 * @param stored what the operation returned
	 * @param failure what it failed with instead
	 * @throws Throwable the failure, or the rejection when there is no response to give
	 */
	StoredResponse outcome(@Nullable StoredResponse stored, @Nullable Throwable failure) throws Throwable {
		Throwable cause = (failure != null) ? CallResult.unwrap(failure) : null;
		if (cause instanceof IdempotencyReleasedException released) {
			return released.response();
		}
		if (cause != null) {
			throw cause;
		}
		if (stored == null || stored.form() == StoredResponse.Form.NOT_KEPT) {
			throw IdempotencyRefusal.resultNotKept(this.operation);
		}
		return stored;
	}

}
