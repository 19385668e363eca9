package dev.resilience.spring.readme;

import dev.resilience.idempotency.IdempotencyContext;
import dev.resilience.spring.annotation.Idempotent;
import dev.resilience.spring.readme.Shop.Order;
import dev.resilience.spring.readme.Shop.Receipt;

import org.springframework.stereotype.Service;

@Service
class KeyedPayments {

	private final Provider provider;

	KeyedPayments(Provider provider) {
		this.provider = provider;
	}

	@Idempotent(operation = "charge", key = "#key")
	Receipt charge(String key, Order order) {
		return charge(order);
	}

	Receipt charge(Order order) {
		IdempotencyContext call = IdempotencyContext.current().orElseThrow();
		return this.provider.charge(order, call.key(), call.fence());
	}

}
