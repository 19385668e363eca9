package dev.resilience.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.awaitility.Awaitility;

/**
 * The packaged sample, run as users run it, on a free port. Closing it ends the process,
 * and so does the end of this JVM.
 */
final class SampleProcess implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final Pattern PORT = Pattern.compile("started on port (\\d+)");

	private static final List<String> FOREIGN = List.of("SPRING_", "SERVER_", "MANAGEMENT_", "RESILIENCE_");

	private final Process process;

	private final Thread ender;

	private final Path log;

	private final Duration startUp;

	private SampleProcess(Process process, Path log) {
		this.process = process;
		this.log = log;
		this.ender = new Thread(process::destroyForcibly);
		Runtime.getRuntime().addShutdownHook(this.ender);
		long begin = System.nanoTime();
		try {
			Awaitility.await("the start of the sample")
				.atMost(PATIENCE)
				.pollInterval(Duration.ofMillis(50))
				.until(() -> log().contains("Started CheckoutApplication") || !process.isAlive());
		}
		catch (RuntimeException ex) {
			close();
			throw new IllegalStateException("The sample did not start within " + PATIENCE + ":\n" + log(), ex);
		}
		this.startUp = Duration.ofNanos(System.nanoTime() - begin);
	}

	static SampleProcess start(Path jar) throws IOException {
		String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
		Path log = jar.resolveSibling("walk-through.log");
		ProcessBuilder command = new ProcessBuilder(java, "-jar", jar.toString(), "--server.port=0");
		command.environment().keySet().removeIf((name) -> FOREIGN.stream().anyMatch(name::startsWith));
		return new SampleProcess(command.redirectErrorStream(true).redirectOutput(log.toFile()).start(), log);
	}

	Duration startUp() {
		return this.startUp;
	}

	int port() {
		Matcher port = PORT.matcher(log());
		if (!port.find()) {
			throw new IllegalStateException("The sample did not start:\n" + log());
		}
		return Integer.parseInt(port.group(1));
	}

	String log() {
		try {
			return Files.readString(this.log);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	boolean isAlive() {
		return this.process.isAlive();
	}

	@Override
	public void close() {
		this.process.destroyForcibly();
		boolean interrupted = false;
		boolean ended = false;
		while (!ended) {
			try {
				ended = this.process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				interrupted = true;
			}
		}
		Runtime.getRuntime().removeShutdownHook(this.ender);
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
	}

}
