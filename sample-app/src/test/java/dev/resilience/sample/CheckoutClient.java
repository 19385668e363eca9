package dev.resilience.sample;

import java.util.Map;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.client.RestTestClient;
import org.springframework.test.web.servlet.client.RestTestClient.ResponseSpec;

/**
 * Talks to the sample over HTTP.
 */
class CheckoutClient {

	private final RestTestClient client;

	CheckoutClient(int port) {
		this.client = RestTestClient.bindToServer().baseUrl("http://127.0.0.1:" + port).build();
	}

	static String anyKey() {
		return UUID.randomUUID().toString();
	}

	ResponseSpec get(String path) {
		return this.client.get().uri(path).exchange();
	}

	ResponseSpec post(String path, Object body) {
		return post(path, anyKey(), body);
	}

	ResponseSpec place(@Nullable String key, String customer, String sku, int quantity) {
		return post("/orders", key, Map.of("customerId", customer, "sku", sku, "quantity", quantity));
	}

	ResponseSpec act(String policy, Map<String, String> order) {
		return post("/actuator/" + policy, order);
	}

	void simulate(double failureRate, long latencyMs) {
		post("/simulator", Map.of("failureRate", failureRate, "latencyMs", latencyMs)).expectStatus().isOk();
	}

	long charges() {
		Simulator.State state = get("/simulator").returnResult(Simulator.State.class).getResponseBody();
		return (state != null) ? state.charges() : -1;
	}

	private ResponseSpec post(String path, @Nullable String key, Object body) {
		return this.client.post().uri(path).contentType(MediaType.APPLICATION_JSON).headers((headers) -> {
			if (key != null) {
				headers.set("Idempotency-Key", key);
			}
		}).body(body).exchange();
	}

}
