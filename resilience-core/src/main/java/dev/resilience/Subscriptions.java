package dev.resilience;

import java.util.ArrayList;
import java.util.List;

/**
 * The listeners of a policy or a registry. Reading takes no lock.
 */
final class Subscriptions {

	private volatile List<Subscription> list = List.of();

	boolean isEmpty() {
		return this.list.isEmpty();
	}

	synchronized void add(Subscription subscription) {
		List<Subscription> copy = new ArrayList<>(this.list);
		copy.add(subscription);
		this.list = List.copyOf(copy);
	}

	synchronized void remove(PolicyListener listener) {
		this.list = this.list.stream().filter((candidate) -> !candidate.isOf(listener)).toList();
	}

	synchronized void remove(Subscription subscription) {
		this.list = this.list.stream().filter((candidate) -> candidate != subscription).toList();
	}

	void publish(PolicyEvent event) {
		for (Subscription subscription : this.list) {
			subscription.publish(event);
		}
	}

}
