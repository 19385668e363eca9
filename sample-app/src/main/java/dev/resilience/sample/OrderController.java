package dev.resilience.sample;

import dev.resilience.CallTimeoutException;
import dev.resilience.idempotency.IdempotencyContext;
import dev.resilience.sample.Order.InvalidOrderException;
import dev.resilience.sample.Payments.CardDeclinedException;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClientException;

/**
 * Takes orders over HTTP. Rejections need nothing here, but for one: the starter answers
 * them with problem details.
 */
@RestController
class OrderController {

	private final Checkout checkout;

	OrderController(Checkout checkout) {
		this.checkout = checkout;
	}

	@PostMapping("/orders")
	ResponseEntity<Receipt> place(@RequestHeader(name = "Idempotency-Key", required = false) @Nullable String key,
			@RequestBody Order order) {
		Receipt receipt = this.checkout.place(key, order);
		return ResponseEntity.status(HttpStatus.CREATED)
			.header("Idempotent-Replayed", Boolean.toString(IdempotencyContext.replayed()))
			.body(receipt);
	}

	@ExceptionHandler
	ProblemDetail failed(RestClientException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_GATEWAY, "The payment provider failed");
	}

	/**
	 * The call that a timeout stopped is its cause, so {@link #failed} would answer it
	 * too.
	 */
	@ExceptionHandler
	ProblemDetail late(CallTimeoutException ex) {
		ProblemDetail problem = ProblemDetail.forStatusAndDetail(HttpStatus.GATEWAY_TIMEOUT,
				"The payment provider took too long");
		problem.setProperty("reason", ex.reason());
		return problem;
	}

	@ExceptionHandler
	ProblemDetail declined(CardDeclinedException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.PAYMENT_REQUIRED, "The card was declined");
	}

	@ExceptionHandler
	ProblemDetail unreadable(HttpMessageNotReadableException ex) {
		String detail = (ex.getMostSpecificCause() instanceof InvalidOrderException invalid)
				? String.valueOf(invalid.getMessage())
				: "The body must be JSON like {\"customerId\":\"alice\",\"sku\":\"book\",\"quantity\":1}";
		return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, detail);
	}

}
