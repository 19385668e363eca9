package dev.resilience.spring.readme;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import dev.resilience.spring.readme.Shop.Order;
import dev.resilience.spring.readme.Shop.Receipt;
import dev.resilience.spring.readme.Shop.Refund;

/**
 * What the examples call.
 */
class Provider {

	final List<Refund> refunds = new ArrayList<>();

	final Queue<String> keys = new ConcurrentLinkedQueue<>();

	final Queue<String> asked = new ConcurrentLinkedQueue<>();

	volatile boolean down;

	Receipt charge(Order order) {
		if (this.down) {
			throw new IllegalStateException("down");
		}
		return new Receipt(order.customerId(), "charged");
	}

	Receipt charge(Order order, String key, long fence) {
		this.keys.add(key + (fence > 0));
		return charge(order);
	}

	String charge(String order) {
		return "receipt for " + order;
	}

	int price(String sku) {
		this.asked.add(sku);
		if (this.down) {
			throw new IllegalStateException("down");
		}
		return sku.length();
	}

	Receipt refund(Refund refund) {
		this.refunds.add(refund);
		return new Receipt(refund.customerId(), "refunded");
	}

}
