package dev.resilience.spring.benchmark;

import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * A running application whose methods are all called, before a measurement and between
 * its parts: what the compiler learns from a single method would flatter.
 */
public abstract class Application {

	private static final int FIRST_ROUNDS = 20_000;

	private static final int ROUNDS = 2_000;

	final String order = "order";

	private final ConfigurableApplicationContext context;

	Application(Class<?> configuration, String... properties) {
		this.context = new SpringApplicationBuilder(configuration).web(WebApplicationType.NONE)
			.bannerMode(Banner.Mode.OFF)
			.properties(properties)
			.run();
	}

	final <T> T bean(Class<T> type) {
		return this.context.getBean(type);
	}

	/**
	 * Calls every method once.
	 */
	abstract void callAll();

	@Setup(Level.Trial)
	public void learn() {
		round(FIRST_ROUNDS);
	}

	@Setup(Level.Iteration)
	public void remember() {
		round(ROUNDS);
	}

	@TearDown(Level.Trial)
	public void stop() {
		this.context.close();
	}

	private void round(int rounds) {
		for (int round = 0; round < rounds; round++) {
			callAll();
		}
	}

}
