package dev.resilience.spring.readme;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.sun.net.httpserver.HttpServer;
import dev.resilience.Pipeline;
import dev.resilience.circuitbreaker.CircuitBreaker;
import dev.resilience.circuitbreaker.CircuitBreakerPreset;
import dev.resilience.idempotency.IdempotencyConfig;
import dev.resilience.idempotency.IdempotentOperation;
import dev.resilience.idempotency.store.MemoryIdempotencyStore;
import dev.resilience.ratelimiter.RateLimiter;
import dev.resilience.ratelimiter.RateLimiterConfig;
import dev.resilience.spring.web.idempotency.IdempotencyKeyFilterFunction;
import dev.resilience.spring.web.idempotency.IdempotencyKeyInterceptor;
import dev.resilience.time.TimeSource;
import org.junit.jupiter.api.Test;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.web.client.RestClient;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The README's snippets are real: what it shows is compiled and run, here or in the tests
 * beside this one.
 */
class ReadmeSnippetsTests {

	private static final String SOURCES = "resilience-spring-boot-starter/src/test/java/dev/resilience/spring/readme";

	@Test
	void blocksShouldBeOfKindsThatTestsRun() {
		assertThat(Readme.languages()).containsOnly("", "bash", "java", "text", "xml", "yaml");
		assertThat(Readme.blocks("xml")).hasSize(1);
		assertThat(Readme.blocks("yaml")).hasSize(5);
		assertThat(Readme.blocks("text")).hasSize(2);
	}

	@Test
	void javaShouldBeTakenFromTestsThatRun() {
		List<String> sources = Readme.sources(SOURCES).stream().map(ReadmeSnippetsTests::plain).toList();
		assertThat(Readme.blocks("java")).hasSize(8)
			.allSatisfy((block) -> assertThat(sources).anyMatch((source) -> source.contains(plain(block))));
	}

	private static String plain(String code) {
		return code.lines().map(String::strip).filter((line) -> !line.isEmpty()).collect(Collectors.joining("\n"));
	}

	@Test
	void policiesByHandShouldProtectCall() throws Exception {
		Provider provider = new Provider();
		CircuitBreaker breaker = CircuitBreaker.of("payments", CircuitBreakerPreset.CRITICAL_SERVICE.builder().build());
		RateLimiter limiter = RateLimiter.of("payments", RateLimiterConfig.builder().limit(100).build());
		String receipt = Pipeline.of(breaker, limiter).call(() -> provider.charge("order-1"));
		assertThat(receipt).isEqualTo("receipt for order-1");
		assertThat(breaker.snapshot().calls()).containsEntry("succeeded", 1L);
		assertThat(limiter.snapshot().calls()).containsEntry("granted", 1L);
	}

	@Test
	void clientsShouldSendAKeyOfTheirOwn() throws Exception {
		RestClient rest = RestClient.builder().requestInterceptor(new IdempotencyKeyInterceptor()).build();
		WebClient web = WebClient.builder().filter(new IdempotencyKeyFilterFunction()).build();
		Queue<String> keys = new ConcurrentLinkedQueue<>();
		HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		server.createContext("/", (exchange) -> {
			keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("Idempotency-Key")));
			exchange.sendResponseHeaders(204, -1);
			exchange.close();
		});
		server.start();
		try {
			String uri = "http://localhost:" + server.getAddress().getPort() + "/charge";
			TimeSource time = TimeSource.system();
			new IdempotentOperation("charge", IdempotencyConfig.builder().build(), new MemoryIdempotencyStore(time),
					time)
				.execute("key", null, () -> {
					rest.get().uri(uri).retrieve().toBodilessEntity();
					return web.get().uri(uri).retrieve().toBodilessEntity().block();
				});
		}
		finally {
			server.stop(0);
		}
		assertThat(keys).hasSize(2).allMatch((key) -> key.matches("[0-9a-f]{64}"));
		assertThat(Set.copyOf(keys)).hasSize(1);
	}

	@Test
	void dependencyShouldBeTheStarter() {
		String pom = Readme.read("resilience-spring-boot-starter/pom.xml");
		String dependency = Readme.blocks("xml").get(0);
		String parent = pom.substring(pom.indexOf("<parent>"), pom.indexOf("</parent>"));
		String own = pom.substring(pom.indexOf("</parent>"));
		for (String element : List.of("groupId", "version")) {
			assertThat(element(dependency, element)).isEqualTo(element(parent, element));
		}
		assertThat(element(dependency, "artifactId")).isEqualTo(element(own, "artifactId"));
	}

	private static String element(String xml, String name) {
		return xml.substring(xml.indexOf("<" + name + ">") + name.length() + 2, xml.indexOf("</" + name + ">"));
	}

	@Test
	void commandsShouldBeThoseThatAreRun() {
		assertThat(Readme.blocks("")).containsExactly("./mvnw -Dmaven.test.skip=true package spring-boot:run\n",
				"./mvnw verify\n");
		assertThat(Readme.read(".ci/run").lines()).contains(Readme.blocks("").get(1).strip());
	}

	@Test
	void linksShouldLeadToHeadings() {
		Set<String> headings = Readme.text()
			.lines()
			.filter((line) -> line.startsWith("#"))
			.map((line) -> line.replaceFirst("^#+ ", "")
				.toLowerCase(Locale.ROOT)
				.replaceAll("[^a-z0-9 -]", "")
				.replace(' ', '-'))
			.collect(Collectors.toSet());
		List<String> links = Pattern.compile("\\]\\(#([^)]+)\\)")
			.matcher(Readme.text())
			.results()
			.map((link) -> link.group(1))
			.toList();
		assertThat(links).isNotEmpty().allSatisfy((link) -> assertThat(headings).contains(link));
	}

	@Test
	void startWhenPolicyIsMisspeltShouldFailAsReadmeSays() {
		String example = Readme.blocks("text").get(1).strip().replace("com.example", getClass().getPackageName());
		new ApplicationContextRunner().withConfiguration(Readme.starter())
			.withPropertyValues("resilience.circuit-breakers.payments.preset=moderate")
			.withBean(Billing.class)
			.run((context) -> assertThat(context.getStartupFailure()).hasStackTraceContaining(example));
	}

}
