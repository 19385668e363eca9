package dev.resilience.spring.readme;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import dev.resilience.PolicyRegistry;
import dev.resilience.bulkhead.Bulkhead;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerConfig;
import dev.resilience.idempotency.IdempotencyContext;
import dev.resilience.idempotency.IdempotencyMismatchException;
import dev.resilience.killswitch.Activation;
import dev.resilience.killswitch.Cause;
import dev.resilience.killswitch.KillSwitchActiveException;
import dev.resilience.killswitch.KillSwitches;
import dev.resilience.ratelimiter.RateLimitExceededException;
import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.retry.Retry;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.annotation.Resilient;
import dev.resilience.spring.readme.Shop.Order;
import dev.resilience.spring.readme.Shop.Receipt;
import dev.resilience.spring.readme.Shop.Refund;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.TimeSource;
import dev.resilience.timeout.Timeout;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * The README's examples of annotations and configuration do what it says.
 */
class ReadmeExamplesTests {

	private final ApplicationContextRunner shop = new ApplicationContextRunner().withConfiguration(Readme.starter())
		.withPropertyValues(Readme.properties(Readme.blocks("yaml").get(0)))
		.withBean(Provider.class)
		.withBean(Payments.class)
		.withBean(KeyedPayments.class)
		.withBean(ByHand.class);

	@Test
	void chargeWhenProviderKeepsFailingShouldFallBack() {
		this.shop.run((context) -> {
			Payments payments = context.getBean(Payments.class);
			Provider provider = context.getBean(Provider.class);
			Order order = new Order("alice", 5);
			assertThat(payments.charge(order)).isEqualTo(new Receipt("alice", "charged"));
			provider.down = true;
			for (int call = 0; call < 3; call++) {
				assertThatIllegalStateException().isThrownBy(() -> payments.charge(order));
			}
			assertThat(payments.charge(order)).isEqualTo(Receipt.pending(order));
		});
	}

	@Test
	void refundWhenRepeatedShouldRunOnce() {
		this.shop.run((context) -> {
			Payments payments = context.getBean(Payments.class);
			Refund refund = new Refund("alice", 5);
			Receipt receipt = payments.refund("key", refund);
			assertThat(IdempotencyContext.replayed()).isFalse();
			assertThat(payments.refund("key", refund)).isSameAs(receipt);
			assertThat(IdempotencyContext.replayed()).isTrue();
			assertThat(context.getBean(Provider.class).refunds).containsExactly(refund);
			assertThatExceptionOfType(IdempotencyMismatchException.class)
				.isThrownBy(() -> payments.refund("key", new Refund("alice", 6)));
		});
	}

	@Test
	void refundWhenCustomerAsksTooOftenShouldBeRefused() {
		this.shop.run((context) -> {
			Payments payments = context.getBean(Payments.class);
			ThrowingCallable flood = () -> {
				for (int call = 0; call < 1000; call++) {
					payments.refund("key-" + call, new Refund("alice", 5));
				}
			};
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(flood);
			assertThat(payments.refund("other", new Refund("bob", 5)).state()).isEqualTo("refunded");
		});
	}

	@Test
	void refundWhenPaymentsAreStoppedShouldBeRefused() {
		this.shop.run((context) -> {
			Payments payments = context.getBean(Payments.class);
			KillSwitches switches = context.getBean(KillSwitches.class);
			switches.activate("payments", Activation.builder().reason("test").actor("test").build());
			assertThatExceptionOfType(KillSwitchActiveException.class)
				.isThrownBy(() -> payments.refund("key", new Refund("alice", 5)));
			switches.release("payments", Cause.PERSON, "test", "test");
			assertThat(payments.refund("key", new Refund("alice", 5)).state()).isEqualTo("refunded");
		});
	}

	@Test
	void priceWhenProviderFailsShouldBeAskedAgain() {
		this.shop.withBean(TimeSource.class, new FakeTicker()::source).run((context) -> {
			Payments payments = context.getBean(Payments.class);
			Provider provider = context.getBean(Provider.class);
			assertThat(payments.price("book")).isEqualTo(4);
			provider.down = true;
			assertThatIllegalStateException().isThrownBy(() -> payments.price("lamp"));
			assertThat(provider.asked).containsExactly("book", "lamp", "lamp", "lamp");
		});
	}

	@Test
	void calleeShouldBeGivenKeyAndFence() {
		this.shop.run((context) -> {
			context.getBean(KeyedPayments.class).charge("key", new Order("alice", 5));
			assertThat(context.getBean(Provider.class).keys).containsExactly("key" + true);
		});
	}

	@Test
	void policiesShouldBeConfiguredAsReadmeSays() {
		this.shop.run((context) -> {
			ByHand byHand = context.getBean(ByHand.class);
			CircuitBreakerConfig config = byHand.breaker.config();
			assertThat(config.failureThreshold()).isEqualTo(3);
			assertThat(config.successThreshold()).isEqualTo(3);
			assertThat(config.openDuration()).hasSeconds(5);
			assertThat(byHand.limiter.config().limit()).isEqualTo(20);
			assertThat(byHand.breakers.get("payments")).isSameAs(byHand.breaker);
			assertThat(byHand.limiters.get("refunds")).isSameAs(byHand.limiter);
			assertThat(byHand.retry.config().maxRetries()).isEqualTo(2);
			assertThat(byHand.bulkhead.config().maxConcurrentCalls()).isEqualTo(10);
			assertThat(byHand.timeout.config().duration()).hasSeconds(2);
			assertThat(context.getBean(KillSwitches.class).registry().all()).extracting(Object::toString).hasSize(3);
		});
	}

	@Test
	void pipelineShouldBeTheListThatReadmeShows() {
		this.shop.withPropertyValues(Readme.properties(Readme.blocks("yaml").get(2)))
			.withBean(TimeSource.class, new FakeTicker()::source)
			.withBean(Lookup.class)
			.run((context) -> {
				context.getBean(Provider.class).down = true;
				assertThatIllegalStateException().isThrownBy(() -> context.getBean(Lookup.class).price("lamp"));
				assertThat(context.getBean(Provider.class).asked).hasSize(4);
				assertThat(context.getBean("circuitBreakers", PolicyRegistry.class).get("search").snapshot().calls())
					.containsEntry("failed", 1L);
			});
	}

	@Test
	void presetsOfTheApplicationShouldBeginWithOurs() {
		new ApplicationContextRunner().withConfiguration(Readme.starter())
			.withPropertyValues(Readme.properties(Readme.blocks("yaml").get(1)))
			.run((context) -> {
				CircuitBreaker bank = (CircuitBreaker) context.getBean("circuitBreakers", PolicyRegistry.class)
					.get("bank");
				assertThat(bank.config().failureThreshold()).isEqualTo(4);
				assertThat(bank.config().callTimeout()).hasSeconds(15);
			});
	}

	@Test
	void layersShouldCoverEachOtherAsTableSays() {
		new ApplicationContextRunner().withConfiguration(Readme.starter())
			.withPropertyValues(Readme.properties(Readme.blocks("yaml").get(3)))
			.withBean(SearchService.class)
			.run((context) -> {
				assertThat(context.getBean(SearchService.class).search("words")).containsExactly("words");
				Map<String, List<String>> table = Readme.table("Setting").byCode();
				assertThat(table).hasSize(5);
				table.forEach((setting, row) -> assertSetting(context, setting, row));
			});
	}

	private static void assertSetting(AssertableApplicationContext context, String setting, List<String> row) {
		CircuitBreaker breaker = (CircuitBreaker) context.getBean("circuitBreakers", PolicyRegistry.class)
			.get("search");
		String value = Readme.code(row.get(1));
		Object expected = value.endsWith("s") ? DurationStyle.detectAndParse(value) : Integer.valueOf(value);
		assertThat(breaker.snapshot().config()).containsEntry(setting, expected);
		String origin = context.getBean(PolicyOrigins.class).origin(CircuitBreaker.TYPE, "search", setting);
		if (Stream.of("annotation", "preset aggressive", "default").anyMatch(row.get(2)::equals)) {
			assertThat(origin).as(setting).isEqualTo(row.get(2));
		}
		else {
			String layer = row.get(2).equals("its own properties") ? "search" : "default";
			assertThat(origin).as(setting).contains("resilience.circuit-breakers." + layer + "." + setting);
		}
	}

	static class Lookup {

		private final Provider provider;

		Lookup(Provider provider) {
			this.provider = provider;
		}

		@Resilient("search")
		int price(String sku) {
			return this.provider.price(sku);
		}

	}

	/**
	 * Has policies injected.
	 */
	static class ByHand {

		private final CircuitBreaker breaker;

		private final RateLimiter limiter;

		private final PolicyRegistry<CircuitBreaker> breakers;

		private final PolicyRegistry<RateLimiter> limiters;

		private final Retry retry;

		private final Bulkhead bulkhead;

		private final Timeout timeout;

		ByHand(@Qualifier("payments") CircuitBreaker breaker, @Qualifier("refunds") RateLimiter limiter,
				PolicyRegistry<CircuitBreaker> breakers, PolicyRegistry<RateLimiter> limiters,
				@Qualifier("catalog") Retry retry, @Qualifier("catalog") Bulkhead bulkhead,
				@Qualifier("catalog") Timeout timeout) {
			this.breaker = breaker;
			this.limiter = limiter;
			this.breakers = breakers;
			this.limiters = limiters;
			this.retry = retry;
			this.bulkhead = bulkhead;
			this.timeout = timeout;
		}

	}

}
