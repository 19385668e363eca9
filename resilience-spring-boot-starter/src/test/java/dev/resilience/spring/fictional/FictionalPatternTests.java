package dev.resilience.spring.fictional;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

import com.jayway.jsonpath.JsonPath;
import dev.resilience.PolicyRegistry;
import dev.resilience.Trap;
import dev.resilience.spring.autoconfigure.OfficeHoursAutoConfiguration;
import dev.resilience.time.FakeTicker;
import dev.resilience.time.TimeSource;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A pattern that shared code has never heard of, from annotation to endpoint, metric,
 * health and problem detail.
 */
class FictionalPatternTests {

	private static final FakeTicker TIME = new FakeTicker();

	private static final HttpClient CLIENT = HttpClient.newHttpClient();

	private static ConfigurableApplicationContext context;

	private static OfficeHoursGate office;

	@BeforeAll
	static void start() {
		SpringApplication application = new SpringApplication(Office.class);
		application.setWebApplicationType(WebApplicationType.SERVLET);
		context = application.run("--server.port=0", "--spring.main.banner-mode=off",
				"--management.endpoints.web.exposure.include=*", "--management.endpoint.health.show-details=always",
				"--management.health.redis.enabled=false", "--resilience.office-hours.counter.from=08:00",
				"--resilience.office-hours.default.to=18:00");
		office = (OfficeHoursGate) context.getBean("offices", PolicyRegistry.class).get("counter");
	}

	@AfterAll
	static void stop() {
		context.close();
	}

	@AfterEach
	void reopen() {
		office.holiday(false);
	}

	@Test
	void callWhenOfficeIsOpenShouldPass() throws Exception {
		HttpResponse<String> response = get("/stamps");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.body()).isEqualTo("a stamp");
	}

	@Test
	void rejectionShouldBecomeProblemDetailWithStatusOfItsCategory() throws Exception {
		office.holiday(true);
		HttpResponse<String> response = get("/stamps");
		assertThat(response.statusCode()).isEqualTo(429);
		assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
		assertThat(response.headers().firstValue("Retry-After")).hasValue("72000");
		assertThat(text(response, "$.title")).isEqualTo("Too many requests");
		assertThat(text(response, "$.detail")).isEqualTo("the office 'counter' is closed until 08:00");
		assertThat(text(response, "$.policyType")).isEqualTo("office-hours");
		assertThat(text(response, "$.policy")).isEqualTo("counter");
		assertThat(text(response, "$.reason")).isEqualTo("after-hours");
	}

	@Test
	void endpointShouldShowPolicyAndWhereItsSettingsCameFrom() throws Exception {
		assertThat(text(get("/actuator/officehours"), "$.officeHours.counter.state")).isEqualTo("OPEN");
		HttpResponse<String> one = get("/actuator/officehours/counter");
		assertThat(one.statusCode()).isEqualTo(200);
		assertThat(text(one, "$.config.from.value")).isEqualTo("08:00");
		assertThat(text(one, "$.config.from.origin")).contains("commandLineArgs");
		assertThat(text(one, "$.config.to.value")).isEqualTo("18:00");
		assertThat((Number) JsonPath.read(one.body(), "$.gauges.hoursADay")).isEqualTo(10.0);
	}

	@Test
	void endpointWhenOrderedShouldActAndAnswerNewState() throws Exception {
		HttpResponse<String> closed = post("/actuator/officehours/counter", "{\"action\":\"close\"}");
		assertThat(closed.statusCode()).isEqualTo(200);
		assertThat(text(closed, "$.state")).isEqualTo("CLOSED");
		assertThat(get("/stamps").statusCode()).isEqualTo(429);
	}

	@Test
	void endpointWhenOrderIsWrongShouldSayWhatIsWrong() throws Exception {
		HttpResponse<String> unknownName = get("/actuator/officehours/countre");
		assertThat(unknownName.statusCode()).isEqualTo(404);
		assertThat(text(unknownName, "$.nearest[0]")).isEqualTo("counter");
		HttpResponse<String> unknownField = post("/actuator/officehours/counter",
				"{\"action\":\"close\",\"until\":\"monday\"}");
		assertThat(unknownField.statusCode()).isEqualTo(400);
		assertThat(text(unknownField, "$.detail")).contains("until");
		assertThat(post("/actuator/officehours/counter", "{\"action\":\"burn\"}").statusCode()).isEqualTo(400);
		assertThat(office.snapshot().state()).isEqualTo("OPEN");
	}

	@Test
	void healthWhenOfficeIsClosedShouldNameIt() throws Exception {
		assertThat(text(get("/actuator/health"), "$.components.resilience.status")).isEqualTo("UP");
		office.holiday(true);
		HttpResponse<String> health = get("/actuator/health");
		assertThat(health.statusCode()).isEqualTo(200);
		assertThat(text(health, "$.status")).isEqualTo("DEGRADED");
		assertThat(text(health, "$.components.resilience.details.office-hours.counter")).isEqualTo("CLOSED");
	}

	@Test
	void metersShouldExistForThePolicy() throws Exception {
		MeterRegistry meters = context.getBean(MeterRegistry.class);
		double before = meters.get("resilience.rejections")
			.tags("type", "office-hours", "name", "counter", "reason", "after-hours")
			.functionCounter()
			.count();
		office.holiday(true);
		get("/stamps");
		TIME.advance(Duration.ofDays(1));
		assertThat(meters.get("resilience.rejections")
			.tags("type", "office-hours", "name", "counter", "reason", "after-hours")
			.functionCounter()
			.count()).isEqualTo(before + 1);
		assertThat(meters.get("resilience.state")
			.tags("type", "office-hours", "name", "counter", "state", "CLOSED")
			.gauge()
			.value()).isEqualTo(1);
		assertThat(meters.get("resilience.office.hours.hours.a.day").tags("name", "counter").gauge().value())
			.isEqualTo(10);
	}

	@Test
	@Trap(42)
	void endpointsShouldObeyNoSwitchNotEvenTheGlobalOne() throws Exception {
		String activate = "{\"action\":\"activate\",\"reason\":\"test\",\"actor\":\"test\"}";
		assertThat(post("/actuator/killswitches/global", activate).statusCode()).isEqualTo(200);
		assertThat(get("/stamps").statusCode()).isEqualTo(503);
		assertThat(post("/actuator/officehours/counter", "{\"action\":\"close\"}").statusCode()).isEqualTo(200);
		HttpResponse<String> released = post("/actuator/killswitches/global", activate.replace("activate", "release"));
		assertThat(released.statusCode()).isEqualTo(200);
		assertThat(text(released, "$.state")).isEqualTo("INACTIVE");
		assertThat(text(get("/actuator/killswitches"), "$.killSwitches.global.state")).isEqualTo("INACTIVE");
	}

	private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
		return send(request(path).GET());
	}

	private static HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
		return send(request(path).header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString(body)));
	}

	private static HttpRequest.Builder request(String path) {
		String port = context.getEnvironment().getRequiredProperty("local.server.port");
		return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
	}

	private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
		return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
	}

	private static String text(HttpResponse<String> response, String path) {
		return JsonPath.read(response.body(), path);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(excludeName = {
			"org.springframework.boot.security.autoconfigure.SecurityAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.UserDetailsServiceAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration" })
	@ImportAutoConfiguration(OfficeHoursAutoConfiguration.class)
	@Import({ Stamps.class, Counter.class })
	static class Office {

		@Bean
		TimeSource time() {
			return TIME.source();
		}

	}

	static class Stamps {

		@OfficeHours("counter")
		String sell() {
			return "a stamp";
		}

	}

	@RestController
	static class Counter {

		private final Stamps stamps;

		Counter(Stamps stamps) {
			this.stamps = stamps;
		}

		@GetMapping("/stamps")
		String stamps() {
			return this.stamps.sell();
		}

	}

}
