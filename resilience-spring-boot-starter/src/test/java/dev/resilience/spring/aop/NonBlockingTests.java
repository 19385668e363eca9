package dev.resilience.spring.aop;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import dev.resilience.spring.annotation.CircuitProtected;
import dev.resilience.spring.annotation.Idempotent;
import dev.resilience.spring.annotation.KillSwitched;
import dev.resilience.spring.annotation.RateLimited;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.blockhound.BlockHound;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.NonBlocking;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.test.context.runner.ContextConsumer;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No thread that must not block is blocked while a call waits for its turn.
 */
class NonBlockingTests {

	private static final List<String> BLOCKED = new CopyOnWriteArrayList<>();

	private static final String WATCHED = "watched-";

	@BeforeAll
	static void install() {
		// The agent stays in the JVM, so it must not disturb the tests that come after.
		BlockHound.builder()
			.loadIntegrations()
			// Their locks are held for a few instructions, by nobody who waits.
			.allowBlockingCallsInside("java.util.concurrent.ScheduledThreadPoolExecutor$DelayedWorkQueue", "remove")
			.allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor", "addWorker")
			// Reads the kernel's random numbers, which never wait.
			.allowBlockingCallsInside("java.util.UUID", "randomUUID")
			.blockingMethodCallback((method) -> {
				if (Thread.currentThread().getName().startsWith(WATCHED)) {
					BLOCKED.add(method + " in " + List.of(new IllegalStateException().getStackTrace()));
				}
			})
			.install();
	}

	@BeforeEach
	void reset() {
		BLOCKED.clear();
	}

	@Test
	void waitOfPlainMethodShouldBeSeenBlocking() {
		run((context) -> {
			Service service = context.getBean(Service.class);
			onParallelThread(() -> Mono.just(service.plain() + service.plain()));
			assertThat(BLOCKED).isNotEmpty();
		});
	}

	@Test
	void waitOfMonoShouldNotBlock() {
		run((context) -> {
			Service service = context.getBean(Service.class);
			onParallelThread(() -> Mono.when(service.mono("a"), service.mono("b")));
			assertThat(Starter.limiter(context, "slow").snapshot().calls()).containsEntry("waited", 1L);
			assertThat(BLOCKED).isEmpty();
		});
	}

	@Test
	void waitOfStageShouldNotBlock() {
		run((context) -> {
			Service service = context.getBean(Service.class);
			onParallelThread(() -> {
				CompletableFuture<String> first = service.stage("a").toCompletableFuture();
				CompletableFuture<String> second = service.stage("b").toCompletableFuture();
				return Mono.fromFuture(CompletableFuture.allOf(first, second));
			});
			assertThat(Starter.limiter(context, "slow").snapshot().calls()).containsEntry("waited", 1L);
			assertThat(BLOCKED).isEmpty();
		});
	}

	@Test
	void duplicateThatWaitsForTheFirstCallShouldNotBlock() {
		run((context) -> {
			Service service = context.getBean(Service.class);
			onParallelThread(() -> Mono.zip(service.mono("same"), service.mono("same")));
			assertThat(service.calls()).isEqualTo(1);
			assertThat(BLOCKED).isEmpty();
		});
	}

	/**
	 * On a new thread: one that was idle when the agent came runs code that the agent
	 * does not know.
	 */
	private static void onParallelThread(Supplier<Mono<?>> call) {
		Scheduler scheduler = Schedulers.newParallel(WATCHED, 1, true);
		Mono.defer(() -> {
			assertThat(Thread.currentThread()).isInstanceOf(NonBlocking.class);
			return call.get();
		}).subscribeOn(scheduler).doFinally((signal) -> scheduler.dispose()).block(Duration.ofSeconds(20));
	}

	private static void run(ContextConsumer<ApplicationContext> test) {
		Starter.runner()
			.withBean(Service.class)
			.withPropertyValues("resilience.rate-limiters.slow.limit=2", "resilience.rate-limiters.slow.burst=1",
					"resilience.rate-limiters.slow.max-wait=10s", "resilience.rate-limiters.slow.max-waiting=5")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				test.accept(context);
			});
	}

	static class Service {

		private final AtomicInteger calls = new AtomicInteger();

		int calls() {
			return this.calls.get();
		}

		@RateLimited("slow")
		public String plain() {
			return "plain";
		}

		@KillSwitched("payments")
		@Idempotent(operation = "mono", key = "#key")
		@CircuitProtected(value = "payments", fallback = "instead")
		@RateLimited("slow")
		public Mono<String> mono(String key) {
			this.calls.incrementAndGet();
			return Mono.delay(Duration.ofMillis(1)).thenReturn(key);
		}

		Mono<String> instead(String key) {
			return Mono.error(new IllegalStateException(key));
		}

		@KillSwitched("payments")
		@CircuitProtected("payments")
		@RateLimited("slow")
		public CompletionStage<String> stage(String key) {
			return CompletableFuture.completedFuture(key);
		}

	}

}
