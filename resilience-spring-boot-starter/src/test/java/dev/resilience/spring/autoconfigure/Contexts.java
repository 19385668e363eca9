package dev.resilience.spring.autoconfigure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.test.context.assertj.ApplicationContextAssertProvider;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.ArgumentResolver;
import org.springframework.core.io.support.SpringFactoriesLoader.FailureHandler;

/**
 * What tests of application contexts have in common.
 */
final class Contexts {

	private Contexts() {
	}

	/**
	 * Everything that the starter configures by itself.
	 */
	static AutoConfigurations ours() {
		return AutoConfigurations.of(ResilienceAutoConfiguration.class, CircuitBreakerAutoConfiguration.class,
				RateLimiterAutoConfiguration.class, KillSwitchAutoConfiguration.class,
				IdempotencyAutoConfiguration.class, IdempotencyHttpAutoConfiguration.class,
				RetryAutoConfiguration.class, TimeoutAutoConfiguration.class, BulkheadAutoConfiguration.class,
				PipelineAutoConfiguration.class, ResilienceRedisAutoConfiguration.class,
				ResilienceEndpointAutoConfiguration.class, ResilienceHealthAutoConfiguration.class,
				ResilienceMetricsAutoConfiguration.class, ResilienceWebAutoConfiguration.class);
	}

	/**
	 * One instance of an application whose results are in Redis.
	 */
	static ApplicationContextRunner onRedis(String url, Class<?>... services) {
		return new ApplicationContextRunner().withConfiguration(ours())
			.withUserConfiguration(services)
			.withPropertyValues("resilience.idempotency.store=redis", "resilience.redis.url=" + url,
					"resilience.redis.command-timeout=5s");
	}

	/**
	 * An {@code application.yml}.
	 */
	static ApplicationContextInitializer<ConfigurableApplicationContext> yaml(String text) {
		ByteArrayResource resource = new ByteArrayResource(text.getBytes(StandardCharsets.UTF_8), "application.yml");
		return (context) -> {
			try {
				new YamlPropertySourceLoader().load("application.yml", resource)
					.forEach(context.getEnvironment().getPropertySources()::addLast);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		};
	}

	/**
	 * Environment variables.
	 */
	static ApplicationContextInitializer<ConfigurableApplicationContext> variables(Map<String, Object> variables) {
		return (context) -> context.getEnvironment()
			.getPropertySources()
			.addFirst(new SystemEnvironmentPropertySource("test-systemEnvironment", variables));
	}

	/**
	 * What Boot's failure report would say about a context that did not start.
	 */
	static FailureAnalysis analysis(ApplicationContextAssertProvider<?> context) {
		Throwable failure = context.getStartupFailure();
		if (failure == null) {
			throw new AssertionError("The context started");
		}
		return analysis(failure, new DefaultListableBeanFactory(), new StandardEnvironment());
	}

	static FailureAnalysis analysis(Throwable failure, BeanFactory beans, Environment environment) {
		List<FailureAnalyzer> analyzers = SpringFactoriesLoader.forDefaultResourceLocation()
			.load(FailureAnalyzer.class,
					ArgumentResolver.of(BeanFactory.class, beans).and(Environment.class, environment),
					FailureHandler.handleMessage((message, unfit) -> {
					}));
		return analyzers.stream()
			.map((analyzer) -> analyzer.analyze(failure))
			.filter((analysis) -> analysis != null)
			.findFirst()
			.orElseThrow(() -> new AssertionError("Nothing analyses the failure", failure));
	}

}
