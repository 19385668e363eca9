package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotencyConfig.OnAbandoned;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.spring.web.idempotency.HttpIdempotency;
import dev.resilience.spring.web.idempotency.IdempotencyHttpRules;
import dev.resilience.spring.web.idempotency.StoredHeaders;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.unit.DataSize;

/**
 * Requests with an idempotency key.
 *
 * @param enabled whether requests with a key run once for each key
 * @param methods the methods that honour a key
 * @param paths patterns of the paths that honour a key
 * @param excludePaths patterns of the paths that do not, though they are among those
 * @param required whether a request without a key is refused; otherwise it runs as if
 * there were none
 * @param ttl how long a response is replayed; that of resilience.idempotency unless it is
 * set
 * @param onAbandoned what becomes of a request whose first one ended without a known
 * outcome; as resilience.idempotency says unless it is set
 * @param header the header with the key
 * @param maxBodySize the largest body that a request with a key may have
 * @param maxResponseSize the largest body of a response that is kept; a larger one is
 * delivered once, and repeated requests are refused
 * @param storedHeaders the response headers that are kept and replayed, and in Redis
 * those of a ResponseEntity that an idempotent method returns
 * @param order the filter's order: after that of authentication, which is -100
 */
@ConfigurationProperties(IdempotencyHttpProperties.PREFIX)
record IdempotencyHttpProperties(@DefaultValue("false") boolean enabled, @DefaultValue("POST") List<String> methods,
		@DefaultValue("/**") List<String> paths, @DefaultValue List<String> excludePaths,
		@DefaultValue("false") boolean required, @Nullable Duration ttl, @Nullable OnAbandoned onAbandoned,
		@DefaultValue("Idempotency-Key") String header, @DefaultValue("1MB") DataSize maxBodySize,
		@DefaultValue("256KB") DataSize maxResponseSize, @DefaultValue( {
				"Content-Type", "Content-Language", "Content-Location", "Content-Disposition", "Content-Encoding",
				"Location", "ETag", "Last-Modified", "Cache-Control", "Link",
				"Retry-After" }) List<String> storedHeaders,
		@DefaultValue("0") int order){

	static final String PREFIX = "resilience.idempotency.http";

	private static final int HEADERS = 64 * 1024;

	/**
	 * The operation's configuration. What a failure means is for the filter to say: which
	 * exceptions an application stores or holds elsewhere does not matter here.
	 * @param defaults what holds for all operations
	 */
	IdempotencyConfig toConfig(IdempotencyConfig defaults) {
		return IdempotencyProperties.valid(PREFIX,
				() -> defaults.toBuilder()
					.ttl((this.ttl != null) ? this.ttl : defaults.ttl())
					.onAbandoned((this.onAbandoned != null) ? this.onAbandoned : defaults.onAbandoned())
					.storedFailures(List.of())
					.heldFailures(List.of())
					.maxResultSize(resultSize())
					.build());
	}

	/**
	 * Where the values of that configuration come from.
	 * @throws InvalidPolicyException when a duration has no unit
	 */
	static Map<String, String> origins(ConfigurableEnvironment environment) {
		Map<String, String> origins = new LinkedHashMap<>(IdempotencyProperties.origins(environment));
		origins.keySet().removeAll(List.of("stored-failures", "held-failures", "max-result-size"));
		ConfigurationProperty ttl = IdempotencyProperties.find(environment, PREFIX, "ttl");
		if (ttl != null) {
			IdempotencyProperties.requireUnit(environment, PREFIX, "ttl", ttl);
			origins.put("ttl", OriginNoting.describe(ttl));
		}
		ConfigurationProperty abandoned = IdempotencyProperties.find(environment, PREFIX, "on-abandoned");
		if (abandoned != null) {
			origins.put("on-abandoned", OriginNoting.describe(abandoned));
		}
		ConfigurationProperty size = IdempotencyProperties.find(environment, PREFIX, "max-response-size");
		if (size != null) {
			origins.put("max-result-size", OriginNoting.describe(size));
		}
		return origins;
	}

	/**
	 * A response with its headers.
	 */
	private int resultSize() {
		return (int) Math.min(this.maxResponseSize.toBytes() + HEADERS, IdempotencyConfig.LARGEST_RESULT);
	}

	/**
	 * What the filters do.
	 * @param operation runs the requests
	 */
	HttpIdempotency toIdempotency(IdempotentOperation operation) {
		return IdempotencyProperties.valid(PREFIX, () -> {
			Set<String> upperCase = this.methods.stream()
				.map((method) -> method.toUpperCase(Locale.ROOT))
				.collect(Collectors.toUnmodifiableSet());
			return new HttpIdempotency(operation,
					new IdempotencyHttpRules(upperCase, this.paths, this.excludePaths, this.required, this.header,
							this.maxBodySize.toBytes(), this.maxResponseSize.toBytes(),
							new StoredHeaders(this.storedHeaders)));
		});
	}

}
