package dev.resilience.spring.autoconfigure;

import java.util.List;

import dev.resilience.PolicyRegistry;
import dev.resilience.idempotency.Idempotency;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.IdempotencyStore;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.idempotency.store.Reconciler;
import dev.resilience.idempotency.store.ResultCodec;
import dev.resilience.micrometer.PolicyMetrics;
import dev.resilience.spring.actuate.ResilienceHealthIndicator;
import dev.resilience.spring.annotation.Idempotent;
import dev.resilience.spring.web.RejectionAdvice;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.TimeSource;
import org.junit.jupiter.api.Test;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What an application may put in the place of ours.
 */
class ReplacedBeansTests {

	@Test
	void startWhenApplicationHasItsOwnShouldUseThem() {
		new WebApplicationContextRunner().withConfiguration(Contexts.ours())
			.withUserConfiguration(Own.class)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				for (Class<?> type : List.of(TimeSource.class, IdempotencyStore.class, Idempotency.class,
						PolicyMetrics.class, ResilienceHealthIndicator.class, RejectionAdvice.class)) {
					assertThat(context.getBeanNamesForType(type)).as(type.getName())
						.singleElement()
						.asString()
						.satisfiesAnyOf((name) -> assertThat(name).startsWith("own"),
								(name) -> assertThat(name).isEqualTo("resilienceHealthIndicator"));
				}
				PolicyRegistry<?> operations = context.getBean("idempotentOperations", PolicyRegistry.class);
				assertThat(operations.find("own")).isPresent();
			});
	}

	@Test
	void startWithTwoReconcilersShouldNameThem() {
		Reconciler unknown = (call) -> Reconciler.Finding.unknown();
		assertAmbiguous(Reconciler.class, unknown, "Reconciler");
	}

	@Test
	void startWithTwoCodecFactoriesShouldNameThem() {
		ResultCodec.Factory factory = (operation, type) -> {
			throw new IllegalArgumentException(operation);
		};
		assertAmbiguous(ResultCodec.Factory.class, factory, "ResultCodec.Factory");
	}

	/**
	 * Whether an operation needs the bean already or not.
	 */
	private static <T> void assertAmbiguous(Class<T> type, T bean, String shown) {
		WebApplicationContextRunner two = new WebApplicationContextRunner().withConfiguration(Contexts.ours())
			.withBean("first", type, () -> bean)
			.withBean("second", type, () -> bean);
		for (WebApplicationContextRunner runner : List.of(two, two.withBean(Refunds.class))) {
			runner.run((context) -> {
				FailureAnalysis analysis = Contexts.analysis(context);
				assertThat(analysis.getDescription()).contains("there must be one " + shown + ",")
					.contains("[first, second]");
				assertThat(analysis.getAction()).contains("one bean of type " + shown, "@Primary");
			});
			runner.withBean("third", type, () -> bean, (definition) -> definition.setPrimary(true))
				.run((context) -> assertThat(context).hasNotFailed());
		}
	}

	static class Refunds {

		@Idempotent(key = "#key")
		public String refund(String key) {
			return "refunded " + key;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Own {

		@Bean
		TimeSource ownTime() {
			return new FakeTicker().source();
		}

		@Bean
		IdempotencyStore ownStore(TimeSource time) {
			return new MemoryIdempotencyStore(10, time);
		}

		@Bean
		Idempotency ownIdempotency(IdempotencyStore store, TimeSource time) {
			return new Idempotency(new PolicyRegistry<>(IdempotentOperation.TYPE), IdempotencyConfig.builder().build(),
					(name, type, config) -> new IdempotentOperation(name, config, store, time));
		}

		@Bean
		PolicyMetrics ownMetrics(TimeSource time) {
			return new PolicyMetrics(List.of(), time.ticker());
		}

		@Bean
		ResilienceHealthIndicator resilienceHealthIndicator() {
			return new ResilienceHealthIndicator(List.of(), (snapshot) -> Status.UP);
		}

		@Bean
		RejectionAdvice ownAdvice() {
			return new RejectionAdvice();
		}

		@Bean
		PolicyRegistry<IdempotentOperation> idempotentOperations(IdempotencyStore store, TimeSource time) {
			PolicyRegistry<IdempotentOperation> operations = new PolicyRegistry<>(IdempotentOperation.TYPE);
			operations.register(new IdempotentOperation("own", IdempotencyConfig.builder().build(), store, time));
			return operations;
		}

	}

}
