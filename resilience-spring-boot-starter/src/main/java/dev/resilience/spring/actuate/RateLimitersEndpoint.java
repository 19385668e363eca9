package dev.resilience.spring.actuate;

import java.util.Map;

import dev.resilience.PolicyRegistry;
import dev.resilience.ratelimiter.RateLimiter;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;

/**
 * Shows rate limiters, and refills them.
 */
@WebEndpoint(id = "ratelimiters")
public class RateLimitersEndpoint extends PolicyEndpoint<RateLimiter> {

	/**
	 * Creates the endpoint.
	 * @param registry the limiters
	 * @param origins where their values came from
	 */
	public RateLimitersEndpoint(PolicyRegistry<RateLimiter> registry, PolicyOrigins origins) {
		super(registry, origins);
	}

	/**
	 * Gives a limiter an order.
	 * @param name the limiter
	 * @param action {@code reset}
	 * @param key the key to refill, as a text, or none to refill all
	 * @return the limiter's new state
	 */
	@WriteOperation
	public Map<String, Object> act(@Selector(match = Match.ALL_REMAINING) String[] name, @Nullable String action,
			@Nullable String key) {
		RateLimiter limiter = policy(name);
		if (!"reset".equals(action)) {
			throw unknownAction(action, "reset");
		}
		if (key == null) {
			limiter.reset();
		}
		else if (!limiter.reset(key)) {
			throw refused("'key' names no key that has used up anything: nothing was refilled");
		}
		return describe(limiter);
	}

}
