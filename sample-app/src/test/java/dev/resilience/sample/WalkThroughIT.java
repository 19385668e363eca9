package dev.resilience.sample;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.resilience.sample.WalkThrough.Step;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;

import org.springframework.http.HttpStatus;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs the README's walk-through against the packaged sample.
 */
class WalkThroughIT {

	private static final Duration SLACK = Duration.ofSeconds(10);

	private static final int MOST_ORDERS = 50;

	private final HttpClient client = HttpClient.newBuilder().proxy(HttpClient.Builder.NO_PROXY).build();

	@Test
	void walkThroughWhenSampleRunsShouldAnswerAsReadmeSays() throws IOException, InterruptedException {
		List<Step> steps = WalkThrough.parse(Files.readString(path("readme")));
		SampleProcess sample = SampleProcess.start(path("sample.jar"));
		try (sample) {
			int port = sample.port();
			System.out.println("The sample started in " + sample.startUp().toMillis() + " ms");
			assertThat(sample.startUp()).isLessThan(Duration.ofSeconds(60));
			for (Step step : steps) {
				run(step, port);
			}
		}
		assertThat(sample.isAlive()).isFalse();
	}

	private void run(Step step, int port) throws IOException, InterruptedException {
		if (step.seconds() > 0) {
			runLater(step, port);
			return;
		}
		HttpResponse<String> answer = step.command().run(this.client, port);
		if (step.expectation().status() == HttpStatus.TOO_MANY_REQUESTS.value()) {
			// A limit earns permits while the commands before it run, more of them on a
			// slow machine than on a fast one: place orders until they are spent.
			for (int order = 2; order <= MOST_ORDERS && answer.statusCode() < 300; order++) {
				answer = step.command().anew(order).run(this.client, port);
			}
		}
		assertThat(describe(step, answer)).isEmpty();
	}

	/**
	 * Runs a command after a sleep, and again until it answers as expected: what is due
	 * then may come a little later on a slow machine.
	 */
	private void runLater(Step step, int port) {
		Duration sleep = Duration.ofSeconds(step.seconds());
		List<String> differences = new CopyOnWriteArrayList<>();
		try {
			Awaitility.await()
				.pollInSameThread()
				.pollDelay(sleep)
				.pollInterval(Duration.ofSeconds(1))
				.atMost(sleep.plus(SLACK))
				.until(() -> {
					String difference = describe(step, step.command().run(this.client, port));
					differences.add(difference);
					return difference.isEmpty();
				});
		}
		catch (ConditionTimeoutException ex) {
			throw new AssertionError(String.join("\n", differences), ex);
		}
	}

	private static String describe(Step step, HttpResponse<String> answer) {
		String difference = step.expectation().differenceTo(answer);
		return difference.isEmpty() ? "" : difference + "\nafter: " + step.line() + "\nexpected: " + step.expectation()
				+ "\nanswered: " + answer.statusCode() + " " + answer.headers().map() + " " + answer.body();
	}

	private static Path path(String property) {
		return Path.of(Objects.requireNonNull(System.getProperty(property), () -> "The build sets '" + property + "'"));
	}

}
