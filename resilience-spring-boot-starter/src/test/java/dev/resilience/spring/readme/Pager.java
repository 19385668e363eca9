package dev.resilience.spring.readme;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import dev.resilience.PolicyEvent;

import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

@Component
class Pager {

	final Queue<String> pages = new ConcurrentLinkedQueue<>();

	@EventListener
	void on(PolicyEvent event) {
		if (event.type().equals("kill-switch") || event.kind().equals("transition")) {
			this.pages.add(event.message());
		}
	}

}
