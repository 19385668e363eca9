package dev.resilience.spring.web.idempotency;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.time.TimeSource;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpStatus;
import org.springframework.mock.http.client.MockClientHttpResponse;
import org.springframework.web.client.RestClient;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

class OutgoingKeyTests {

	private final List<String> sent = Collections.synchronizedList(new ArrayList<>());

	private final RestClient rest = RestClient.builder()
		.requestInterceptor(new IdempotencyKeyInterceptor())
		.requestInterceptor((request, body, execution) -> {
			this.sent.add(String.valueOf(request.getHeaders().getFirst("Idempotency-Key")));
			return new MockClientHttpResponse(new byte[0], HttpStatus.OK);
		})
		.build();

	private final WebClient reactive = WebClient.builder()
		.filter(new IdempotencyKeyFilterFunction())
		.exchangeFunction((request) -> {
			this.sent.add(String.valueOf(request.headers().getFirst("Idempotency-Key")));
			return Mono.just(ClientResponse.create(HttpStatus.OK).build());
		})
		.build();

	@Test
	void requestsWithinAnIdempotentCallShouldHaveAKeyOfTheirOwnThatEveryExecutionRepeats() throws Exception {
		for (int execution = 0; execution < 2; execution++) {
			IdempotentOperation pay = operation();
			pay.execute("secret", null, () -> get("https://bank/charge") && get("https://bank/notify"));
			pay.executeAsync("reactive", null,
					() -> this.reactive.get().uri("https://bank/charge").retrieve().toBodilessEntity().toFuture())
				.toCompletableFuture()
				.join();
		}
		assertThat(this.sent).hasSize(6).doesNotContain("null").noneMatch((key) -> key.contains("secret"));
		assertThat(this.sent.subList(0, 3)).doesNotHaveDuplicates().isEqualTo(this.sent.subList(3, 6));
	}

	@Test
	void requestsOutsideAndThoseWithAKeyShouldStayAsTheyAre() throws Exception {
		get("https://bank/charge");
		operation().execute("key", null,
				() -> this.rest.get()
					.uri("https://bank/charge")
					.header("Idempotency-Key", "own")
					.retrieve()
					.toBodilessEntity());
		assertThat(this.sent).containsExactly("null", "own");
	}

	private boolean get(String uri) {
		this.rest.get().uri(uri).retrieve().toBodilessEntity();
		return true;
	}

	private static IdempotentOperation operation() {
		return new IdempotentOperation("pay", IdempotencyConfig.builder().build(),
				new MemoryIdempotencyStore(TimeSource.system()), TimeSource.system());
	}

}
