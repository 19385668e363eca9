package dev.resilience.spring.actuate;

import java.util.concurrent.CompletionException;

import dev.resilience.redis.RedisLink;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.core.NestedExceptionUtils;

/**
 * Whether Redis answers, and keeps what it has accepted: a server that evicts when its
 * memory is full forgets what must not be forgotten. Thread-safe.
 */
public final class RedisHealthIndicator extends AbstractHealthIndicator {

	private static final String KEEPS_ALL = "noeviction";

	private final RedisLink link;

	/**
	 * Creates the indicator.
	 * @param link the connection
	 */
	public RedisHealthIndicator(RedisLink link) {
		super("Redis cannot be asked");
		this.link = link;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		String policy;
		try {
			policy = this.link.evictionPolicy().toCompletableFuture().join();
		}
		catch (CompletionException ex) {
			builder.status(ResilienceHealthIndicator.DEGRADED)
				.withDetail("warning",
						"Redis cannot be used: calls that need it are turned away,"
								+ " or run without it where on-store-failure is open")
				.withDetail("error", NestedExceptionUtils.getMostSpecificCause(ex).toString());
			return;
		}
		builder.withDetail("maxmemoryPolicy", policy);
		if (policy.equals(KEEPS_ALL)) {
			builder.up();
		}
		else {
			builder.status(ResilienceHealthIndicator.DEGRADED)
				.withDetail("warning",
						"Redis may evict what must not be forgotten: set maxmemory-policy to noeviction");
		}
	}

}
