package dev.resilience.spring.actuate;

import java.util.Map;

import dev.resilience.PolicyRegistry;
import dev.resilience.bulkhead.Bulkhead;
import dev.resilience.config.Setting;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;

/**
 * Shows bulkheads, and resizes them.
 */
@WebEndpoint(id = "bulkheads")
public class BulkheadsEndpoint extends PolicyEndpoint<Bulkhead> {

	private static final String SIZE = "max-concurrent-calls";

	private final PolicyOrigins origins;

	/**
	 * Creates the endpoint.
	 * @param registry the bulkheads
	 * @param origins where their values came from
	 */
	public BulkheadsEndpoint(PolicyRegistry<Bulkhead> registry, PolicyOrigins origins) {
		super(registry, origins);
		this.origins = origins;
	}

	/**
	 * Gives a bulkhead an order.
	 * @param name the bulkhead
	 * @param action {@code resize}
	 * @param maxConcurrentCalls how many calls may run at the same time from now on,
	 * until the next start
	 * @return the bulkhead's new state
	 */
	@WriteOperation
	public Map<String, Object> act(@Selector(match = Match.ALL_REMAINING) String[] name, @Nullable String action,
			@Nullable String maxConcurrentCalls) {
		Bulkhead bulkhead = policy(name);
		if (!"resize".equals(action)) {
			throw unknownAction(action, "resize");
		}
		String size = required("maxConcurrentCalls", maxConcurrentCalls);
		return order(() -> {
			bulkhead.resize(number(size));
			this.origins.put(Bulkhead.TYPE, bulkhead.name(), SIZE, "order at the endpoint");
			return describe(bulkhead);
		});
	}

	private static int number(String text) {
		try {
			return Integer.parseInt(text.trim());
		}
		catch (NumberFormatException ex) {
			throw Setting.of(SIZE, text).violation("must be a whole number", "write it like 25");
		}
	}

}
