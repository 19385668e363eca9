package dev.resilience.spring.web;

import org.springframework.boot.WebApplicationType;

/**
 * The contract of rejections in WebFlux.
 */
class ReactiveRejectionAdviceTests extends RejectionAdviceContract {

	@Override
	WebApplicationType type() {
		return WebApplicationType.REACTIVE;
	}

}
