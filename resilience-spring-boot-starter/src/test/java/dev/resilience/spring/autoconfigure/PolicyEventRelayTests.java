package dev.resilience.spring.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.resilience.CallRejectedException;
import dev.resilience.PolicyEvent;
import dev.resilience.PolicyRegistry;
import dev.resilience.Trap;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.killswitch.Activation;
import dev.resilience.killswitch.KillSwitches;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * How applications hear of what changes.
 */
class PolicyEventRelayTests {

	private final Logger logger = (Logger) LoggerFactory.getLogger("dev.resilience.events");

	private final Recorded log = new Recorded();

	private final ApplicationContextRunner contexts = new ApplicationContextRunner().withConfiguration(Contexts.ours())
		.withUserConfiguration(Beans.class)
		.withPropertyValues("resilience.circuit-breakers.payments.failure-threshold=1",
				"resilience.circuit-breakers.mail.failure-threshold=1");

	@BeforeEach
	void listen() {
		this.logger.setLevel(Level.WARN);
		this.log.start();
		this.logger.addAppender(this.log);
	}

	@AfterEach
	void stop() {
		this.logger.detachAppender(this.log);
		this.logger.setLevel(null);
	}

	@Test
	void publishWhenBreakerOpensShouldLogOnceAndTellEventListeners() {
		this.contexts.run((context) -> {
			open(breaker(context, "payments"));
			List<PolicyEvent> events = context.getBean(Listener.class).await(1);
			assertThat(events).singleElement().satisfies((event) -> {
				assertThat(event.kind()).isEqualTo("transition");
				assertThat(event.type()).isEqualTo("circuit-breaker");
				assertThat(event.name()).isEqualTo("payments");
				assertThat(event.details()).containsEntry("from", "CLOSED").containsEntry("to", "OPEN");
			});
			Awaitility.await().until(() -> !this.log.events.isEmpty());
			assertThat(this.log.events).singleElement().satisfies((event) -> {
				assertThat(event.getLevel()).isEqualTo(Level.WARN);
				assertThat(event.getFormattedMessage()).contains("circuit breaker 'payments'")
					.contains("from CLOSED to OPEN")
					.doesNotContain("4711");
			});
		});
	}

	@Test
	void publishWhenSwitchIsFlippedShouldTellEventListeners() {
		this.contexts.run((context) -> {
			context.getBean(KillSwitches.class)
				.activate("global", Activation.builder().reason("drill").actor("alice").build());
			assertThat(context.getBean(Listener.class).await(1)).extracting(PolicyEvent::kind)
				.containsExactly("activated");
		});
	}

	@Test
	void publishWhenCallsAreRejectedShouldNotFloodLog() {
		this.logger.setLevel(Level.DEBUG);
		this.contexts.run((context) -> {
			CircuitBreaker breaker = breaker(context, "payments");
			breaker.forceOpen("drill");
			for (int call = 0; call < 1_000; call++) {
				assertThatExceptionOfType(CallRejectedException.class).isThrownBy(() -> breaker.call(() -> "charged"));
			}
			context.getBean(Listener.class).await(2);
			open(breaker(context, "mail"));
			Awaitility.await()
				.until(() -> this.log.events.stream()
					.anyMatch((event) -> event.getFormattedMessage().contains("mail")));
			assertThat(this.log.events).filteredOn((event) -> event.getLevel() == Level.WARN).hasSize(2);
			assertThat(this.log.events).filteredOn((event) -> event.getLevel() == Level.DEBUG).hasSizeBetween(1, 5);
		});
	}

	@Test
	@Trap(48)
	void publishWhenListenerIsSlowShouldDelayNeitherCallNorLog() {
		CountDownLatch release = new CountDownLatch(1);
		this.contexts.withBean(SlowListener.class, () -> new SlowListener(release)).run((context) -> {
			try {
				open(breaker(context, "payments"));
				open(breaker(context, "mail"));
				breaker(context, "mail").reset("drill");
				assertThat(breaker(context, "mail").call(() -> "sent")).isEqualTo("sent");
				Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> this.log.events.size() == 3);
			}
			finally {
				release.countDown();
			}
		});
	}

	@Test
	void publishWhenListenerThrowsShouldSaySoAndGoOn() {
		this.contexts.withBean(ThrowingListener.class).run((context) -> {
			open(breaker(context, "payments"));
			open(breaker(context, "mail"));
			Awaitility.await()
				.until(() -> this.log.events.stream()
					.filter((event) -> event.getFormattedMessage().startsWith("A listener failed"))
					.count() == 2);
		});
	}

	@Test
	void publishWhenBeansAreLazyShouldStillBeHeard() {
		this.contexts
			.withInitializer(
					(context) -> context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
			.run((context) -> {
				open(breaker(context, "payments"));
				Awaitility.await().until(() -> this.log.events.size() == 1);
			});
	}

	private static CircuitBreaker breaker(ApplicationContext context, String name) {
		return (CircuitBreaker) context.getBean("circuitBreakers", PolicyRegistry.class).get(name);
	}

	private static void open(CircuitBreaker breaker) {
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> breaker.call(() -> {
			throw new IllegalStateException("the card 4711 was declined");
		}));
	}

	@Configuration(proxyBeanMethods = false)
	static class Beans {

		@Bean
		Listener listener() {
			return new Listener();
		}

	}

	static class Listener {

		private final List<PolicyEvent> events = new CopyOnWriteArrayList<>();

		@EventListener
		void onEvent(PolicyEvent event) {
			this.events.add(event);
		}

		List<PolicyEvent> await(int count) {
			Awaitility.await().until(() -> this.events.size() >= count);
			return new ArrayList<>(this.events);
		}

	}

	static class SlowListener {

		private final CountDownLatch release;

		SlowListener(CountDownLatch release) {
			this.release = release;
		}

		@EventListener
		void onEvent(PolicyEvent event) throws InterruptedException {
			this.release.await();
		}

	}

	static class ThrowingListener {

		@EventListener
		void onEvent(PolicyEvent event) {
			throw new IllegalStateException("this listener is broken");
		}

	}

	private static final class Recorded extends AppenderBase<ILoggingEvent> {

		private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();

		@Override
		protected void append(ILoggingEvent event) {
			this.events.add(event);
		}

	}

}
