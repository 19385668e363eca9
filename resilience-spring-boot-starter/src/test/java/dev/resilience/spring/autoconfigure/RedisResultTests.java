package dev.resilience.spring.autoconfigure;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.YearMonth;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Function;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.resilience.Trap;
import dev.resilience.idempotency.IdempotencyConflictException;
import dev.resilience.spring.annotation.Idempotent;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.http.ResponseEntity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

/**
 * The corners of results in a real Redis: each is replayed as it was, or there is an
 * error, and nothing runs twice.
 */
class RedisResultTests {

	@RegisterExtension
	private static final RedisServer redis = new RedisServer();

	@Test
	@Trap(32)
	void resultsShouldEqualWhatWasReturned() {
		Map<String, Function<Shapes, @Nullable Object>> calls = new LinkedHashMap<>();
		calls.put("list", (shapes) -> shapes.list("1"));
		calls.put("amounts", (shapes) -> shapes.amounts("1"));
		calls.put("anything", (shapes) -> shapes.anything("1"));
		calls.put("times", (shapes) -> shapes.times("1"));
		calls.put("statuses", (shapes) -> shapes.statuses("1"));
		calls.put("count", (shapes) -> shapes.count("1"));
		calls.put("flag", (shapes) -> shapes.flag("1"));
		calls.put("bytes", (shapes) -> shapes.bytes("1"));
		calls.put("done", (shapes) -> shapes.done("1"));
		calls.put("ending", (shapes) -> shapes.ending("1"));
		calls.put("endings", (shapes) -> shapes.endings("1"));
		calls.put("one", (shapes) -> shapes.one("1"));
		calls.put("all", (shapes) -> shapes.all("1"));
		calls.put("entity", (shapes) -> shapes.entity("1"));
		calls.put("monoFound", (shapes) -> shapes.monoFound("1").block());
		calls.put("monoMissing", (shapes) -> shapes.monoMissing("1").block());
		both(Shapes.class, (first, second) -> {
			assertThat(calls).allSatisfy((name, call) -> {
				Object returned = call.apply(first);
				assertThat(call.apply(second)).as(name).isNotNull().isEqualTo(returned);
			});
			assertThat(first.effects()).isEqualTo(calls.size());
			assertThat(second.effects()).isZero();
		});
	}

	@Test
	@Trap(32)
	void nothingShouldBeReplayedAsNothing() {
		both(Shapes.class, (first, second) -> {
			assertThat(first.monoVoid("1").blockOptional()).isEmpty();
			assertThat(second.monoVoid("1").blockOptional()).isEmpty();
			assertThat(first.monoEmpty("1").blockOptional()).isEmpty();
			assertThat(second.monoEmpty("1").blockOptional()).isEmpty();
			assertThat(first.futureVoid("1").join()).isNull();
			assertThat(second.futureVoid("1").join()).isNull();
			assertThat(first.effects()).isEqualTo(3);
			assertThat(second.effects()).isZero();
		});
	}

	@Test
	@Trap(28)
	void resultThatCannotBeWrittenShouldReachItsCallerAndNeverRunAgain() {
		Map<String, Function<Broken, Object>> calls = new LinkedHashMap<>();
		calls.put("throwing", (broken) -> broken.throwing("1"));
		calls.put("erroneous", (broken) -> broken.erroneous("1"));
		calls.put("deep", (broken) -> broken.deep("1"));
		calls.put("cyclic", (broken) -> broken.cyclic("1"));
		calls.put("opaque", (broken) -> broken.opaque("1"));
		calls.put("large", (broken) -> broken.large("1"));
		calls.put("later", (broken) -> broken.later("1").join());
		calls.put("mono", (broken) -> broken.mono("1").blockOptional().orElseThrow());
		calls.put("entity", (broken) -> broken.entity("1"));
		both(Broken.class, (first, second) -> {
			assertThat(calls).allSatisfy((name, call) -> {
				assertThat(call.apply(first)).as(name).isNotNull();
				assertThat(rejection(() -> call.apply(second))).as(name)
					.hasMessageContaining("its result was not kept");
				assertThat(rejection(() -> call.apply(first))).as(name).hasMessageContaining("its result was not kept");
			});
			assertThat(first.effects()).isEqualTo(calls.size());
			assertThat(second.effects()).isZero();
		});
	}

	@ParameterizedTest
	@ValueSource(classes = { Untold.class, Untolds.class, UntoldEntity.class })
	void interfaceThatSaysNothingOfItsTypesShouldBeRefusedAtStartUp(Class<?> service) {
		runner(service).run((context) -> assertThat(context).getFailure().hasStackTraceContaining("Choice"));
	}

	@Test
	void failedCallsShouldRunAgainElsewhere() {
		both(Calls.class, (first, second) -> {
			assertThatExceptionOfType(CompletionException.class).isThrownBy(() -> first.future("failing").join())
				.withCauseInstanceOf(IllegalStateException.class);
			assertThatIllegalStateException().isThrownBy(() -> first.mono("failing").block());
			assertThatExceptionOfType(CompletionException.class).isThrownBy(() -> second.future("failing").join());
			assertThatIllegalStateException().isThrownBy(() -> second.mono("failing").block());
			assertThat(first.effects()).isEqualTo(2);
			assertThat(second.effects()).isEqualTo(2);
		});
	}

	@Test
	@Trap(37)
	void cancelledCallsShouldNotRunAgain() {
		both(Calls.class, (first, second) -> {
			CompletableFuture<String> future = first.future("hanging");
			Disposable mono = first.mono("hanging").subscribe();
			await().untilAsserted(() -> assertThat(first.effects()).isEqualTo(2));
			future.cancel(true);
			mono.dispose();
			await().untilAsserted(() -> assertThat(rejection(() -> second.future("hanging").join()))
				.hasMessageContaining("nobody knows"));
			await().untilAsserted(() -> assertThat(rejection(() -> second.mono("hanging").block()))
				.hasMessageContaining("nobody knows"));
			assertThat(second.effects()).isZero();
		});
	}

	@Test
	void callsThatNeverCompleteShouldNotRunTwice() {
		both(Calls.class, (first, second) -> {
			CompletableFuture<String> future = first.future("endless");
			Disposable mono = first.mono("endless").subscribe();
			await().untilAsserted(() -> assertThat(first.effects()).isEqualTo(2));
			assertThat(rejection(() -> second.future("endless").join())).hasMessageContaining("still running");
			assertThat(rejection(() -> second.mono("endless").block())).hasMessageContaining("still running");
			assertThat(future).isNotDone();
			assertThat(mono.isDisposed()).isFalse();
			assertThat(second.effects()).isZero();
		});
	}

	private static IdempotencyConflictException rejection(ThrowingCallable call) {
		Throwable thrown = catchThrowable(call);
		Throwable rejection = (thrown instanceof CompletionException later) ? later.getCause() : thrown;
		if (rejection instanceof IdempotencyConflictException conflict) {
			return conflict;
		}
		throw new AssertionError("The call was not rejected", thrown);
	}

	private static <T> void both(Class<T> service, BiConsumer<T, T> test) {
		runner(service)
			.run((one) -> runner(service).run((other) -> test.accept(one.getBean(service), other.getBean(service))));
	}

	private static ApplicationContextRunner runner(Class<?> service) {
		return Contexts.onRedis(redis.uri(), service)
			.withPropertyValues("resilience.idempotency.in-flight-wait=0s",
					"resilience.idempotency.max-result-size=1KB");
	}

	record Receipt(String id, @Nullable BigDecimal amount) {
	}

	record Times(Instant instant, LocalDate date, LocalDateTime dateTime, OffsetDateTime offset, ZonedDateTime zoned,
			ZonedDateTime universal, Duration duration, YearMonth month) {
	}

	record Done() {
	}

	/** Two constants of one text. */
	enum Status {

		PAID, SETTLED;

		@Override
		public String toString() {
			return "ok";
		}

	}

	@JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
	sealed interface Ending permits Paid, Declined {

	}

	record Paid(long cents) implements Ending {
	}

	record Declined() implements Ending {
	}

	sealed interface Choice permits Left {

	}

	record Left(String id) implements Choice {
	}

	/** Counts what its methods do. */
	abstract static class Counting {

		private final AtomicInteger effects = new AtomicInteger();

		public int effects() {
			return this.effects.get();
		}

		<T> T effect(T result) {
			this.effects.getAndIncrement();
			return result;
		}

	}

	abstract static class Generic<T> extends Counting {

		abstract T make();

		@Idempotent(key = "#key", operation = "one")
		public T one(String key) {
			return effect(make());
		}

		@Idempotent(key = "#key", operation = "all")
		public List<T> all(String key) {
			return effect(List.of(make()));
		}

		@Idempotent(key = "#key", operation = "entity")
		public ResponseEntity<List<T>> entity(String key) {
			return effect(ResponseEntity.ok(List.of(make())));
		}

	}

	static class Shapes extends Generic<Receipt> {

		@Override
		Receipt make() {
			return new Receipt("made", null);
		}

		@Idempotent(key = "#key", operation = "list")
		public List<@Nullable Receipt> list(String key) {
			List<@Nullable Receipt> receipts = new ArrayList<>();
			receipts.add(new Receipt("a", new BigDecimal("10.50")));
			receipts.add(null);
			receipts.add(new Receipt("b", null));
			effect(receipts.size());
			return receipts;
		}

		@Idempotent(key = "#key", operation = "amounts")
		public Map<String, BigDecimal> amounts(String key) {
			return effect(Map.of("a", new BigDecimal("10.50"), "b", new BigDecimal("1E+3"), "c",
					new BigDecimal("12345678901234567890.12345678901234567890")));
		}

		@Idempotent(key = "#key", operation = "anything")
		public Map<String, Object> anything(String key) {
			return effect(Map.of("total", new BigDecimal("12345678901234567890.10"), "name", "a"));
		}

		@Idempotent(key = "#key", operation = "times")
		public Times times(String key) {
			return effect(new Times(Instant.parse("2026-02-03T04:05:06.123456789Z"), LocalDate.of(2026, 2, 28),
					LocalDateTime.of(2026, 2, 28, 23, 59), OffsetDateTime.parse("2026-07-01T10:00:00+02:00"),
					ZonedDateTime.parse("2026-07-01T10:00:00+02:00[Europe/Berlin]"),
					ZonedDateTime.parse("2026-07-01T10:00:00Z[UTC]"), Duration.ofNanos(1_500_000_001),
					YearMonth.of(2026, 2)));
		}

		@Idempotent(key = "#key", operation = "statuses")
		public Map<Status, Status> statuses(String key) {
			return effect(Map.of(Status.SETTLED, Status.SETTLED));
		}

		@Idempotent(key = "#key", operation = "count")
		public int count(String key) {
			return effect(42);
		}

		@Idempotent(key = "#key", operation = "flag")
		public boolean flag(String key) {
			return effect(true);
		}

		@Idempotent(key = "#key", operation = "bytes")
		public byte[] bytes(String key) {
			return effect(new byte[] { 0, -1, 127 });
		}

		@Idempotent(key = "#key", operation = "done")
		public Done done(String key) {
			return effect(new Done());
		}

		@Idempotent(key = "#key", operation = "ending")
		public Ending ending(String key) {
			return effect(new Declined());
		}

		@Idempotent(key = "#key", operation = "endings")
		public List<Ending> endings(String key) {
			return effect(List.of(new Paid(5), new Declined()));
		}

		@Idempotent(key = "#key", operation = "mono-found")
		public Mono<Optional<Receipt>> monoFound(String key) {
			return Mono.fromSupplier(() -> effect(Optional.of(make())));
		}

		@Idempotent(key = "#key", operation = "mono-missing")
		public Mono<Optional<Receipt>> monoMissing(String key) {
			return Mono.fromSupplier(() -> effect(Optional.empty()));
		}

		@Idempotent(key = "#key", operation = "mono-void")
		public Mono<Void> monoVoid(String key) {
			return Mono.fromRunnable(() -> effect(key));
		}

		@Idempotent(key = "#key", operation = "mono-empty")
		public Mono<Receipt> monoEmpty(String key) {
			return Mono.fromRunnable(() -> effect(key));
		}

		@Idempotent(key = "#key", operation = "future-void")
		public CompletableFuture<Void> futureVoid(String key) {
			return CompletableFuture.runAsync(() -> effect(key));
		}

	}

	record Throwing(String id) {

		@Override
		public String id() {
			if (!this.id.isEmpty()) {
				throw new IllegalStateException("no secret");
			}
			return this.id;
		}

	}

	record Erroneous(String id) {

		@Override
		public String id() {
			if (!this.id.isEmpty()) {
				throw new AssertionError("no secret");
			}
			return this.id;
		}

	}

	record Chain(@Nullable Chain next) {

		static Chain ofLength(int length) {
			Chain chain = new Chain(null);
			for (int i = 1; i < length; i++) {
				chain = new Chain(chain);
			}
			return chain;
		}

	}

	static class Node {

		private List<Node> neighbours = new ArrayList<>();

		public List<Node> getNeighbours() {
			return this.neighbours;
		}

		public void setNeighbours(List<Node> neighbours) {
			this.neighbours = neighbours;
		}

	}

	/** Shows nothing of what it holds. */
	static class Opaque {

		private String id = "empty";

		static Opaque of(String id) {
			Opaque opaque = new Opaque();
			opaque.id = id;
			return opaque;
		}

		@JsonIgnore
		boolean isEmpty() {
			return this.id.equals("empty");
		}

	}

	static class Broken extends Counting {

		@Idempotent(key = "#key", operation = "throwing")
		public Throwing throwing(String key) {
			return effect(new Throwing(key));
		}

		@Idempotent(key = "#key", operation = "erroneous")
		public Erroneous erroneous(String key) {
			return effect(new Erroneous(key));
		}

		@Idempotent(key = "#key", operation = "deep")
		public Chain deep(String key) {
			return effect(Chain.ofLength(100_000));
		}

		@Idempotent(key = "#key", operation = "cyclic")
		public Node cyclic(String key) {
			Node node = new Node();
			node.neighbours.add(node);
			return effect(node);
		}

		@Idempotent(key = "#key", operation = "opaque")
		public Opaque opaque(String key) {
			return effect(Opaque.of(key));
		}

		@Idempotent(key = "#key", operation = "large")
		public String large(String key) {
			return effect("a".repeat(2_000));
		}

		@Idempotent(key = "#key", operation = "erroneous-later")
		public CompletableFuture<Erroneous> later(String key) {
			return CompletableFuture.supplyAsync(() -> effect(new Erroneous(key)));
		}

		@Idempotent(key = "#key", operation = "erroneous-mono")
		public Mono<Erroneous> mono(String key) {
			return Mono.fromSupplier(() -> effect(new Erroneous(key)));
		}

		@Idempotent(key = "#key", operation = "erroneous-entity")
		public ResponseEntity<Erroneous> entity(String key) {
			return effect(ResponseEntity.ok(new Erroneous(key)));
		}

	}

	static class Untold {

		@Idempotent(key = "#key", operation = "untold")
		public Choice choice(String key) {
			return new Left(key);
		}

	}

	static class Untolds {

		@Idempotent(key = "#key", operation = "untolds")
		public Mono<Optional<List<Choice>>> choices(String key) {
			return Mono.just(Optional.of(List.of(new Left(key))));
		}

	}

	static class UntoldEntity {

		@Idempotent(key = "#key", operation = "untold-entity")
		public ResponseEntity<Choice> choice(String key) {
			return ResponseEntity.ok(new Left(key));
		}

	}

	static class Calls extends Counting {

		@Idempotent(key = "#key", operation = "future")
		public CompletableFuture<String> future(String key) {
			CompletableFuture<String> future = effect(new CompletableFuture<>());
			if (key.equals("failing")) {
				future.completeExceptionally(new IllegalStateException("declined"));
			}
			return future;
		}

		@Idempotent(key = "#key", operation = "mono")
		public Mono<String> mono(String key) {
			return Mono.defer(() -> effect(
					key.equals("failing") ? Mono.error(new IllegalStateException("declined")) : Mono.never()));
		}

	}

}
