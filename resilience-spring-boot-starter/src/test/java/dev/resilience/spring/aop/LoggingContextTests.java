package dev.resilience.spring.aop;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

import dev.resilience.Trap;
import dev.resilience.spring.annotation.RateLimited;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The diagnostic context of a caller follows its call.
 */
class LoggingContextTests {

	@AfterEach
	void clear() {
		MDC.clear();
	}

	@Test
	@Trap(25)
	void callThatWaitedShouldLogAsItsCaller() {
		Starter.runner()
			.withBean(Service.class)
			.withPropertyValues("resilience.rate-limiters.slow.limit=20", "resilience.rate-limiters.slow.burst=1",
					"resilience.rate-limiters.slow.max-wait=10s")
			.run((context) -> {
				Service service = context.getBean(Service.class);
				MDC.put("request", "4711");
				service.look().toCompletableFuture().join();
				assertThat(service.look().toCompletableFuture().get(5, TimeUnit.SECONDS))
					.startsWith("4711 on resilience-");
			});
	}

	@Test
	void runShouldLeaveTheThreadAsItWas() {
		LoggingContext carrier = new LoggingContext();
		MDC.put("request", "4711");
		var carried = carrier.capture();
		MDC.put("request", "other");
		MDC.put("more", "true");
		carried.run(() -> {
			assertThat(MDC.get("request")).isEqualTo("4711");
			assertThat(MDC.get("more")).isNull();
		});
		assertThat(MDC.get("request")).isEqualTo("other");
		assertThat(MDC.get("more")).isEqualTo("true");
	}

	static class Service {

		@RateLimited("slow")
		CompletionStage<String> look() {
			return CompletableFuture.completedFuture(MDC.get("request") + " on " + Thread.currentThread().getName());
		}

	}

}
