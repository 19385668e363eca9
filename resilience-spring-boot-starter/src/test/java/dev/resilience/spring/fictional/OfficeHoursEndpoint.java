package dev.resilience.spring.fictional;

import java.util.Map;

import dev.resilience.PolicyRegistry;
import dev.resilience.spring.actuate.PolicyEndpoint;
import dev.resilience.spring.actuate.PolicyOrigins;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;

/**
 * Shows offices, and sends them on holiday.
 */
@WebEndpoint(id = "officehours")
public class OfficeHoursEndpoint extends PolicyEndpoint<OfficeHoursGate> {

	/**
	 * Creates the endpoint.
	 * @param registry the offices
	 * @param origins where their values came from
	 */
	public OfficeHoursEndpoint(PolicyRegistry<OfficeHoursGate> registry, PolicyOrigins origins) {
		super(registry, origins);
	}

	/**
	 * Gives an office an order.
	 * @param name the office
	 * @param action {@code close} or {@code reopen}
	 * @return its new state
	 */
	@WriteOperation
	public Map<String, Object> act(@Selector String name, String action) {
		OfficeHoursGate office = policy(name);
		switch (action) {
			case "close" -> office.holiday(true);
			case "reopen" -> office.holiday(false);
			default -> throw unknownAction(action, "close", "reopen");
		}
		return describe(office);
	}

}
