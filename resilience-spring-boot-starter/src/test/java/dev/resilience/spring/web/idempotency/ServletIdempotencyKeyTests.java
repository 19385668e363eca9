package dev.resilience.spring.web.idempotency;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

import dev.resilience.Trap;
import dev.resilience.idempotency.IdempotencyContext;
import dev.resilience.spring.web.TestServer.Answer;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterProperties;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.request.async.DeferredResult;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The contract of requests with a key in WebMVC, and what only servlets can do.
 */
class ServletIdempotencyKeyTests extends IdempotencyKeyContract {

	@Override
	WebApplicationType type() {
		return WebApplicationType.SERVLET;
	}

	@Override
	Class<?> application() {
		return ServletApplication.class;
	}

	@Test
	void duplicatesOfBlockingHandlerShouldRunOnce() {
		String key = key();
		List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
		for (int count = 0; count < 4; count++) {
			all.add(later("/blocking", key));
		}
		Desk desk = server().bean(Desk.class);
		await().until(() -> runs("blocking") == 1);
		desk.open.countDown();
		all.forEach((each) -> assertThat(each.join().body()).isEqualTo("served"));
		assertThat(runs("blocking")).isEqualTo(1);
	}

	@Test
	void handlerShouldKnowItsKeyAndFence() {
		String key = key();
		Answer first = post("/context", key, "");
		assertThat(first.body()).startsWith(key + " ").doesNotEndWith(" 0");
		assertThat(post("/context", key, "").body()).isEqualTo(first.body());
	}

	@Test
	void callableShouldBeReplayed() {
		requireReplayed("/callable", 200, "called", "callable");
	}

	@Test
	void textOfWriterShouldBeReplayed() {
		requireReplayed("/raw/writer", 202, "w\u00fcrde", "writer");
	}

	@Test
	void asynchronousProcessingThatIsCompletedByHandShouldBeReplayed() {
		requireReplayed("/raw/complete", 200, "completed", "complete");
	}

	@Test
	void redirectShouldBeReplayed() {
		String key = key();
		Answer first = post("/raw/redirect", key, "");
		assertThat(first.status()).isEqualTo(302);
		Answer replay = post("/raw/redirect", key, "");
		assertThat(replay.status()).isEqualTo(302);
		assertThat(replay.header("Location")).isNotEmpty().isEqualTo(first.header("Location"));
		assertThat(replay.header("Idempotent-Replayed")).isEqualTo("true");
	}

	@Test
	void responseThatIsResetShouldHaveTheLastBodyAlone() {
		requireReplayed("/raw/reset", 200, "second", "reset");
	}

	@Test
	@Trap(37)
	void asynchronousRequestThatTimesOutShouldLeaveTheOutcomeUnknown() {
		String key = key();
		assertThat(post("/never", key, "").status()).isEqualTo(503);
		requireProblem(post("/never", key, ""), 409, "outcome-unknown");
		assertThat(runs("never")).isEqualTo(1);
	}

	@Test
	void rawAsynchronousRequestThatTimesOutShouldLeaveTheOutcomeUnknown() {
		String key = key();
		assertThat(post("/raw/never", key, "").status()).isEqualTo(500);
		await().untilAsserted(() -> requireProblem(post("/raw/never", key, ""), 409, "outcome-unknown"));
		assertThat(runs("raw-never")).isEqualTo(1);
	}

	@Test
	void exceptionOfAsynchronousHandlerShouldLeaveTheOutcomeUnknown() {
		String key = key();
		assertThat(post("/callable-fails", key, "").status()).isEqualTo(500);
		requireProblem(post("/callable-fails", key, ""), 409, "outcome-unknown");
		assertThat(runs("callable-fails")).isEqualTo(1);
	}

	@Test
	@Trap(37)
	void responseShouldBeStoredWhenTheClientHasGoneBeforeItIsWritten() throws IOException {
		String key = key();
		CompletableFuture<String> held = server().bean(Shop.class).hold("gone-client");
		try (Socket socket = send("/held/gone-client", key)) {
			await().until(() -> runs("gone-client") == 1);
			socket.setSoLinger(true, 0);
		}
		held.complete("late");
		Answer replay = post("/held/gone-client", key, "");
		assertThat(replay.body()).isEqualTo("late");
		assertThat(replay.header("Idempotent-Replayed")).isEqualTo("true");
		assertThat(runs("gone-client")).isEqualTo(1);
	}

	@Test
	void keyThatIsNotAsciiShouldBe400() throws IOException {
		try (Socket socket = send("/orders", "caf\u00e9")) {
			String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			assertThat(answer).startsWith("HTTP/1.1 400 ").contains("invalid-key");
		}
	}

	private Socket send(String path, String key) throws IOException {
		String port = server().context().getEnvironment().getRequiredProperty("local.server.port");
		Socket socket = new Socket("localhost", Integer.parseInt(port));
		String request = String.join("\r\n", "POST " + path + " HTTP/1.1", "Host: localhost", "Connection: close",
				"Content-Type: text/plain", "Idempotency-Key: " + key, "Content-Length: 0", "", "");
		OutputStream out = socket.getOutputStream();
		out.write(request.getBytes(StandardCharsets.UTF_8));
		out.flush();
		return socket;
	}

	private void requireReplayed(String path, int status, String body, String name) {
		String key = key();
		Answer first = post(path, key, "");
		assertThat(first.status()).isEqualTo(status);
		assertThat(first.body()).isEqualTo(body);
		Answer replay = post(path, key, "");
		assertThat(replay.status()).isEqualTo(status);
		assertThat(replay.body()).isEqualTo(body);
		assertThat(replay.header("Content-Type")).isEqualTo(first.header("Content-Type"));
		assertThat(replay.header("Idempotent-Replayed")).isEqualTo("true");
		assertThat(runs(name)).isEqualTo(1);
	}

	@Configuration(proxyBeanMethods = false)
	@Import({ Application.class, Desk.class })
	static class ServletApplication {

		@Bean
		FilterRegistrationBean<Filter> users() {
			FilterRegistrationBean<Filter> registration = new FilterRegistrationBean<>((request, response, chain) -> {
				String user = ((HttpServletRequest) request).getHeader("X-User");
				chain.doFilter(new HttpServletRequestWrapper((HttpServletRequest) request) {
					@Override
					public @Nullable Principal getUserPrincipal() {
						return (user != null) ? new User(user) : null;
					}
				}, response);
			});
			registration.setOrder(SecurityFilterProperties.DEFAULT_FILTER_ORDER);
			registration.setAsyncSupported(true);
			return registration;
		}

		@Bean
		ServletRegistrationBean<Raw> raw(Shop shop) {
			ServletRegistrationBean<Raw> registration = new ServletRegistrationBean<>(new Raw(shop), "/raw/*");
			registration.setAsyncSupported(true);
			return registration;
		}

	}

	@RestController
	static class Desk {

		final CountDownLatch open = new CountDownLatch(1);

		private final Shop shop;

		Desk(Shop shop) {
			this.shop = shop;
		}

		@PostMapping("/blocking")
		String blocking() throws InterruptedException {
			this.shop.runs("blocking").incrementAndGet();
			this.open.await();
			return "served";
		}

		@PostMapping("/context")
		String context(@RequestBody(required = false) @Nullable String body) {
			IdempotencyContext context = IdempotencyContext.current().orElseThrow();
			return context.key() + " " + context.fence();
		}

		@PostMapping("/callable")
		Callable<String> callable() {
			this.shop.runs("callable").incrementAndGet();
			return () -> "called";
		}

		@PostMapping("/callable-fails")
		Callable<String> callableFails() {
			this.shop.runs("callable-fails").incrementAndGet();
			return () -> {
				throw new IllegalStateException("4711");
			};
		}

		@PostMapping("/never")
		DeferredResult<String> never() {
			this.shop.runs("never").incrementAndGet();
			return new DeferredResult<>(100L);
		}

	}

	/**
	 * Uses what frameworks hide.
	 */
	static class Raw extends HttpServlet {

		private static final long serialVersionUID = 1L;

		@SuppressWarnings("serial") // nobody serializes it
		private final transient Shop shop;

		Raw(Shop shop) {
			this.shop = shop;
		}

		@Override
		protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
			switch (request.getPathInfo()) {
				case "/writer" -> {
					this.shop.runs("writer").incrementAndGet();
					response.setStatus(202);
					response.setContentType("text/plain");
					response.setCharacterEncoding("UTF-8");
					response.getWriter().print("w\u00fcrde");
					response.flushBuffer();
				}
				case "/complete" -> {
					this.shop.runs("complete").incrementAndGet();
					AsyncContext context = request.startAsync();
					context.start(() -> complete(context));
				}
				case "/never" -> {
					this.shop.runs("raw-never").incrementAndGet();
					request.startAsync().setTimeout(100);
				}
				case "/redirect" -> response.sendRedirect("/elsewhere");
				default -> {
					this.shop.runs("reset").incrementAndGet();
					response.getWriter().print("first");
					response.resetBuffer();
					response.getWriter().print("second");
				}
			}
		}

		private static void complete(AsyncContext context) {
			try {
				context.getResponse().getOutputStream().print("completed");
			}
			catch (IOException ex) {
				throw new IllegalStateException(ex);
			}
			context.complete();
		}

	}

}
