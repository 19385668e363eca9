package dev.resilience.spring.web;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * An application behind a real port, and a client to it, which shares no connection with
 * the client of another.
 *
 * @param context the application
 * @param client the client
 */
public record TestServer(ConfigurableApplicationContext context, HttpClient client) implements AutoCloseable {

	/**
	 * What leaves an application without security although it is on the class path, and
	 * with one server for a reactive management context although there are two.
	 */
	public static final String WITHOUT_SECURITY = "spring.autoconfigure.exclude="
			+ "org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration,"
			+ "org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration,"
			+ "org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration,"
			+ "org.springframework.boot.security.autoconfigure.web.reactive.ReactiveWebSecurityAutoConfiguration,"
			+ "org.springframework.boot.security.autoconfigure.actuate.web.reactive.ReactiveManagementWebSecurityAutoConfiguration,"
			+ "org.springframework.boot.tomcat.autoconfigure.actuate.web.server.TomcatReactiveManagementContextAutoConfiguration";

	private static final JsonMapper JSON = new JsonMapper();

	/**
	 * Starts an application.
	 * @param type its web server
	 * @param configuration its beans
	 * @param properties each {@code name=value}
	 * @return the running application
	 */
	public static TestServer start(WebApplicationType type, Class<?> configuration, String... properties) {
		SpringApplication application = new SpringApplication(configuration);
		application.setWebApplicationType(type);
		// Boot's own connection to Redis is on the class path, but leads nowhere.
		Map<String, Object> defaults = new LinkedHashMap<>(
				Map.of("server.port", "0", "spring.main.banner-mode", "off", "spring.jmx.enabled", "false",
						"logging.level.root", "error", "management.health.redis.enabled", "false"));
		for (String property : properties) {
			int equals = property.indexOf('=');
			defaults.put(property.substring(0, equals), property.substring(equals + 1));
		}
		application.setDefaultProperties(defaults);
		return new TestServer(application.run(), HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build());
	}

	/**
	 * A bean of the application.
	 * @param <T> its type
	 * @param type its type
	 * @return the bean
	 */
	public <T> T bean(Class<T> type) {
		return this.context.getBean(type);
	}

	/**
	 * Reads a resource.
	 * @param path its path
	 * @return the answer
	 */
	public Answer get(String path) {
		return send(path, HttpRequest.Builder::GET);
	}

	/**
	 * Posts JSON.
	 * @param path the path
	 * @param body the body
	 * @return the answer
	 */
	public Answer post(String path, String body) {
		return send(path,
				(request) -> request.header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)));
	}

	/**
	 * Sends a request.
	 * @param path its path
	 * @param customizer makes the rest of it
	 * @return the answer
	 */
	public Answer send(String path, Consumer<HttpRequest.Builder> customizer) {
		String port = (path.startsWith("/actuator") || path.startsWith("/manage"))
				? this.context.getEnvironment().getProperty("local.management.port") : null;
		if (port == null) {
			port = this.context.getEnvironment().getProperty("local.server.port");
		}
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
			.timeout(Duration.ofSeconds(20));
		customizer.accept(request);
		try {
			HttpResponse<String> response = this.client.send(request.build(), BodyHandlers.ofString());
			return new Answer(response.statusCode(), response);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public void close() {
		this.context.close();
	}

	/**
	 * An answer.
	 *
	 * @param status its status
	 * @param response all of it
	 */
	public record Answer(int status, HttpResponse<String> response) {

		/**
		 * Its body.
		 * @return the text
		 */
		public String body() {
			return this.response.body();
		}

		/**
		 * A header.
		 * @param name its name
		 * @return its value, or an empty text
		 */
		public String header(String name) {
			return this.response.headers().firstValue(name).orElse("");
		}

		/**
		 * Its body as JSON.
		 * @return the root
		 */
		public JsonNode json() {
			return JSON.readTree(this.response.body());
		}

		/**
		 * A text of the body.
		 * @param pointer where it stands, as a JSON pointer
		 * @return its text, empty when there is none
		 */
		public String at(String pointer) {
			JsonNode node = json().at(pointer);
			return node.isValueNode() ? node.asString() : node.toString();
		}

	}

}
