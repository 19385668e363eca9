package dev.resilience.sample;

import java.math.BigDecimal;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What a customer asks for.
 *
 * @param customerId who buys
 * @param sku what is bought
 * @param quantity how many
 */
public record Order(String customerId, String sku, int quantity) {

	private static final Map<String, BigDecimal> PRICES = Map.of("book", new BigDecimal("12.50"), "lamp",
			new BigDecimal("40.00"));

	/**
	 * Creates an order.
	 * @throws InvalidOrderException when it cannot be fulfilled
	 */
	public Order(@Nullable String customerId, @Nullable String sku, int quantity) {
		this.customerId = require(customerId, "customerId");
		this.sku = require(sku, "sku");
		this.quantity = quantity;
		if (!PRICES.containsKey(this.sku)) {
			throw new InvalidOrderException("'sku' must be one of " + PRICES.keySet().stream().sorted().toList());
		}
		if (quantity < 1 || quantity > 100) {
			throw new InvalidOrderException("'quantity' is " + quantity + " but must be from 1 to 100");
		}
	}

	BigDecimal amount() {
		BigDecimal price = PRICES.getOrDefault(this.sku, BigDecimal.ZERO);
		return price.multiply(BigDecimal.valueOf(this.quantity));
	}

	private static String require(@Nullable String value, String field) {
		if (value == null || value.isBlank() || value.length() > 64) {
			throw new InvalidOrderException("'" + field + "' must be a text of 1 to 64 characters");
		}
		return value;
	}

	/**
	 * An order that cannot be fulfilled.
	 */
	static class InvalidOrderException extends IllegalArgumentException {

		private static final long serialVersionUID = 1L;

		InvalidOrderException(String message) {
			super(message);
		}

	}

}
