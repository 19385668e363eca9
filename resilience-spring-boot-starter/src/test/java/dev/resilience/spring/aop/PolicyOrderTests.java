package dev.resilience.spring.aop;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitOpenException;
import dev.resilience.idempotency.IdempotencyContext;
import dev.resilience.killswitch.KillSwitchActiveException;
import dev.resilience.ratelimiter.RateLimitExceededException;
import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.Idempotent;
import dev.resilience.spring.annotation.KillSwitched;
import dev.resilience.spring.annotation.RateLimited;
import org.junit.jupiter.api.Test;

import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Which policy stands outside which: kill switch, idempotency, breaker, limiter.
 */
class PolicyOrderTests {

	@Test
	void replayShouldCostNeitherPermitNorBreakerCall() {
		Starter.run((context) -> {
			Shop shop = context.getBean(Shop.class);
			assertThat(shop.order("one")).isEqualTo("order 1");
			assertThat(shop.order("one")).isEqualTo("order 1");
			assertThat(IdempotencyContext.replayed()).isTrue();
			assertThat(calls(context, "succeeded")).isEqualTo(1);
			assertThat(granted(context)).isEqualTo(1);
		}, Shop.class);
	}

	@Test
	void replayShouldStandUnderTheKillSwitch() {
		Starter.run((context) -> {
			Shop shop = context.getBean(Shop.class);
			shop.order("one");
			Starter.stop(context, "payments");
			assertThatExceptionOfType(KillSwitchActiveException.class).isThrownBy(() -> shop.order("one"));
		}, Shop.class);
	}

	@Test
	void activeSwitchShouldCostNothingInside() {
		Starter.run((context) -> {
			Shop shop = context.getBean(Shop.class);
			Starter.stop(context, "payments");
			assertThatExceptionOfType(KillSwitchActiveException.class).isThrownBy(() -> shop.order("one"));
			Starter.release(context, "payments");
			assertThat(granted(context)).isZero();
			assertThat(shop.order("one")).isEqualTo("order 1");
			assertThat(calls(context, "failed")).isZero();
		}, Shop.class);
	}

	@Test
	void globalSwitchShouldStopMethodsThatNameNoSwitch() {
		Starter.run((context) -> {
			Shop shop = context.getBean(Shop.class);
			Starter.stop(context, "global");
			assertThatExceptionOfType(KillSwitchActiveException.class).isThrownBy(shop::browse);
			assertThat(granted(context)).isZero();
		}, Shop.class);
	}

	@Test
	void openBreakerShouldCostNoPermit() {
		Starter.run((context) -> {
			Shop shop = context.getBean(Shop.class);
			Starter.breaker(context, "payments").forceOpen("test");
			assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(shop::browse);
			assertThat(granted(context)).isZero();
			Starter.breaker(context, "payments").reset("test");
			assertThat(shop.browse()).isEqualTo("goods");
		}, Shop.class);
	}

	@Test
	void rejectionByOwnLimiterShouldNotCountAgainstTheBreaker() {
		Starter.run((context) -> {
			Shop shop = context.getBean(Shop.class);
			shop.browse();
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(shop::browse);
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> await(shop.browseLater()));
			assertThat(Starter.breaker(context, "payments").snapshot().state()).isEqualTo("CLOSED");
			assertThat(calls(context, "failed")).isZero();
			assertThat(calls(context, "succeeded")).isEqualTo(1);
		}, Shop.class);
	}

	@Test
	void rejectionOfNestedBeanShouldCountAgainstTheBreaker() {
		Starter.run((context) -> {
			Mall mall = context.getBean(Mall.class);
			mall.visit();
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(mall::visit);
			CircuitBreaker breaker = Starter.breaker(context, "other");
			assertThat(breaker.snapshot().calls()).containsEntry("failed", 1L);
			breaker.reset("test");
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> await(mall.visitLater()));
			assertThat(breaker.snapshot().calls()).containsEntry("failed", 2L);
		}, Shop.class, Mall.class);
	}

	@Test
	void rejectionInsideShouldReleaseTheIdempotencyKey() {
		Starter.run((context) -> {
			Shop shop = context.getBean(Shop.class);
			Starter.breaker(context, "payments").forceOpen("test");
			assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(() -> shop.order("one"));
			Starter.breaker(context, "payments").reset("test");
			assertThat(shop.order("one")).isEqualTo("order 1");
		}, Shop.class);
	}

	@Test
	void limiterWithKeyShouldCountEachKeyApart() {
		Starter.run((context) -> {
			Shop shop = context.getBean(Shop.class);
			assertThat(shop.search("alice")).isEqualTo("found");
			assertThat(shop.search("bob")).isEqualTo("found");
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> shop.search("alice"));
			RateLimiter limiter = Starter.limiter(context, "orders");
			assertThat(limiter.snapshot().gauges()).containsEntry("keys", 2.0);
		}, Shop.class);
	}

	private static <T> T await(CompletionStage<T> stage) throws Throwable {
		try {
			return stage.toCompletableFuture().get();
		}
		catch (ExecutionException ex) {
			throw ex.getCause();
		}
	}

	private static long calls(ApplicationContext context, String outcome) {
		return Starter.breaker(context, "payments").snapshot().calls().getOrDefault(outcome, 0L);
	}

	private static long granted(ApplicationContext context) {
		return Starter.limiter(context, "orders").snapshot().calls().getOrDefault("granted", 0L);
	}

	static class Shop {

		private final AtomicInteger orders = new AtomicInteger();

		@RateLimited("orders")
		@CircuitProtected("payments")
		@Idempotent(operation = "order", key = "#key")
		@KillSwitched("payments")
		public String order(String key) {
			return "order " + this.orders.incrementAndGet();
		}

		@RateLimited("orders")
		@CircuitProtected("payments")
		public String browse() {
			return "goods";
		}

		@RateLimited("orders")
		@CircuitProtected("payments")
		public CompletionStage<String> browseLater() {
			return CompletableFuture.completedFuture("goods");
		}

		@RateLimited(value = "orders", key = "#customer")
		public String search(String customer) {
			return "found";
		}

	}

	static class Mall {

		private final Shop shop;

		Mall(Shop shop) {
			this.shop = shop;
		}

		@CircuitProtected("other")
		public String visit() {
			return this.shop.browse();
		}

		@CircuitProtected("other")
		public CompletionStage<String> visitLater() {
			return this.shop.browseLater();
		}

	}

}
