package dev.resilience.spring.web.idempotency;

import java.io.IOException;

import dev.resilience.idempotency.IdempotencyContext;

import org.springframework.http.HttpRequest;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;

/**
 * Gives requests of a {@code RestClient} or {@code RestTemplate} that are made within an
 * idempotent call an {@code Idempotency-Key} of their own, the same in every execution of
 * that call. Thread-safe.
 * <p>
 * The key is derived from the call's key, the method and the address, so a second request
 * to one address within a call needs a header that the caller sets: a header that is set
 * stays.
 */
public final class IdempotencyKeyInterceptor implements ClientHttpRequestInterceptor {

	static final String HEADER = "Idempotency-Key";

	/**
	 * Creates an interceptor.
	 */
	public IdempotencyKeyInterceptor() {
	}

	@Override
	public ClientHttpResponse intercept(HttpRequest request, byte[] body, ClientHttpRequestExecution execution)
			throws IOException {
		if (!request.getHeaders().containsHeader(HEADER)) {
			IdempotencyContext.current()
				.ifPresent((call) -> request.getHeaders()
					.set(HEADER, call.deriveKey(request.getMethod() + " " + request.getURI())));
		}
		return execution.execute(request, body);
	}

}
