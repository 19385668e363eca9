package dev.resilience.spring.aop;

import java.util.concurrent.CancellationException;

import dev.resilience.spring.annotation.RateLimited;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.test.context.runner.ContextConsumer;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Threads that are interrupted while they wait for a permit.
 */
class InterruptedCallTests {

	@AfterEach
	void clear() {
		Thread.interrupted();
	}

	@Test
	void callWhenInterruptedShouldThrowWhatTheMethodMayThrowAndKeepTheFlag() {
		run((context) -> {
			Service service = context.getBean(Service.class);
			service.plain();
			Thread.currentThread().interrupt();
			assertThatExceptionOfType(CancellationException.class).isThrownBy(service::plain)
				.withCauseInstanceOf(InterruptedException.class);
			assertThat(Thread.interrupted()).isTrue();
		});
	}

	@Test
	void callWhenInterruptedAndDeclaredShouldThrowItAsItIs() {
		run((context) -> {
			Service service = context.getBean(Service.class);
			service.plain();
			Thread.currentThread().interrupt();
			assertThatExceptionOfType(InterruptedException.class).isThrownBy(service::declared);
			assertThat(Thread.interrupted()).isFalse();
		});
	}

	private static void run(ContextConsumer<ApplicationContext> test) {
		Starter.runner()
			.withBean(Service.class)
			.withPropertyValues("resilience.rate-limiters.slow.limit=1", "resilience.rate-limiters.slow.period=1h",
					"resilience.rate-limiters.slow.max-wait=2h")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				test.accept(context);
			});
	}

	static class Service {

		@RateLimited("slow")
		String plain() {
			return "plain";
		}

		@RateLimited("slow")
		String declared() throws InterruptedException {
			return "declared";
		}

	}

}
