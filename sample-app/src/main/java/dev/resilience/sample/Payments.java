package dev.resilience.sample;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Map;

import dev.resilience.spring.annotation.Bulkheaded;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.Retrying;
import dev.resilience.spring.annotation.TimeLimited;

import org.springframework.core.env.Environment;
import org.springframework.http.HttpStatus;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.stereotype.Component;
import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.client.RestClient;

/**
 * The payment provider, as the checkout sees it: a call over HTTP that may fail, behind a
 * circuit breaker. A declined card is an answer, not a failure of the provider. Only a
 * provider that says that it was too busy is asked again: any other failure may have come
 * after the charge.
 */
@Component
public class Payments {

	private final Environment environment;

	private final RestClient client;

	Payments(Environment environment) {
		this.environment = environment;
		JdkClientHttpRequestFactory requests = new JdkClientHttpRequestFactory(
				HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build());
		requests.setReadTimeout(Duration.ofSeconds(5));
		this.client = RestClient.builder().requestFactory(requests).build();
	}

	/**
	 * Charges a customer.
	 * @param order what for
	 * @return the charge's id
	 */
	@Retrying("payments")
	@CircuitProtected("payments")
	@Bulkheaded("payments")
	@TimeLimited("payments")
	public String charge(Order order) {
		try {
			Charge charge = this.client.post()
				.uri("http://127.0.0.1:{port}/provider/charges", this.environment.getProperty("local.server.port"))
				.body(Map.of("customerId", order.customerId(), "amount", order.amount()))
				.retrieve()
				.body(Charge.class);
			if (charge == null) {
				throw new IllegalStateException("The payment provider answered nothing");
			}
			return charge.paymentId();
		}
		catch (HttpClientErrorException ex) {
			if (ex.getStatusCode() == HttpStatus.PAYMENT_REQUIRED) {
				throw new CardDeclinedException();
			}
			throw ex;
		}
	}

	/**
	 * What the provider answers.
	 *
	 * @param paymentId the charge's id
	 */
	record Charge(String paymentId) {
	}

	/**
	 * The customer's card was declined.
	 */
	static class CardDeclinedException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		CardDeclinedException() {
			super("The card was declined");
		}

	}

}
