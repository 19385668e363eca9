package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

import dev.resilience.PolicyRegistry;
import dev.resilience.idempotency.Idempotency;
import dev.resilience.idempotency.IdempotencyConfig.OnAbandoned;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.TypedOperation;
import dev.resilience.idempotency.TypedOperation.Found;
import dev.resilience.idempotency.store.Reconciler;
import dev.resilience.spring.actuate.PolicyOrigins;
import dev.resilience.spring.annotation.Idempotent;
import org.junit.jupiter.api.Test;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Idempotent calls of an application that says so in code.
 */
class IdempotencyFacadeTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner().withConfiguration(Contexts.ours());

	@Test
	void operationShouldHaveTheApplicationsDefaultsAndBeOneOfItsPolicies() {
		this.runner
			.withPropertyValues("resilience.idempotency.ttl=2h", "resilience.idempotency.lease=20s",
					"resilience.idempotency.on-abandoned=rerun")
			.run((context) -> {
				TypedOperation<String> charge = context.getBean(Idempotency.class)
					.operation("charge", String.class,
							(config) -> config.ttl(Duration.ofDays(1)).onAbandoned(OnAbandoned.REJECT));
				assertThat(charge.execute("1", null, () -> "receipt")).isEqualTo("receipt");
				PolicyRegistry<?> operations = context.getBean("idempotentOperations", PolicyRegistry.class);
				assertThat(operations.get("charge")).isSameAs(charge.policy());
				assertThat(charge.policy().snapshot().config()).containsEntry("ttl", Duration.ofDays(1))
					.containsEntry("lease", Duration.ofSeconds(20))
					.containsEntry("on-abandoned", "reject");
				PolicyOrigins origins = context.getBean(PolicyOrigins.class);
				assertThat(origins.origin(IdempotentOperation.TYPE, "charge", "ttl")).isEqualTo("code");
				assertThat(origins.origin(IdempotentOperation.TYPE, "charge", "on-abandoned")).isEqualTo("code");
				assertThat(origins.origin(IdempotentOperation.TYPE, "charge", "lease"))
					.contains("resilience.idempotency.lease");
				assertThat(origins.origin(IdempotentOperation.TYPE, "charge", "in-flight-wait")).isEqualTo("default");
			});
	}

	@Test
	void operationShouldUseTheApplicationsReconciler() {
		this.runner.withBean(Reconciler.class, () -> (call) -> Reconciler.Finding.tookEffect("found " + call.key()))
			.run((context) -> {
				TypedOperation<String> charge = context.getBean(Idempotency.class).operation("charge", String.class);
				assertThatThrownBy(() -> charge.execute("1", null, () -> {
					throw new TimeoutException();
				})).isInstanceOf(TimeoutException.class);
				assertThat(charge.execute("1", null, () -> "receipt")).isEqualTo("found 1");
			});
	}

	@Test
	void operationOfAnAnnotatedMethodShouldNotBeHandedOutButLookedUp() {
		this.runner.withBean(Refunds.class).run((context) -> {
			context.getBean(Refunds.class).refund("1");
			Idempotency idempotency = context.getBean(Idempotency.class);
			for (Class<?> type : new Class<?>[] { String.class, Integer.class }) {
				assertThatIllegalArgumentException().isThrownBy(() -> idempotency.operation("refund", type))
					.withMessageContaining("must not be the operation of an annotated method");
			}
			assertThat(idempotency.lookup("refund", "1", String.class).flatMap(Found::result)).contains("refunded 1");
			assertThat(idempotency.forget("refund", "1")).isTrue();
			assertThat(idempotency.lookup("refund", "1", String.class)).isEmpty();
			PolicyOrigins origins = context.getBean(PolicyOrigins.class);
			assertThat(origins.origin(IdempotentOperation.TYPE, "refund", "ttl")).isEqualTo("annotation");
		});
	}

	@Test
	void methodAndProgramWithOneOperationShouldBeRefusedAtStartUp() {
		for (List<Class<?>> beans : List.<List<Class<?>>>of(List.of(Declaring.class, Refunds.class),
				List.of(Refunds.class, Declaring.class))) {
			this.runner.withBean(beans.get(0))
				.withBean(beans.get(1))
				.run((context) -> assertThat(context).getFailure()
					.hasStackTraceContaining("the operation 'refund' belongs already to the program"));
		}
	}

	@Test
	void methodsWithOneOperationShouldBothBeNamedAtStartUp() {
		this.runner.withBean(Refunds.class)
			.withBean(MoreRefunds.class)
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("MoreRefunds.again(String): the operation 'refund' belongs already to "
						+ Refunds.class.getName() + ".refund(java.lang.String)"));
	}

	static class Refunds {

		@Idempotent(key = "#key", operation = "refund", ttl = "2h")
		public String refund(String key) {
			return "refunded " + key;
		}

	}

	static class MoreRefunds {

		@Idempotent(key = "#key", operation = "refund")
		public String again(String key) {
			return "refunded again " + key;
		}

	}

	static class Declaring {

		Declaring(Idempotency idempotency) {
			idempotency.operation("refund", String.class);
		}

	}

}
