package dev.resilience.spring.autoconfigure;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;

import dev.resilience.circuitbreaker.CircuitOpenException;
import dev.resilience.spring.annotation.CircuitProtected;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Applications whose class path lacks optional jars. Unlike with a filtering class
 * loader, our own classes cannot see them either.
 */
class AbsentJarsTests {

	private static final String WEB = "spring-(boot-)?web|tomcat|jakarta\\.servlet";

	private static final String ACTUATOR = "actuator|spring-boot-health|micrometer-(core|metrics|registry|jakarta)"
			+ "|spring-boot-micrometer|prometheus";

	private static final String JACKSON = "jackson";

	// Boot's own connection to Redis does not start without them.
	private static final String REACTOR = "reactor|reactive-streams|netty|data-redis";

	private static final String TEST = "spring-boot-security|spring-security|archunit|blockhound";

	@ParameterizedTest
	@ValueSource(strings = { WEB + "|" + ACTUATOR + "|" + JACKSON + "|" + REACTOR, ACTUATOR,
			"spring-boot-health|spring-boot-micrometer|micrometer-registry|micrometer-core|reactor|data-redis",
			"data-redis" })
	void startWhenJarsAreAbsentShouldProtect(String absent) throws Exception {
		Pattern pattern = Pattern.compile("(" + absent + "|" + TEST + ").*\\.jar");
		List<URL> urls = new ArrayList<>();
		for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
			if (!pattern.matcher(Path.of(entry).getFileName().toString()).find()) {
				urls.add(Path.of(entry).toUri().toURL());
			}
		}
		Thread thread = Thread.currentThread();
		ClassLoader before = thread.getContextClassLoader();
		try (URLClassLoader loader = new URLClassLoader(urls.toArray(URL[]::new),
				ClassLoader.getPlatformClassLoader())) {
			thread.setContextClassLoader(loader);
			Callable<?> application = (Callable<?>) loader.loadClass(Application.class.getName())
				.getConstructor()
				.newInstance();
			assertThat(application.call()).isEqualTo("CircuitOpenException");
		}
		finally {
			thread.setContextClassLoader(before);
		}
	}

	/**
	 * Starts in the class loader that lacks the jars.
	 */
	public static class Application implements Callable<String> {

		@Override
		public String call() {
			SpringApplication application = new SpringApplication(Beans.class);
			application.setDefaultProperties(Map.of("server.port", "0",
					"resilience.circuit-breakers.payments.failure-threshold", "1", "spring.main.web-application-type",
					"none", "spring.main.banner-mode", "off", "logging.level.root", "error"));
			try (ConfigurableApplicationContext context = application.run()) {
				Payments payments = context.getBean(Payments.class);
				payments.tryCharge();
				return payments.tryCharge();
			}
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Beans {

		@Bean
		Gateway gateway() {
			return new Gateway();
		}

		@Bean
		Payments payments(Gateway gateway) {
			return new Payments(gateway);
		}

	}

	record Payments(Gateway gateway) {

		String tryCharge() {
			try {
				this.gateway.charge();
				return "charged";
			}
			catch (CircuitOpenException ex) {
				return "CircuitOpenException";
			}
			catch (IllegalStateException ex) {
				return String.valueOf(ex.getMessage());
			}
		}

	}

	static class Gateway {

		@CircuitProtected("payments")
		public void charge() {
			throw new IllegalStateException("declined");
		}

	}

}
