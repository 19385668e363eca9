package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.resilience.Trap;
import dev.resilience.idempotency.IdempotencyConflictException;
import dev.resilience.idempotency.IdempotencyStoreException;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.redis.RedisIdempotencyStore;
import dev.resilience.redis.RedisLink;
import dev.resilience.redis.RedisProcess;
import dev.resilience.spring.actuate.RedisHealthIndicator;
import dev.resilience.spring.actuate.ResilienceHealthIndicator;
import dev.resilience.spring.annotation.Idempotent;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Results in a real Redis, as two instances of an application see them.
 */
class RedisIdempotencyTests {

	private static RedisProcess redis;

	@BeforeAll
	static void start() throws Exception {
		redis = new RedisProcess();
	}

	@AfterAll
	static void stop() throws Exception {
		redis.close();
	}

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
				.withMessageContaining("cannot be read");
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
			assertThat(away.getDetails().toString()).contains("does not answer");
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

	static class Loop {

		public Loop getSelf() {
			return this;
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
