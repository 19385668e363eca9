package dev.resilience.spring.fictional;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.resilience.CallRejectedException;
import dev.resilience.Trap;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitOpenException;
import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.aop.Starter;
import dev.resilience.spring.autoconfigure.RepeaterAutoConfiguration;
import org.aopalliance.intercept.MethodInterceptor;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.annotation.AnnotationMatchingPointcut;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Role;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A pattern that repeats calls, made of new files only.
 */
class RepeatedTests {

	private final ApplicationContextRunner runner = Starter.runner()
		.withConfiguration(AutoConfigurations.of(RepeaterAutoConfiguration.class))
		.withUserConfiguration(CountingAdvice.class)
		.withBean(Teller.class);

	@Test
	@Trap(8)
	void callWhenBreakerInsideIsOpenShouldAskItOnce() {
		this.runner.run((context) -> {
			Teller teller = context.getBean(Teller.class);
			CircuitBreaker breaker = Starter.breaker(context, "payments");
			breaker.forceOpen("test");
			assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(teller::pay);
			assertThat(breaker.snapshot().rejections()).containsEntry("forced-open", 1L);
			assertThat(teller.payLater()).isCompletedExceptionally();
			assertThat(breaker.snapshot().rejections()).containsEntry("forced-open", 2L);
			assertThatExceptionOfType(CircuitOpenException.class).isThrownBy(() -> teller.payReactively().block());
			assertThat(breaker.snapshot().rejections()).containsEntry("forced-open", 3L);
			assertThat(teller.calls()).isZero();
		});
	}

	@Test
	@Trap(8)
	void callWhenRejectionComesOutOfCalleeShouldRepeatIt() {
		this.runner.run((context) -> {
			Teller teller = context.getBean(Teller.class);
			CallRejectedException nested = Starter.openRejection();
			teller.failWith(nested);
			assertThat(Starter.thrown(teller::askOften)).isSameAs(nested);
			assertThat(teller.calls()).isEqualTo(3);
			assertThat(Starter.breaker(context, "patient").snapshot().calls()).containsEntry("failed", 3L);
			assertThat(teller.askLater()).isCompletedExceptionally();
			assertThat(teller.calls()).isEqualTo(6);
		});
	}

	@Test
	void callWhenRepeatedShouldPassInnerPoliciesAndAdviceEachTime() {
		this.runner.run((context) -> {
			Teller teller = context.getBean(Teller.class);
			CountingAdvice advice = context.getBean(CountingAdvice.class);
			teller.failWith(new IllegalStateException("once more"));
			assertThatExceptionOfType(IllegalStateException.class).isThrownBy(teller::askOften);
			assertThat(advice.count).isEqualTo(3);
			assertThat(teller.askLater()).isCompletedExceptionally();
			assertThat(advice.count).isEqualTo(6);
			assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> teller.askReactively().block());
			assertThat(advice.count).isEqualTo(9);
			assertThat(teller.calls()).isEqualTo(9);
			assertThat(Starter.breaker(context, "patient").snapshot().calls()).containsEntry("failed", 9L);
		});
	}

	static class Teller {

		private int calls;

		private RuntimeException failure = new IllegalStateException("failed");

		int calls() {
			return this.calls;
		}

		void failWith(RuntimeException failure) {
			this.failure = failure;
		}

		@Repeated
		@CircuitProtected("payments")
		String pay() {
			throw failed();
		}

		@Repeated
		@CircuitProtected("payments")
		CompletableFuture<String> payLater() {
			throw failed();
		}

		@Repeated
		@CircuitProtected("payments")
		Mono<String> payReactively() {
			return Mono.error(this::failed);
		}

		@Repeated
		@CircuitProtected("patient")
		String askOften() {
			throw failed();
		}

		@Repeated
		@CircuitProtected("patient")
		CompletionStage<String> askLater() {
			return CompletableFuture.failedFuture(failed());
		}

		@Repeated
		@CircuitProtected("patient")
		Mono<String> askReactively() {
			return Mono.error(this::failed);
		}

		private RuntimeException failed() {
			this.calls++;
			return this.failure;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class CountingAdvice {

		private int count;

		@Bean
		@Role(2)
		DefaultPointcutAdvisor countingAdvisor() {
			MethodInterceptor count = (invocation) -> {
				this.count++;
				return invocation.proceed();
			};
			return new DefaultPointcutAdvisor(AnnotationMatchingPointcut.forMethodAnnotation(Repeated.class), count);
		}

	}

}
