package dev.resilience.spring.web.idempotency;

import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.spring.web.TestServer;
import dev.resilience.spring.web.TestServer.Answer;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.security.config.Customizer;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.config.annotation.method.configuration.EnableMethodSecurity;
import org.springframework.security.config.annotation.method.configuration.EnableReactiveMethodSecurity;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.userdetails.MapReactiveUserDetailsService;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests with a key behind Spring Security.
 */
class SecuredIdempotencyKeyTests {

	@Test
	void keysShouldBelongToAuthenticatedUsersInWebMvc() {
		requireSecured(WebApplicationType.SERVLET, ServletApplication.class);
	}

	@Test
	void keysShouldBelongToAuthenticatedUsersInWebFlux() {
		requireSecured(WebApplicationType.REACTIVE, ReactiveApplication.class);
	}

	private static void requireSecured(WebApplicationType type, Class<?> application) {
		try (TestServer server = TestServer
			.start(type, application, "resilience.idempotency.http.enabled=true", "spring.autoconfigure.exclude="
					+ "org.springframework.boot.tomcat.autoconfigure.actuate.web.server.TomcatReactiveManagementContextAutoConfiguration")) {
			AtomicInteger runs = server.bean(Account.class).runs();
			assertThat(post(server, "alice", "secret").body()).isEqualTo("alice 1");
			assertThat(post(server, "alice", "wrong").status()).isEqualTo(401);
			assertThat(post(server, "alice", "wrong").header("Idempotent-Replayed")).isEmpty();
			Answer other = post(server, "bob", "secret");
			assertThat(other.body()).isEqualTo("bob 2");
			Answer replay = post(server, "alice", "secret");
			assertThat(replay.body()).isEqualTo("alice 1");
			assertThat(replay.header("Idempotent-Replayed")).isEqualTo("true");
			assertThat(runs).hasValue(2);
			for (int round = 0; round < 2; round++) {
				assertThat(post(server, "/audit", "alice", "secret").status()).isEqualTo(403);
			}
		}
	}

	private static Answer post(TestServer server, String user, String password) {
		return post(server, "/withdraw", user, password);
	}

	private static Answer post(TestServer server, String path, String user, String password) {
		String credentials = Base64.getEncoder()
			.encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
		return server.send(path,
				(request) -> request.header("Authorization", "Basic " + credentials)
					.header("Content-Type", "text/plain")
					.header("Idempotency-Key", "same")
					.POST(BodyPublishers.ofString("5 EUR")));
	}

	@SuppressWarnings("deprecation") // it is deprecated for production
	private static UserDetails[] users() {
		User.UserBuilder users = User.withDefaultPasswordEncoder();
		return new UserDetails[] { users.username("alice").password("secret").roles("USER").build(),
				users.username("bob").password("secret").roles("USER").build() };
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableWebSecurity
	@EnableMethodSecurity
	@Import(Account.class)
	static class ServletApplication {

		@Bean
		UserDetailsService userDetailsService() {
			return new InMemoryUserDetailsManager(users());
		}

		@Bean
		SecurityFilterChain chain(HttpSecurity http) throws Exception {
			return http.csrf((csrf) -> csrf.disable())
				.httpBasic(Customizer.withDefaults())
				.authorizeHttpRequests((requests) -> requests.anyRequest().authenticated())
				.build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableWebFluxSecurity
	@EnableReactiveMethodSecurity
	@Import(Account.class)
	static class ReactiveApplication {

		@Bean
		MapReactiveUserDetailsService userDetailsService() {
			return new MapReactiveUserDetailsService(users());
		}

		@Bean
		SecurityWebFilterChain chain(ServerHttpSecurity http) {
			return http.csrf((csrf) -> csrf.disable())
				.httpBasic(Customizer.withDefaults())
				.authorizeExchange((exchanges) -> exchanges.anyExchange().authenticated())
				.build();
		}

	}

	/**
	 * Public, for a proxy of it.
	 */
	@RestController
	public static class Account {

		private final AtomicInteger runs = new AtomicInteger();

		public AtomicInteger runs() {
			return this.runs;
		}

		@PostMapping("/withdraw")
		public String withdraw(@RequestBody String amount, Principal principal) {
			return principal.getName() + " " + this.runs.incrementAndGet();
		}

		@PostMapping("/audit")
		@PreAuthorize("hasRole('AUDITOR')")
		public Mono<String> audit() {
			return Mono.just("audited");
		}

	}

}
