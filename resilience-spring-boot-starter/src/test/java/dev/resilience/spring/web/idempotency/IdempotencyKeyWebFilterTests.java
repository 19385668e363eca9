package dev.resilience.spring.web.idempotency;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.time.TimeSource;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpStatus;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the WebFlux filter reads of a request that it refuses.
 */
class IdempotencyKeyWebFilterTests {

	private static final int LIMIT = 100;

	@Test
	void refusalOfABodyWithoutEndShouldComeAfterAsMuchAsABodyMayHave() {
		AtomicInteger read = new AtomicInteger();
		// Far beyond the limit; without an end the fault would keep the test from one
		// too.
		Flux<DataBuffer> body = Flux.range(0, 10_000)
			.doOnNext((number) -> read.incrementAndGet())
			.map((number) -> DefaultDataBufferFactory.sharedInstance.wrap(new byte[10]));
		MockServerWebExchange exchange = MockServerWebExchange
			.from(MockServerHttpRequest.post("/orders").header("Idempotency-Key", "").body(body));
		filter().filter(exchange, (passed) -> Mono.error(new AssertionError("The request passed")))
			.block(Duration.ofSeconds(10));
		assertThat(exchange.getResponse().getStatusCode()).isEqualTo(HttpStatus.BAD_REQUEST);
		assertThat(read).hasValue(LIMIT / 10 + 1);
	}

	private static IdempotencyKeyWebFilter filter() {
		IdempotencyHttpRules rules = new IdempotencyHttpRules(Set.of("POST"), List.of("/**"), List.of(), false,
				"Idempotency-Key", LIMIT, LIMIT, new StoredHeaders(List.of()));
		TimeSource time = TimeSource.system();
		IdempotentOperation operation = new IdempotentOperation("http", IdempotencyConfig.builder().build(),
				new MemoryIdempotencyStore(time), time);
		return new IdempotencyKeyWebFilter(new HttpIdempotency(operation, rules), 0, () -> (exchange, failure) -> Mono
			.fromRunnable(() -> exchange.getResponse().setStatusCode(HttpStatus.BAD_REQUEST)), List::of);
	}

}
