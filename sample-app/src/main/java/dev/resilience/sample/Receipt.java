package dev.resilience.sample;

import java.math.BigDecimal;

/**
 * What a customer gets for an order.
 *
 * @param orderId the order
 * @param paymentId the charge at the payment provider
 * @param amount what was charged
 */
public record Receipt(String orderId, String paymentId, BigDecimal amount) {
}
