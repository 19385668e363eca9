package dev.resilience.spring.autoconfigure;

import java.io.IOException;
import java.util.Objects;

import dev.resilience.redis.RedisProcess;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A Redis server that runs while the tests of a class do, which register it in a static
 * field.
 */
final class RedisServer implements BeforeAllCallback, AfterAllCallback {

	private final String[] settings;

	private @Nullable RedisProcess process;

	RedisServer(String... settings) {
		this.settings = settings;
	}

	@Override
	public void beforeAll(ExtensionContext context) throws IOException {
		this.process = new RedisProcess(this.settings);
	}

	@Override
	public void afterAll(ExtensionContext context) throws IOException {
		process().close();
	}

	int port() {
		return process().port();
	}

	String uri() {
		return process().uri();
	}

	private RedisProcess process() {
		return Objects.requireNonNull(this.process, "The server is not started");
	}

}
