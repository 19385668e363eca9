package dev.resilience.spring.actuate;

import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

import dev.resilience.spring.web.TestServer;
import dev.resilience.spring.web.TestServer.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity.CsrfSpec;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.server.SecurityWebFilterChain;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Who may use the endpoints, and where they are.
 */
class EndpointAccessTests {

	private static final String ACTIVATE = "{\"action\":\"activate\",\"reason\":\"drill\"}";

	@ParameterizedTest
	@EnumSource(value = WebApplicationType.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
	void requestWhenManagementHasPortOfItsOwnShouldBeAnsweredThere(WebApplicationType type) {
		try (TestServer server = start(type, Shop.Application.class, TestServer.WITHOUT_SECURITY,
				"management.server.port=0", "management.endpoints.web.base-path=/manage")) {
			assertThat(server.context().getEnvironment().getProperty("local.management.port"))
				.isNotEqualTo(server.context().getEnvironment().getProperty("local.server.port"));
			Answer unknown = server.post("/manage/killswitches/paymets", ACTIVATE.replace("}", ",\"actor\":\"a\"}"));
			assertThat(unknown.status()).isEqualTo(404);
			assertThat(unknown.at("/nearest/0")).isEqualTo("payments");
			Answer malformed = server.post("/manage/killswitches/payments", "{");
			assertThat(malformed.status()).isEqualTo(400);
			assertThat(malformed.at("/detail")).contains("JSON object");
			Answer queried = server.post("/manage/killswitches/payments?actor=mallory", ACTIVATE);
			assertThat(queried.at("/detail")).contains("JSON body");
		}
	}

	@Test
	void requestWhenAccessIsRestrictedShouldObeyIt() {
		try (TestServer server = start(WebApplicationType.SERVLET, Shop.Application.class, TestServer.WITHOUT_SECURITY,
				"management.endpoint.killswitches.access=read-only", "management.endpoint.ratelimiters.access=none",
				"management.endpoints.web.exposure.exclude=idempotency")) {
			assertThat(server.get("/actuator/killswitches/global").status()).isEqualTo(200);
			assertThat(server.post("/actuator/killswitches/global", ACTIVATE).status()).isEqualTo(405);
			assertThat(server.get("/actuator/ratelimiters").status()).isEqualTo(404);
			assertThat(server.get("/actuator/idempotency").status()).isEqualTo(404);
			assertThat(server.get("/actuator/circuitbreakers").status()).isEqualTo(200);
			assertThat(server.get("/actuator").at("/_links/killswitches/href")).endsWith("/actuator/killswitches");
		}
	}

	@Test
	void requestWhenNothingIsExposedShouldBeUnknown() {
		try (TestServer server = start(WebApplicationType.SERVLET, Shop.Application.class, TestServer.WITHOUT_SECURITY,
				"management.endpoints.web.exposure.include=health")) {
			assertThat(Stream
				.of("circuitbreakers", "ratelimiters", "retries", "bulkheads", "timeouts", "idempotency",
						"killswitches")
				.map((id) -> server.get("/actuator/" + id).status())).containsOnly(404);
		}
	}

	@Test
	void startWhenOursAreSwitchedOffShouldMakeRoomForOthers() {
		try (TestServer server = start(WebApplicationType.SERVLET, ClashingApplication.class,
				TestServer.WITHOUT_SECURITY, "resilience.endpoints.enabled=false")) {
			assertThat(server.get("/actuator/circuitbreakers").at("/whose")).isEqualTo("theirs");
			assertThat(server.get("/actuator/killswitches").status()).isEqualTo(404);
		}
	}

	@ParameterizedTest
	@EnumSource(value = WebApplicationType.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
	void postWhenCallerIsAuthenticatedShouldTakeActorFromHim(WebApplicationType type) {
		try (TestServer server = start(type, SecuredApplication.class, "spring.security.user.name=oscar",
				"spring.security.user.password=secret")) {
			assertThat(server.get("/actuator/killswitches").status()).isEqualTo(401);
			assertThat(server.post("/actuator/killswitches/payments", ACTIVATE).status()).isEqualTo(401);
			Answer active = server.send("/actuator/killswitches/payments", authenticated(ACTIVATE));
			assertThat(active.status()).isEqualTo(200);
			assertThat(active.at("/details/activations/0/actor")).isEqualTo("oscar");
			Answer onBehalf = server.send("/actuator/killswitches/payments",
					authenticated("{\"action\":\"activate\",\"reason\":\"drill\",\"actor\":\"alice\"}"));
			assertThat(onBehalf.at("/details/activations/0/actor")).isEqualTo("oscar for alice");
		}
	}

	private static Consumer<HttpRequest.Builder> authenticated(String body) {
		String credentials = Base64.getEncoder().encodeToString("oscar:secret".getBytes(StandardCharsets.UTF_8));
		return (request) -> request.header("Authorization", "Basic " + credentials)
			.header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString(body));
	}

	private static TestServer start(WebApplicationType type, Class<?> configuration, String... properties) {
		return TestServer.start(type, configuration,
				Stream.concat(Arrays.stream(Shop.PROPERTIES), Arrays.stream(properties)).toArray(String[]::new));
	}

	@Configuration(proxyBeanMethods = false)
	@Import(Shop.Application.class)
	static class ClashingApplication {

		@Bean
		TheirEndpoint theirEndpoint() {
			return new TheirEndpoint();
		}

	}

	@Endpoint(id = "circuitbreakers")
	static class TheirEndpoint {

		@ReadOperation
		Map<String, String> all() {
			return Map.of("whose", "theirs");
		}

	}

	@Configuration(proxyBeanMethods = false)
	@Import(Shop.Application.class)
	static class SecuredApplication {

		@Bean
		@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
		SecurityFilterChain servletSecurity(HttpSecurity http) {
			return http.authorizeHttpRequests((requests) -> requests.anyRequest().authenticated())
				.httpBasic(Customizer.withDefaults())
				.csrf(AbstractHttpConfigurer::disable)
				.build();
		}

		@Bean
		@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
		SecurityWebFilterChain reactiveSecurity(ServerHttpSecurity http) {
			return http.authorizeExchange((exchanges) -> exchanges.anyExchange().authenticated())
				.httpBasic(Customizer.withDefaults())
				.csrf(CsrfSpec::disable)
				.build();
		}

	}

}
