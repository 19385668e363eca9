package dev.resilience.sample;

import java.util.UUID;

import dev.resilience.spring.annotation.Idempotent;
import dev.resilience.spring.annotation.KillSwitched;
import dev.resilience.spring.annotation.RateLimited;
import org.jspecify.annotations.Nullable;

import org.springframework.stereotype.Service;

/**
 * Places orders: once for each key, so often for each customer, and not at all while
 * payments are switched off.
 */
@Service
public class Checkout {

	private final Payments payments;

	Checkout(Payments payments) {
		this.payments = payments;
	}

	/**
	 * Places an order.
	 * @param key names the caller's intent
	 * @param order the order
	 * @return the receipt, of the first call with this key
	 */
	@KillSwitched("payments")
	@Idempotent(operation = "place-order", key = "#key", fingerprint = "#order")
	@RateLimited(value = "orders", key = "#order.customerId")
	public Receipt place(@Nullable String key, Order order) {
		String paymentId = this.payments.charge(order);
		return new Receipt(UUID.randomUUID().toString(), paymentId, order.amount());
	}

}
