package dev.resilience.spring.readme;

import java.time.Duration;
import java.util.Optional;

import dev.resilience.idempotency.Idempotency;
import dev.resilience.idempotency.TypedOperation;
import dev.resilience.idempotency.TypedOperation.Found;
import dev.resilience.idempotency.store.Fingerprint;
import dev.resilience.spring.readme.Shop.Order;
import dev.resilience.spring.readme.Shop.Receipt;

import org.springframework.stereotype.Service;

@Service
class Charges {

	private final TypedOperation<Receipt> charge;

	private final Provider provider;

	Charges(Idempotency idempotency, Provider provider) {
		this.charge = idempotency.operation("charge", Receipt.class, (config) -> config.ttl(Duration.ofDays(1)));
		this.provider = provider;
	}

	Receipt charge(String key, Order order) throws Exception {
		return this.charge.execute(key, Fingerprint.of(order), () -> this.provider.charge(order));
	}

	Optional<Receipt> charged(String key) {
		return this.charge.lookup(key).flatMap(Found::result);
	}

}
