package dev.resilience.spring.actuate;

import dev.resilience.PolicyRegistry;
import dev.resilience.timeout.Timeout;

import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;

/**
 * Shows timeouts.
 */
@WebEndpoint(id = "timeouts")
public class TimeoutsEndpoint extends PolicyEndpoint<Timeout> {

	/**
	 * Creates the endpoint.
	 * @param registry the timeouts
	 * @param origins where their values came from
	 */
	public TimeoutsEndpoint(PolicyRegistry<Timeout> registry, PolicyOrigins origins) {
		super(registry, origins);
	}

}
