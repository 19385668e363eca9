package dev.resilience.spring.autoconfigure;

import java.util.List;

import dev.resilience.PolicyEvent;
import dev.resilience.PolicyListener;
import dev.resilience.PolicyRegistry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.context.ApplicationEventPublisher;

/**
 * Logs what changes about policies, and publishes it to the application's listeners.
 */
final class PolicyEventRelay implements PolicyListener {

	private static final Logger logger = LoggerFactory.getLogger("dev.resilience.events");

	private final ApplicationEventPublisher publisher;

	PolicyEventRelay(List<PolicyRegistry<?>> registries, ApplicationEventPublisher publisher) {
		this.publisher = publisher;
		registries.forEach((registry) -> registry.addListener(this));
	}

	@Override
	public void onEvent(PolicyEvent event) {
		if (event.kind().equals("rejection")) {
			logger.debug("{}", event.message());
		}
		else {
			logger.warn("{}", event.message());
		}
		this.publisher.publishEvent(event);
	}

}
