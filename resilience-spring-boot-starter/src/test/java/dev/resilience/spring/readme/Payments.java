package dev.resilience.spring.readme;

import dev.resilience.circuitbreaker.CircuitOpenException;
import dev.resilience.spring.annotation.Bulkheaded;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.Idempotent;
import dev.resilience.spring.annotation.KillSwitched;
import dev.resilience.spring.annotation.RateLimited;
import dev.resilience.spring.annotation.Retrying;
import dev.resilience.spring.annotation.TimeLimited;
import dev.resilience.spring.readme.Shop.Order;
import dev.resilience.spring.readme.Shop.Receipt;
import dev.resilience.spring.readme.Shop.Refund;

import org.springframework.stereotype.Service;

@Service
class Payments {

	private final Provider provider;

	Payments(Provider provider) {
		this.provider = provider;
	}

	@CircuitProtected(value = "payments", fallback = "chargeLater")
	Receipt charge(Order order) {
		return this.provider.charge(order);
	}

	Receipt chargeLater(Order order, CircuitOpenException rejection) {
		return Receipt.pending(order);
	}

	@KillSwitched("payments.refunds")
	@Idempotent(operation = "refund", key = "#key", ttl = "24h", fingerprint = "#refund")
	@RateLimited(value = "refunds", key = "#refund.customerId")
	Receipt refund(String key, Refund refund) {
		return this.provider.refund(refund);
	}

	@Retrying("catalog")
	@Bulkheaded("catalog")
	@TimeLimited("catalog")
	int price(String sku) {
		return this.provider.price(sku);
	}

}
