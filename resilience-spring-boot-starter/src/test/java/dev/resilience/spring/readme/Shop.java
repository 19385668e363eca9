package dev.resilience.spring.readme;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * The application that the README's examples are taken from.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({ Payments.class, KeyedPayments.class, Pager.class, Provider.class })
class Shop {

	record Order(String customerId, int amount) {
	}

	record Refund(String customerId, int amount) {
	}

	record Receipt(String customerId, String state) {

		static Receipt pending(Order order) {
			return new Receipt(order.customerId(), "pending");
		}

	}

}
