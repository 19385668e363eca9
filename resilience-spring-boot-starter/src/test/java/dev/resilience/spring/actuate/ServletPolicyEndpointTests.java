package dev.resilience.spring.actuate;

import org.springframework.boot.WebApplicationType;

/**
 * The endpoints' contract in WebMVC.
 */
class ServletPolicyEndpointTests extends PolicyEndpointContract {

	@Override
	WebApplicationType type() {
		return WebApplicationType.SERVLET;
	}

	@Override
	String[] properties() {
		return new String[0];
	}

}
