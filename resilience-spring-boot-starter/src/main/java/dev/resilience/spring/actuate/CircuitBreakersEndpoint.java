package dev.resilience.spring.actuate;

import java.time.Duration;
import java.util.Map;
import java.util.function.BiConsumer;

import dev.resilience.PolicyRegistry;
import dev.resilience.circuitbreaker.CircuitBreaker;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;

/**
 * Shows circuit breakers, and forces, disables and resets them.
 */
@WebEndpoint(id = "circuitbreakers")
public class CircuitBreakersEndpoint extends PolicyEndpoint<CircuitBreaker> {

	/**
	 * Creates the endpoint.
	 * @param registry the breakers
	 * @param origins where their values came from
	 */
	public CircuitBreakersEndpoint(PolicyRegistry<CircuitBreaker> registry, PolicyOrigins origins) {
		super(registry, origins);
	}

	/**
	 * Gives a breaker an order.
	 * @param name the breaker
	 * @param action {@code force-open}, {@code disable} or {@code reset}
	 * @param reason why
	 * @param expiresIn after how long the order ends by itself, but for {@code reset}
	 * @param key the one key to reset, as a text, or none to reset all
	 * @return the breaker's new state
	 */
	@WriteOperation
	public Map<String, Object> act(@Selector(match = Match.ALL_REMAINING) String[] name, @Nullable String action,
			@Nullable String reason, @Nullable String expiresIn, @Nullable String key) {
		CircuitBreaker breaker = policy(name);
		BiConsumer<String, @Nullable Duration> order = switch ((action != null) ? action : "") {
			case "force-open" -> (why, length) -> forceOpen(breaker, why, length);
			case "disable" -> (why, length) -> disable(breaker, why, length);
			case "reset" -> (why, length) -> reset(breaker, why, key);
			default -> throw unknownAction(action, "force-open", "disable", "reset");
		};
		boolean resets = "reset".equals(action);
		refuse("expiresIn", resets ? expiresIn : null, "reset");
		refuse("key", resets ? null : key, String.valueOf(action));
		String why = required("reason", reason);
		return order(() -> {
			order.accept(why, (expiresIn != null) ? DurationText.parse("expiresIn", expiresIn) : null);
			return describe(breaker);
		});
	}

	private static void forceOpen(CircuitBreaker breaker, String reason, @Nullable Duration length) {
		if (length == null) {
			breaker.forceOpen(reason);
		}
		else {
			breaker.forceOpen(reason, length);
		}
	}

	private static void disable(CircuitBreaker breaker, String reason, @Nullable Duration length) {
		if (length == null) {
			breaker.disable(reason);
		}
		else {
			breaker.disable(reason, length);
		}
	}

	private static void reset(CircuitBreaker breaker, String reason, @Nullable String key) {
		if (key == null) {
			breaker.reset(reason);
		}
		else if (!breaker.reset(key, reason)) {
			throw refused("'key' names no key that this breaker knows: nothing was reset");
		}
	}

}
