package dev.resilience.spring.actuate;

import dev.resilience.PolicyRegistry;
import dev.resilience.retry.Retry;

import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;

/**
 * Shows retries.
 */
@WebEndpoint(id = "retries")
public class RetriesEndpoint extends PolicyEndpoint<Retry> {

	/**
	 * Creates the endpoint.
	 * @param registry the retries
	 * @param origins where their values came from
	 */
	public RetriesEndpoint(PolicyRegistry<Retry> registry, PolicyOrigins origins) {
		super(registry, origins);
	}

	@Override
	protected String key() {
		return "retries";
	}

}
