package dev.resilience.spring.actuate;

import dev.resilience.spring.annotation.Bulkheaded;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.Idempotent;
import dev.resilience.spring.annotation.KillSwitched;
import dev.resilience.spring.annotation.RateLimited;
import dev.resilience.spring.annotation.Retrying;
import dev.resilience.spring.annotation.TimeLimited;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * A service with one method for each pattern.
 */
class Shop {

	static final String[] PROPERTIES = { "resilience.circuit-breakers.payments.failure-threshold=1",
			"resilience.circuit-breakers.payments.open-duration=1h", "resilience.circuit-breakers.mail.preset=database",
			"resilience.circuit-breakers.mail.window.size=30s", "resilience.circuit-breakers.mail.window.type=time",
			"resilience.idempotency.lease=20s", "resilience.retries.catalog.budget.ratio=0.5",
			"resilience.bulkheads.catalog.max-concurrent-calls=2", "resilience.timeouts.catalog.duration=2s",
			"resilience.rate-limiters.orders.limit=1", "resilience.rate-limiters.orders.period=1h",
			"resilience.kill-switches.declared=payments.refunds", "management.endpoint.health.show-details=always",
			"management.endpoints.web.exposure.include=*" };

	@CircuitProtected("payments")
	public void charge() {
		throw new IllegalStateException("the card 4711 was declined");
	}

	@RateLimited(value = "orders", key = "#p0")
	public String order(String customer) {
		return "ordered";
	}

	@Retrying("catalog")
	@Bulkheaded("catalog")
	@TimeLimited("catalog")
	public String price(String sku) {
		return "cheap";
	}

	@Idempotent(operation = "refund", key = "#p0")
	public String refund(String key) {
		return "refunded";
	}

	@Idempotent(operation = "credit", key = "#p0", ttl = "2h")
	public String credit(String key) {
		return "credited";
	}

	@KillSwitched("payments.refunds")
	public String look() {
		return "seen";
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		Shop shop() {
			return new Shop();
		}

	}

}
