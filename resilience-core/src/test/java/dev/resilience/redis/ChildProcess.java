package dev.resilience.redis;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import dev.resilience.idempotency.IdempotencyConfig.OnAbandoned;

/**
 * Another JVM, in which {@link CrashChild} runs.
 */
final class ChildProcess implements AutoCloseable {

	private static final long PATIENCE = 40;

	private final Map<String, CompletableFuture<String>> answers = new ConcurrentHashMap<>();

	private final Queue<String> noise = new ConcurrentLinkedQueue<>();

	private final AtomicInteger questions = new AtomicInteger();

	private final Process process;

	private final PrintWriter lines;

	private volatile boolean ended;

	ChildProcess(String uri, Duration lease, Duration wait, Duration shift) throws IOException {
		String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
		this.process = new ProcessBuilder(java, "-Xmx64m", "-Xss256k", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
				"-cp", System.getProperty("java.class.path"), CrashChild.class.getName(), uri, lease.toString(),
				wait.toString(), shift.toString())
			.redirectErrorStream(true)
			.start();
		this.lines = new PrintWriter(this.process.outputWriter(StandardCharsets.UTF_8), true);
		Thread reader = new Thread(this::read, "child " + this.process.pid());
		reader.setDaemon(true);
		reader.start();
	}

	private void read() {
		try (BufferedReader reader = this.process.inputReader(StandardCharsets.UTF_8)) {
			for (String line = reader.readLine(); line != null; line = reader.readLine()) {
				if (line.startsWith(CrashChild.ANSWER)) {
					String[] answer = line.substring(CrashChild.ANSWER.length()).split(" ", 2);
					answer(answer[0]).complete(answer[1]);
				}
				else {
					this.noise.add(line);
				}
			}
		}
		catch (IOException ex) {
			this.noise.add(ex.toString());
		}
		this.ended = true;
		this.answers.values().forEach(this::fail);
	}

	private void fail(CompletableFuture<String> answer) {
		answer.completeExceptionally(new IllegalStateException("The process has ended: " + this.noise));
	}

	private CompletableFuture<String> answer(String topic) {
		CompletableFuture<String> answer = this.answers.computeIfAbsent(topic, (name) -> new CompletableFuture<>());
		if (this.ended) {
			fail(answer);
		}
		return answer;
	}

	private String await(String topic) {
		return get(answer(topic));
	}

	/**
	 * Waits for an answer.
	 */
	static String get(CompletableFuture<String> answer) {
		return answer.orTimeout(PATIENCE, TimeUnit.SECONDS).join();
	}

	ChildProcess awaitReady() {
		await("ready");
		return this;
	}

	/**
	 * Calls.
	 * @param point where the call waits for {@link #go(String)}, if it does
	 */
	Call run(OnAbandoned policy, CrashPoint point, String key) {
		int id = this.questions.incrementAndGet();
		CompletableFuture<String> begun = answer("begun:" + id);
		CompletableFuture<String> done = answer("done:" + id);
		this.lines.println("run " + id + " " + policy + " " + point + " " + key);
		return new Call(begun, done);
	}

	Call run(OnAbandoned policy, String key) {
		return run(policy, CrashPoint.ANY, key);
	}

	/**
	 * Waits until the call with a key has come to its point.
	 */
	void awaitHalt(String key) {
		await("at:" + key);
	}

	void go(String key) {
		this.lines.println("go " + key);
	}

	/**
	 * How many calls of a policy ended in some way.
	 */
	int count(OnAbandoned policy, String end) {
		int id = this.questions.incrementAndGet();
		this.lines.println("counts " + id);
		String counts = await("counts:" + id + ":" + policy);
		return List.of(counts.substring(1, counts.length() - 1).split(", "))
			.stream()
			.map((count) -> count.split("="))
			.filter((count) -> count[0].equals(end))
			.mapToInt((count) -> Integer.parseInt(count[1]))
			.findAny()
			.orElseThrow();
	}

	/**
	 * Lets it end like a program that was told to.
	 * @return its exit value
	 */
	int exit() throws InterruptedException {
		this.lines.println("exit");
		if (!this.process.waitFor(PATIENCE, TimeUnit.SECONDS)) {
			throw new IllegalStateException("The process does not end: " + this.noise);
		}
		return this.process.exitValue();
	}

	/**
	 * Stops it where it is.
	 */
	void freeze() {
		signal("-STOP");
	}

	/**
	 * Lets it go on as if nothing had been.
	 */
	void thaw() {
		signal("-CONT");
	}

	private void signal(String signal) {
		try {
			int failure = new ProcessBuilder("kill", signal, Long.toString(this.process.pid())).start().waitFor();
			if (failure != 0) {
				throw new IllegalStateException("No " + signal);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Kills it without a warning, also while it is stopped.
	 */
	@Override
	public void close() {
		this.process.destroyForcibly();
		try {
			if (!this.process.waitFor(PATIENCE, TimeUnit.SECONDS)) {
				throw new IllegalStateException("The process survived");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * A call on its way.
	 *
	 * @param begun when its thread runs
	 * @param done what the caller was told
	 */
	record Call(CompletableFuture<String> begun, CompletableFuture<String> done) {

		String result() {
			return get(this.done);
		}

	}

}
