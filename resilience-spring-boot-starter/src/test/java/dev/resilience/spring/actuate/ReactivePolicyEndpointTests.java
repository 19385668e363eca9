package dev.resilience.spring.actuate;

import org.springframework.boot.WebApplicationType;

/**
 * The endpoints' contract in WebFlux.
 */
class ReactivePolicyEndpointTests extends PolicyEndpointContract {

	@Override
	WebApplicationType type() {
		return WebApplicationType.REACTIVE;
	}

	@Override
	String[] properties() {
		return new String[0];
	}

}
