package dev.resilience.spring.aop;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

import dev.resilience.PolicyRegistry;
import dev.resilience.Trap;
import dev.resilience.retry.Retry;
import dev.resilience.spring.annotation.Retrying;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.resilience.annotation.Retryable;
import org.springframework.web.client.HttpServerErrorException;
import org.springframework.web.reactive.function.client.WebClientResponseException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What a retry learns of a call through Spring.
 */
class RetryingTests {

	private final FakeTicker ticker = new FakeTicker();

	private final ApplicationContextRunner runner = Starter.bare()
		.withBean(TimeSource.class, this.ticker::source)
		.withPropertyValues("resilience.retries.calm.jitter=0", "resilience.retries.calm.max-retries=1");

	@Test
	void failureOfClientShouldSayWhenToCallAgain() {
		Starter.with(this.runner, Client.class).run((context) -> {
			Client client = context.getBean(Client.class);
			client.state().failure = unavailable("7");
			assertThatExceptionOfType(HttpServerErrorException.class).isThrownBy(client::ask);
			assertThat(this.ticker.sleeps()).containsExactly(Duration.ofSeconds(7));
			assertThat(client.state().calls).isEqualTo(2);
		});
	}

	@Test
	void dateOfCalleeShouldBeReadByTheInjectedClock() {
		Starter.with(this.runner, Client.class).run((context) -> {
			Client client = context.getBean(Client.class);
			client.state().failure = new IllegalStateException(unavailable("Thu, 01 Jan 2026 12:00:20 GMT"));
			assertThatExceptionOfType(IllegalStateException.class).isThrownBy(client::ask);
			assertThat(this.ticker.sleeps()).containsExactly(Duration.ofSeconds(20));
		});
	}

	@Test
	void failureOfReactiveClientShouldSayWhenToCallAgain() {
		Starter.with(this.runner, Client.class).run((context) -> {
			Client client = context.getBean(Client.class);
			client.state().failure = WebClientResponseException.create(503, "Busy", headers("7"), new byte[0],
					StandardCharsets.UTF_8);
			CompletableFuture<@Nullable String> answer = client.askReactively().toFuture();
			this.ticker.advance(Duration.ofSeconds(6));
			assertThat(client.state().calls).isEqualTo(1);
			client.state().failure = null;
			this.ticker.advance(Duration.ofSeconds(1));
			assertThat(answer).isCompletedWithValue("answer");
		});
	}

	@Test
	void attemptThatThrowsAtOnceShouldFailTheStage() {
		Starter.with(this.runner, Client.class).run((context) -> {
			Client client = context.getBean(Client.class);
			client.state().failure = new IllegalStateException("at once");
			CompletableFuture<String> answer = client.askLater().toCompletableFuture();
			assertThat(answer).isNotDone();
			this.ticker.advance(Duration.ofSeconds(1));
			assertThat(answer).isCompletedExceptionally();
			assertThat(client.state().calls).isEqualTo(2);
		});
	}

	@Test
	void valueShouldBeRetriedIfThePredicateBeanSaysSo() {
		Starter.with(this.runner, Client.class)
			.withUserConfiguration(Predicates.class)
			.withPropertyValues("resilience.retries.calm.retry-result=busy")
			.run((context) -> {
				Client client = context.getBean(Client.class);
				client.state().answer = "busy";
				assertThat(client.ask()).isEqualTo("busy");
				assertThat(client.state().calls).isEqualTo(2);
			});
	}

	@Test
	void startWhenPredicateIsUnknownShouldNameNearest() {
		ApplicationContextRunner misspelt = this.runner.withUserConfiguration(Predicates.class)
			.withPropertyValues("resilience.retries.calm.retry-result=buzy");
		assertThat(Starter.fail(misspelt).getDescription())
			.contains("resilience.retries.calm: 'retry-result' is 'buzy' but must name a bean")
			.contains("nearest: busy");
		FailureAnalysis text = Starter.fail(this.runner.withPropertyValues("resilience.retries.calm.retry-result=text")
			.withBean("text", String.class, () -> ""));
		assertThat(text.getDescription()).contains("declare one, there is none");
	}

	@Test
	void retryWhenTurnedOffShouldNotRetry() {
		Starter.with(this.runner, Client.class)
			.withPropertyValues("resilience.retries.calm.enabled=false")
			.run((context) -> {
				Client client = context.getBean(Client.class);
				client.state().failure = new IllegalStateException("failed");
				assertThatExceptionOfType(IllegalStateException.class).isThrownBy(client::ask);
				assertThat(client.state().calls).isEqualTo(1);
				assertThat(retry(context.getBean("retries", PolicyRegistry.class)).snapshot().state())
					.isEqualTo("DISABLED");
			});
	}

	@Test
	@Trap(24)
	void startWhenSpringRetriesTooShouldWarn() {
		try (Warnings warnings = new Warnings(Retry.class)) {
			Starter.with(this.runner, Stacked.class, StackedClass.class).run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(warnings.messages()).hasSize(2)
					.anySatisfy((warning) -> assertThat(warning).contains("Stacked.ask() is made again by retry 'calm',"
							+ " and also by @org.springframework.resilience.annotation.Retryable"))
					.anySatisfy((warning) -> assertThat(warning).contains("StackedClass.ask() is made again"));
			});
		}
	}

	@Test
	void startWhenOnlyOneRetriesShouldNotWarn() {
		try (Warnings warnings = new Warnings(Retry.class)) {
			Starter.with(this.runner, Client.class, Stacked.class)
				.withPropertyValues("resilience.retries.calm.enabled=false")
				.run((context) -> assertThat(context).hasNotFailed());
			Starter.with(this.runner, Client.class).run((context) -> assertThat(context).hasNotFailed());
			assertThat(warnings.messages()).isEmpty();
		}
	}

	private static Retry retry(PolicyRegistry<?> retries) {
		return (Retry) retries.get("calm");
	}

	private static HttpServerErrorException unavailable(String retryAfter) {
		return HttpServerErrorException.create(HttpStatus.SERVICE_UNAVAILABLE, "Busy", headers(retryAfter), new byte[0],
				StandardCharsets.UTF_8);
	}

	private static HttpHeaders headers(String retryAfter) {
		HttpHeaders headers = new HttpHeaders();
		headers.set(HttpHeaders.RETRY_AFTER, retryAfter);
		return headers;
	}

	static class State {

		int calls;

		String answer = "answer";

		@Nullable RuntimeException failure;

	}

	static class Client {

		private final State state = new State();

		State state() {
			return this.state;
		}

		@Retrying("calm")
		public String ask() {
			this.state.calls++;
			if (this.state.failure != null) {
				throw this.state.failure;
			}
			return this.state.answer;
		}

		@Retrying("calm")
		public CompletionStage<String> askLater() {
			return CompletableFuture.completedFuture(ask());
		}

		@Retrying("calm")
		public Mono<String> askReactively() {
			return Mono.fromSupplier(this::ask);
		}

	}

	static class Stacked {

		@Retryable
		@Retrying("calm")
		public String ask() {
			return "asked";
		}

		@Retryable
		public String tell() {
			return "told";
		}

	}

	@Retryable
	static class StackedClass {

		@Retrying("calm")
		public String ask() {
			return "asked";
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Predicates {

		@Bean
		Predicate<String> busy() {
			return "busy"::equals;
		}

	}

}
