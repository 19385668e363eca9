package dev.resilience.spring.readme;

import dev.resilience.spring.annotation.CircuitProtected;

/**
 * Names a breaker that there is not.
 */
class Billing {

	@CircuitProtected("paymets")
	void charge() {
	}

}
