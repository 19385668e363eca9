package dev.resilience.spring.readme;

import java.util.stream.Stream;

import dev.resilience.spring.web.TestServer;

import org.springframework.boot.WebApplicationType;
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

	/**
	 * Starts it as the quick start configures it.
	 */
	static TestServer start() {
		return TestServer.start(WebApplicationType.SERVLET, Shop.class,
				Stream
					.concat(Stream.of(TestServer.WITHOUT_SECURITY),
							Stream.of(Readme.properties(Readme.blocks("yaml").get(0))))
					.toArray(String[]::new));
	}

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
