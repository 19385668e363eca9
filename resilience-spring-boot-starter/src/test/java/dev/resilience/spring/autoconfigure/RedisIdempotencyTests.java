package dev.resilience.spring.autoconfigure;

import java.lang.reflect.Type;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.resilience.Trap;
import dev.resilience.idempotency.Idempotency;
import dev.resilience.idempotency.IdempotencyConflictException;
import dev.resilience.idempotency.IdempotencyStoreException;
import dev.resilience.idempotency.IdempotencyRecords.Open;
import dev.resilience.idempotency.TypedOperation;
import dev.resilience.idempotency.TypedOperation.Found;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.IdempotencyStore.Status;
import dev.resilience.idempotency.store.IdempotencyStore.StoredRecord;
import dev.resilience.redis.RedisIdempotencyStore;
import dev.resilience.redis.RedisLink;
import dev.resilience.redis.RedisProcess;
import dev.resilience.spring.actuate.RedisHealthIndicator;
import dev.resilience.spring.actuate.ResilienceHealthIndicator;
import dev.resilience.spring.annotation.Idempotent;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.ParameterizedTypeReference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Results in a real Redis, as two instances of an application see them.
 */
class RedisIdempotencyTests {

	@RegisterExtension
	private static final RedisServer redis = new RedisServer();

	@Test
	@Trap(32)
	void resultsShouldBeReplayedByAnotherInstanceInTheMethodsOwnType() {
		runner(Shop.class).run((one) -> runner(Shop.class).run((other) -> {
			Shop first = one.getBean(Shop.class);
			Shop second = other.getBean(Shop.class);
			assertThat(one.getBean(IdempotencyStore.class)).isInstanceOf(RedisIdempotencyStore.class);
			Receipt receipt = first.order("1");
			assertThat(second.order("1")).isEqualTo(receipt);
			assertThat(second.found("1")).contains(new Receipt("found", List.of(1L)));
			assertThat(first.found("1")).contains(new Receipt("found", List.of(1L)));
			assertThat(first.missing("1")).isEmpty();
			assertThat(second.missing("1")).isEmpty();
			assertThat(first.nothing("1")).isNull();
			assertThat(second.nothing("1")).isNull();
			first.perform("1");
			second.perform("1");
			assertThat(first.byName("1")).containsEntry("a", new Receipt("a", List.of(2L)));
			assertThat(second.byName("1")).containsEntry("a", new Receipt("a", List.of(2L)));
			assertThat(first.later("1").join()).isEqualTo(second.later("1").join());
			assertThat(first.mono("1").block()).isEqualTo(second.mono("1").block());
			assertThat(second.effects()).isZero();
			assertThat(first.effects()).isEqualTo(7);
		}));
	}

	@Test
	void resultsOfTheProgramsOwnOperationsShouldBeReplayedByAnotherInstance() {
		runner(Shop.class).run((one) -> runner(Shop.class).run((other) -> {
			Idempotency first = one.getBean(Idempotency.class);
			Idempotency second = other.getBean(Idempotency.class);
			Type listed = new ParameterizedTypeReference<List<Receipt>>() {
			}.getType();
			TypedOperation<List<Receipt>> list = first.operation("list", listed);
			TypedOperation<List<Receipt>> sameList = second.operation("list", listed);
			List<Receipt> receipts = List.of(new Receipt("1", List.of(Long.MAX_VALUE)));
			assertThat(list.execute("1", null, () -> receipts)).isEqualTo(receipts);
			assertThat(sameList.execute("1", null, List::of)).isEqualTo(receipts);
			assertThat(sameList.lookup("1").flatMap(Found::result)).contains(receipts);
			assertThat(first.execute("answer", "1", int.class, () -> 42)).isEqualTo(42);
			assertThat(second.executeAsync("answer", "1", int.class, () -> CompletableFuture.completedFuture(7))
				.toCompletableFuture()
				.join()).isEqualTo(42);
			assertThat(second.lookup("answer", "1", int.class).flatMap(Found::result)).contains(42);
			assertThat(second.forget("answer", "1")).isTrue();
			assertThat(first.lookup("answer", "1", int.class)).isEmpty();
		}));
	}

	@Test
	void openRecordsShouldBeTheSameOnEveryInstanceThatKnowsOfThem() {
		runner(Shop.class).run((one) -> runner(Shop.class).run((other) -> {
			TypedOperation<String> first = one.getBean(Idempotency.class).operation("open", String.class);
			TypedOperation<String> second = other.getBean(Idempotency.class).operation("open", String.class);
			for (int key = 0; key < 100; key++) {
				String name = "key " + key;
				assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> first.execute(name, null, () -> {
					throw new TimeoutException();
				}));
			}
			Open open = first.policy().records().open();
			assertThat(open.failure()).isNull();
			assertThat(open.records()).hasSize(100);
			assertThat(open.records().values()).allMatch((record) -> record.status() == Status.ABANDONED);
			assertThat(second.policy().records().open().records()).isEmpty();
			assertThat(second.lookup("key 7")).hasValueSatisfying((found) -> {
				assertThat(found.status()).isEqualTo(Status.ABANDONED);
				assertThat(found.failure()).isNull();
			});
			assertThatExceptionOfType(IdempotencyConflictException.class)
				.isThrownBy(() -> second.execute("key 7", null, () -> "receipt"));
			Map.Entry<String, StoredRecord> seen = second.policy()
				.records()
				.open()
				.records()
				.entrySet()
				.iterator()
				.next();
			assertThat(open.records().get(seen.getKey())).extracting(StoredRecord::owner)
				.isEqualTo(seen.getValue().owner());
			assertThat(second.policy().records().release(seen.getKey(), seen.getValue().owner())).isTrue();
			assertThat(second.policy().records().open().records()).isEmpty();
			assertThat(first.policy().records().open().records()).hasSize(99).doesNotContainKey(seen.getKey());
		}));
	}

	@Test
	void lookupOfResultOfAnotherShapeShouldTellWhy() {
		runner(Shop.class)
			.run((context) -> context.getBean(Idempotency.class).execute("form", "1", Old.class, () -> new Old("1")));
		runner(Shop.class).run((context) -> {
			Found<New> found = context.getBean(Idempotency.class)
				.operation("form", New.class)
				.lookup("1")
				.orElseThrow();
			assertThat(found.status()).isEqualTo(Status.COMPLETED);
			assertThat(found.result()).isEmpty();
			assertThat(found.failure()).isInstanceOf(IdempotencyStoreException.class)
				.hasMessageContaining("cannot be read");
		});
	}

	@Test
	void typeOfTheProgramsOwnOperationThatCannotBeStoredShouldBeRefused() {
		runner(Shop.class).run((context) -> {
			Idempotency idempotency = context.getBean(Idempotency.class);
			assertThatIllegalArgumentException().isThrownBy(() -> idempotency.operation("vague", Object.class))
				.withMessageContaining("Object says nothing of what to read");
			assertThatIllegalArgumentException()
				.isThrownBy(() -> idempotency.execute("chosen", "1", Chosen.class, () -> new Chosen() {
				}))
				.withMessageContaining("the results of 'chosen'");
		});
		runner(Plain.class).withClassLoader(new FilteredClassLoader("tools.jackson"))
			.run((context) -> assertThatIllegalArgumentException()
				.isThrownBy(() -> context.getBean(Idempotency.class).operation("charge", String.class))
				.withMessageContaining("Add the dependency tools.jackson.core:jackson-databind"));
	}

	@Test
	@Trap(28)
	void resultThatCannotBeWrittenShouldReachTheCallerAndNeverRunAgain() {
		runner(Loops.class).run((context) -> {
			Loops loops = context.getBean(Loops.class);
			assertThat(loops.loop("1")).isNotNull();
			assertThatExceptionOfType(IdempotencyConflictException.class).isThrownBy(() -> loops.loop("1"))
				.withMessageContaining("not kept");
			assertThat(loops.effects()).isOne();
		});
	}

	@Test
	@Trap(34)
	void classThatTheDataNamesShouldNotBeFollowed() {
		runner(Named.class).run((context) -> {
			assertThat(context).hasFailed();
			assertThat(context.getStartupFailure()).rootCause().hasMessageContaining("Configured");
		});
	}

	@Test
	void resultOfAnotherShapeShouldBeAnErrorAndRunNothing() {
		runner(Older.class).run((context) -> context.getBean(Older.class).order("shape"));
		runner(Newer.class).run((context) -> {
			Newer newer = context.getBean(Newer.class);
			assertThatExceptionOfType(IdempotencyStoreException.class).isThrownBy(() -> newer.order("shape"))
				.withMessageContaining("cannot be read")
				.havingCause()
				.withMessageStartingWith(
						"What is stored does not fit " + New.class.getName() + ": the type has changed")
				.withMessageContaining("forget the key if its call may run again");
			assertThat(newer.effects()).isZero();
		});
	}

	@Test
	void healthShouldWarnOfAServerThatEvictsOrIsAway() throws Exception {
		try (RedisProcess evicting = new RedisProcess("maxmemory-policy allkeys-lru")) {
			RedisLink link = RedisLink.to(evicting.uri(), Duration.ofSeconds(2));
			assertThat(new RedisHealthIndicator(link).health().getDetails())
				.containsEntry("maxmemoryPolicy", "allkeys-lru")
				.containsKey("warning");
			evicting.stop();
			Health away = new RedisHealthIndicator(link).health();
			assertThat(away.getStatus()).isEqualTo(ResilienceHealthIndicator.DEGRADED);
			assertThat(away.getDetails()).containsKey("error");
			assertThat(away.getDetails().toString()).contains("cannot be used");
			link.close();
		}
		runner(Shop.class).run((context) -> assertThat(context.getBean(RedisHealthIndicator.class).health())
			.isEqualTo(Health.up().withDetail("maxmemoryPolicy", "noeviction").build()));
	}

	@Test
	void typeThatSaysNothingShouldBeRefusedAtStartUp() {
		runner(Vague.class).run((context) -> assertThat(context).getFailure()
			.hasStackTraceContaining("Object says nothing of what to read"));
	}

	@Test
	void storeWithoutAnAddressShouldBeRefused() {
		bare().withUserConfiguration(Shop.class)
			.withPropertyValues("resilience.idempotency.store=redis")
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("resilience.redis: there is neither 'url' nor 'nodes'"));
	}

	@Test
	void storeWithoutLettuceShouldBeRefused() {
		bare().withClassLoader(new FilteredClassLoader("io.lettuce"))
			.withPropertyValues("resilience.idempotency.store=redis")
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("'store' is redis but Lettuce is not on the class path"));
	}

	@Test
	void passwordInAWrongAddressShouldNotBeTold() {
		bare().withUserConfiguration(Shop.class)
			.withPropertyValues("resilience.idempotency.store=redis",
					"resilience.redis.url=nonsense://user:secret@host")
			.run((context) -> assertThat(context).getFailure()
				.satisfies((failure) -> assertThat(failure).hasStackTraceContaining("'url' is no address of Redis"))
				.extracting(RedisIdempotencyTests::trace)
				.asString()
				.doesNotContain("secret"));
	}

	private static String trace(Throwable failure) {
		StringBuilder text = new StringBuilder();
		for (Throwable each = failure; each != null; each = each.getCause()) {
			text.append(each);
		}
		return text.toString();
	}

	private static ApplicationContextRunner bare() {
		return new ApplicationContextRunner().withConfiguration(Contexts.ours());
	}

	private static ApplicationContextRunner runner(Class<?> service) {
		return Contexts.onRedis(redis.uri(), service);
	}

	record Receipt(String id, List<Long> positions) {
	}

	static class Shop {

		private final AtomicInteger effects = new AtomicInteger();

		public int effects() {
			return this.effects.get();
		}

		@Idempotent(key = "#key", operation = "order")
		public Receipt order(String key) {
			return new Receipt(key + "-" + this.effects.incrementAndGet(), List.of(3L, Long.MAX_VALUE));
		}

		@Idempotent(key = "#key", operation = "found")
		public Optional<Receipt> found(String key) {
			return Optional.of(new Receipt("found", List.of(1L)));
		}

		@Idempotent(key = "#key", operation = "missing")
		public Optional<Receipt> missing(String key) {
			this.effects.getAndIncrement();
			return Optional.empty();
		}

		@Idempotent(key = "#key", operation = "nothing")
		public @Nullable Receipt nothing(String key) {
			this.effects.getAndIncrement();
			return null;
		}

		@Idempotent(key = "#key", operation = "perform")
		public void perform(String key) {
			this.effects.getAndIncrement();
		}

		@Idempotent(key = "#key", operation = "by-name")
		public Map<String, Receipt> byName(String key) {
			this.effects.getAndIncrement();
			return Map.of("a", new Receipt("a", List.of(2L)));
		}

		@Idempotent(key = "#key", operation = "later")
		public CompletableFuture<Receipt> later(String key) {
			return CompletableFuture.completedFuture(new Receipt(key, List.of((long) this.effects.incrementAndGet())));
		}

		@Idempotent(key = "#key", operation = "mono")
		public Mono<Receipt> mono(String key) {
			return Mono.just(new Receipt(key, List.of((long) this.effects.incrementAndGet())));
		}

	}

	static class Plain {

	}

	static class Loop {

		private Loop self = this;

		public Loop getSelf() {
			return this.self;
		}

		public void setSelf(Loop self) {
			this.self = self;
		}

	}

	static class Loops {

		private final AtomicInteger effects = new AtomicInteger();

		public int effects() {
			return this.effects.get();
		}

		@Idempotent(key = "#key", operation = "loop")
		public Loop loop(String key) {
			this.effects.getAndIncrement();
			return new Loop();
		}

	}

	@JsonTypeInfo(use = JsonTypeInfo.Id.CLASS)
	interface Chosen {

	}

	static class Named {

		@Idempotent(key = "#key", operation = "named")
		public Chosen chosen(String key) {
			return new Chosen() {
			};
		}

	}

	record Old(String id) {
	}

	record New(String number) {
	}

	static class Older {

		@Idempotent(key = "#key", operation = "shape")
		public Old order(String key) {
			return new Old(key);
		}

	}

	static class Newer {

		private final AtomicInteger effects = new AtomicInteger();

		public int effects() {
			return this.effects.get();
		}

		@Idempotent(key = "#key", operation = "shape")
		public New order(String key) {
			this.effects.getAndIncrement();
			return new New(key);
		}

	}

	static class Vague {

		@Idempotent(key = "#key", operation = "vague")
		public Object anything(String key) {
			return key;
		}

	}

}
