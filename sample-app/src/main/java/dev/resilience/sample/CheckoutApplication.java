package dev.resilience.sample;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * Starts the checkout service.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class CheckoutApplication {

	/**
	 * Starts the service.
	 * @param args command line arguments
	 */
	public static void main(String[] args) {
		SpringApplication.run(CheckoutApplication.class, args);
	}

}
