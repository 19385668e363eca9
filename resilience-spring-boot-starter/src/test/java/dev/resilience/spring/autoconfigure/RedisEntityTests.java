package dev.resilience.spring.autoconfigure;

import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.Trap;
import dev.resilience.idempotency.IdempotencyConflictException;
import dev.resilience.idempotency.IdempotencyStoreException;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.RecordKey;
import dev.resilience.idempotency.store.ResultCodec;
import dev.resilience.spring.annotation.Idempotent;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.ResolvableType;
import org.springframework.core.io.Resource;
import org.springframework.http.HttpEntity;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Entities of Spring's web classes in a real Redis, as two instances of an application
 * see them.
 */
class RedisEntityTests {

	private static final List<String> HOSTILE = List.of("", "null", "true", "{}", "{\"status\":201,\"headers\":{}}",
			"{\"headers\":{},\"body\":{\"id\":\"a\",\"cents\":1}}",
			"{\"status\":null,\"headers\":{},\"body\":{\"id\":\"a\",\"cents\":1}}",
			"{\"status\":20,\"headers\":{},\"body\":{\"id\":\"a\",\"cents\":1}}",
			"{\"status\":201,\"headers\":null,\"body\":{\"id\":\"a\",\"cents\":1}}",
			"{\"status\":201,\"headers\":{\"Location\":[\"/\\r\\nSet-Cookie: a=b\"]},\"body\":{\"id\":\"a\",\"cents\":1}}",
			"{\"status\":201,\"headers\":{},\"body\":{\"id\":\"a\",\"cents\":1},\"more\":1}",
			"{\"status\":201,\"headers\":{},\"body\":{\"id\":\"a\",\"cents\":1,\"more\":1}}",
			"{\"status\":201,\"headers\":{},\"body\":{\"number\":\"a\",\"cents\":1}}",
			"{\"status\":201,\"headers\":{},\"body\":{\"id\":\"a\",\"cents\":1}} {}");

	@RegisterExtension
	private static final RedisServer redis = new RedisServer();

	@Test
	@Trap(32)
	void entitiesShouldBeReplayedByAnotherInstance() {
		runner(Desk.class).run((one) -> runner(Desk.class).run((other) -> {
			Desk first = one.getBean(Desk.class);
			Desk second = other.getBean(Desk.class);
			ResponseEntity<Receipt> created = first.created("1");
			assertThat(second.created("1")).isEqualTo(created);
			assertThat(created.getStatusCode()).isEqualTo(HttpStatus.CREATED);
			assertThat(created.getHeaders().getFirst("Location")).isEqualTo("/orders/1");
			assertThat(second.none("1")).isEqualTo(first.none("1")).isEqualTo(ResponseEntity.noContent().build());
			assertThat(second.odd("1")).isEqualTo(first.odd("1")).isEqualTo(ResponseEntity.status(299).body("odd"));
			assertThat(second.nothing("1")).isNull();
			assertThat(first.nothing("1")).isNull();
			HttpEntity<List<Receipt>> bare = first.bare("1");
			assertThat(second.bare("1")).isEqualTo(bare).hasSameClassAs(bare);
			assertThat(second.hidden("1")).isEqualTo(first.hidden("1")).isInstanceOf(ResponseEntity.class);
			assertThat(first.effects() + second.effects()).isEqualTo(5);
		}));
	}

	@Test
	@Trap(32)
	void laterEntitiesShouldBeReplayedInTheTypesOfTheirBodies() {
		runner(Desk.class).run((one) -> runner(Desk.class).run((other) -> {
			Desk first = one.getBean(Desk.class);
			Desk second = other.getBean(Desk.class);
			ResponseEntity<List<Receipt>> listed = first.listed("1").toCompletableFuture().join();
			assertThat(second.listed("1").toCompletableFuture().join()).isEqualTo(listed);
			ResponseEntity<Receipt> mono = first.mono("1").block();
			assertThat(second.mono("1").block()).isEqualTo(mono).isNotNull();
			assertThat(second.monoNone("1").block()).isEqualTo(first.monoNone("1").block())
				.isEqualTo(ResponseEntity.accepted().build());
			assertThat(first.effects() + second.effects()).isEqualTo(3);
		}));
	}

	@Test
	void onlyListedHeadersShouldBeReplayed() {
		runner(Desk.class).run((one) -> runner(Desk.class).run((other) -> {
			HttpHeaders first = one.getBean(Desk.class).secret("1").getHeaders();
			HttpHeaders replayed = other.getBean(Desk.class).secret("1").getHeaders();
			assertThat(first.headerNames()).contains("Set-Cookie", "Authorization", "X-Cost", "ETag");
			assertThat(replayed.headerNames()).containsExactly("ETag");
		}));
		runner(Desk.class).withPropertyValues("resilience.idempotency.http.stored-headers=x-cost")
			.run((one) -> runner(Desk.class).withPropertyValues("resilience.idempotency.http.stored-headers=X-Cost")
				.run((other) -> {
					one.getBean(Desk.class).secret("2");
					assertThat(other.getBean(Desk.class).secret("2").getHeaders().headerNames())
						.containsExactly("X-Cost");
				}));
	}

	@Test
	void secretsShouldNotBeWritten() throws Exception {
		Type type = ResolvableType.forClassWithGenerics(ResponseEntity.class, String.class).getType();
		ResultCodec codec = IdempotentJsonCodec.of("desk", type, List.of("ETag"));
		assertThat(new String(codec.encode(new Desk().secret("1")), StandardCharsets.UTF_8))
			.isEqualTo("{\"status\":200,\"headers\":{\"ETag\":[\"\\\"1\\\"\"]},\"body\":\"told\"}");
	}

	@ParameterizedTest
	@ValueSource(strings = { "Set-Cookie", "Authorization", "Content-Length" })
	void headerOfOneClientShouldBeRefused(String header) {
		runner(Desk.class).withPropertyValues("resilience.idempotency.http.stored-headers=" + header)
			.run((context) -> assertThat(context).getFailure().hasStackTraceContaining("must not be replayed"));
	}

	@Test
	@Trap(34)
	void bytesOfSomebodyElseShouldBeAClearErrorAndRunNothing() {
		runner(Desk.class).run((context) -> {
			Desk desk = context.getBean(Desk.class);
			assertThat(HOSTILE).allSatisfy((hostile) -> {
				String key = UUID.randomUUID().toString();
				put(context.getBean(IdempotencyStore.class), key, hostile);
				assertThatExceptionOfType(IdempotencyStoreException.class).isThrownBy(() -> desk.created(key))
					.withMessageContaining("its result cannot be read");
			});
			assertThat(desk.effects()).isZero();
		});
	}

	@Test
	@Trap(34)
	void headerThatIsNotListedShouldNotBeReadFromTheStore() {
		runner(Desk.class).run((context) -> {
			put(context.getBean(IdempotencyStore.class), "cookie",
					"{\"status\":201,\"headers\":{\"set-cookie\":[\"a=b\"],\"location\":[\"/a\"]},"
							+ "\"body\":{\"id\":\"a\",\"cents\":1}}");
			ResponseEntity<Receipt> read = context.getBean(Desk.class).created("cookie");
			assertThat(read.getHeaders().headerNames()).containsExactly("Location");
			assertThat(read.getBody()).isEqualTo(new Receipt("a", 1));
		});
	}

	@Test
	@Trap(28)
	void entityThatCouldNotBeMadeAgainShouldNotRunAgain() {
		runner(Desk.class).run((context) -> {
			Desk desk = context.getBean(Desk.class);
			assertThat(desk.own("1")).isInstanceOf(Own.class);
			assertThatExceptionOfType(IdempotencyConflictException.class).isThrownBy(() -> desk.own("1"))
				.withMessageContaining("not kept");
			assertThat(desk.effects()).isOne();
		});
	}

	@ParameterizedTest
	@ValueSource(classes = { Any.class, Unknown.class, Raw.class, LaterAny.class })
	void entityThatSaysNothingOfItsBodyShouldBeRefusedAtStartUp(Class<?> service) {
		runner(service).run((context) -> assertThat(context).getFailure()
			.hasStackTraceContaining("Object says nothing of what to read")
			.hasStackTraceContaining("ResponseEntity"));
	}

	@Test
	void entityWhoseBodyCannotBeReadShouldBeRefusedAtStartUp() {
		runner(Download.class).run((context) -> assertThat(context).getFailure()
			.hasStackTraceContaining("ResponseEntity<org.springframework.core.io.Resource>, cannot be read"));
	}

	private static void put(IdempotencyStore store, String key, String json) {
		RecordKey record = new RecordKey(null, null, "created", key);
		UUID owner = UUID.randomUUID();
		store.claim(record, owner, null, Duration.ofSeconds(30), Duration.ofHours(1)).toCompletableFuture().join();
		store.complete(record, owner, null, ("V" + json).getBytes(StandardCharsets.UTF_8), Duration.ofHours(1))
			.toCompletableFuture()
			.join();
	}

	private static ApplicationContextRunner runner(Class<?> service) {
		return Contexts.onRedis(redis.uri(), service);
	}

	record Receipt(String id, long cents) {
	}

	static class Own<T> extends ResponseEntity<T> {

		Own(T body) {
			super(body, HttpStatus.OK);
		}

	}

	static class Desk {

		private final AtomicInteger effects = new AtomicInteger();

		public int effects() {
			return this.effects.get();
		}

		private Receipt receipt(String key) {
			return new Receipt(key + "-" + this.effects.incrementAndGet(), Long.MAX_VALUE);
		}

		@Idempotent(key = "#key", operation = "created")
		public ResponseEntity<Receipt> created(String key) {
			return ResponseEntity.status(HttpStatus.CREATED)
				.header("Location", "/orders/" + key)
				.header("Link", "</a>", "</b>")
				.body(receipt(key));
		}

		@Idempotent(key = "#key", operation = "none")
		public ResponseEntity<Void> none(String key) {
			this.effects.getAndIncrement();
			return ResponseEntity.noContent().build();
		}

		@Idempotent(key = "#key", operation = "odd")
		public ResponseEntity<String> odd(String key) {
			this.effects.getAndIncrement();
			return ResponseEntity.status(299).body("odd");
		}

		@Idempotent(key = "#key", operation = "nothing")
		public @Nullable ResponseEntity<Receipt> nothing(String key) {
			this.effects.getAndIncrement();
			return null;
		}

		@Idempotent(key = "#key", operation = "bare")
		public HttpEntity<List<Receipt>> bare(String key) {
			return new HttpEntity<>(List.of(receipt(key)));
		}

		@Idempotent(key = "#key", operation = "hidden")
		public HttpEntity<Receipt> hidden(String key) {
			return ResponseEntity.accepted().body(new Receipt(key, 1));
		}

		@Idempotent(key = "#key", operation = "listed")
		public CompletionStage<ResponseEntity<List<Receipt>>> listed(String key) {
			return CompletableFuture.supplyAsync(() -> ResponseEntity.ok(List.of(receipt(key))));
		}

		@Idempotent(key = "#key", operation = "mono")
		public Mono<ResponseEntity<Receipt>> mono(String key) {
			return Mono.fromSupplier(() -> ResponseEntity.ok(receipt(key)));
		}

		@Idempotent(key = "#key", operation = "mono-none")
		public Mono<ResponseEntity<Void>> monoNone(String key) {
			this.effects.getAndIncrement();
			return Mono.just(ResponseEntity.accepted().build());
		}

		@Idempotent(key = "#key", operation = "secret")
		public ResponseEntity<String> secret(String key) {
			return ResponseEntity.ok()
				.header("Set-Cookie", "session=secret")
				.header("Authorization", "Bearer secret")
				.header("X-Cost", "1")
				.eTag(key)
				.body("told");
		}

		@Idempotent(key = "#key", operation = "own")
		public ResponseEntity<Receipt> own(String key) {
			return new Own<>(receipt(key));
		}

	}

	static class Any {

		@Idempotent(key = "#key", operation = "any")
		public ResponseEntity<Object> any(String key) {
			return ResponseEntity.ok(key);
		}

	}

	static class Unknown {

		@Idempotent(key = "#key", operation = "unknown")
		public ResponseEntity<?> unknown(String key) {
			return ResponseEntity.ok(key);
		}

	}

	static class Raw {

		@SuppressWarnings("rawtypes")
		@Idempotent(key = "#key", operation = "raw")
		public ResponseEntity raw(String key) {
			return ResponseEntity.ok(key);
		}

	}

	static class LaterAny {

		@Idempotent(key = "#key", operation = "later-any")
		public Mono<ResponseEntity<?>> later(String key) {
			return Mono.just(ResponseEntity.ok(key));
		}

	}

	static class Download {

		@Idempotent(key = "#key", operation = "download")
		public @Nullable ResponseEntity<Resource> download(String key) {
			return null;
		}

	}

}
