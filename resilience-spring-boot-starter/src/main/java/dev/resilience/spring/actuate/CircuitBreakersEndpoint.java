package dev.resilience.spring.actuate;

import java.util.Map;
import java.util.function.Consumer;

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
	 * @return the breaker's new state
	 */
	@WriteOperation
	public Map<String, Object> act(@Selector(match = Match.ALL_REMAINING) String[] name, @Nullable String action,
			@Nullable String reason) {
		CircuitBreaker breaker = policy(name);
		Consumer<String> order = switch ((action != null) ? action : "") {
			case "force-open" -> breaker::forceOpen;
			case "disable" -> breaker::disable;
			case "reset" -> breaker::reset;
			default -> throw unknownAction(action, "force-open", "disable", "reset");
		};
		String why = required("reason", reason);
		return order(() -> {
			order.accept(why);
			return describe(breaker);
		});
	}

}
