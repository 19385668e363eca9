package dev.resilience.spring.autoconfigure;

import java.util.List;

import dev.resilience.PolicyEvent;
import dev.resilience.PolicyListener;
import dev.resilience.PolicyRegistry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.context.ApplicationEventPublisher;

/**
 * Logs what changes about policies, and publishes it to the application's listeners. Each
 * is a listener of its own, so that a slow application delays no log.
 */
final class PolicyEventRelay implements PolicyListener {

	private static final Logger logger = LoggerFactory.getLogger("dev.resilience.events");

	private final ApplicationEventPublisher publisher;

	PolicyEventRelay(List<PolicyRegistry<?>> registries, ApplicationEventPublisher publisher) {
		this.publisher = publisher;
		registries.forEach((registry) -> {
			registry.addListener(PolicyEventRelay::log);
			registry.addListener(this);
		});
	}

	private static void log(PolicyEvent event) {
		if (event.kind().endsWith("rejection")) {
			logger.debug("{}", event.message());
		}
		else {
			logger.warn("{}", event.message());
		}
	}

	@Override
	public void onEvent(PolicyEvent event) {
		try {
			this.publisher.publishEvent(event);
		}
		catch (RuntimeException ex) {
			logger.warn("A listener failed on the {} of {} '{}'", event.kind(), event.type(), event.name(), ex);
		}
	}

	@Override
	public void onDropped(long count) {
		logger.warn("{} events did not reach the application's listeners, which are too slow", count);
	}

}
