package dev.resilience.spring.web;

import org.springframework.boot.WebApplicationType;

/**
 * The contract of rejections in WebMVC.
 */
class ServletRejectionAdviceTests extends RejectionAdviceContract {

	@Override
	WebApplicationType type() {
		return WebApplicationType.SERVLET;
	}

}
