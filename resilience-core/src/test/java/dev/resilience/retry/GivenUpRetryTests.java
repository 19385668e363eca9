package dev.resilience.retry;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;

import dev.resilience.PolicySnapshot;
import dev.resilience.RecordingListener;
import dev.resilience.time.FakeTicker;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class GivenUpRetryTests {

	private final FakeTicker ticker = new FakeTicker();

	@Test
	void cancelWhenTheLastAttemptFailsAfterwardsShouldPayForNoRetryAndTellOfNone() {
		Retry retry = new Retry("orders", RetryConfig.builder().budget(new RetryBudget(0, 3)).build(),
				this.ticker.source());
		RecordingListener listener = new RecordingListener();
		retry.addListener(listener);
		CompletableFuture<Object> running = new CompletableFuture<>();
		CompletableFuture<Object> call = retry.callAsync(running::minimalCompletionStage).toCompletableFuture();
		call.cancel(true);
		running.completeExceptionally(new IOException("refused"));
		PolicySnapshot snapshot = retry.snapshot();
		assertThat(snapshot.gauges()).containsEntry("retries", 0.0).containsEntry("budget", 3.0);
		assertThat(snapshot.calls()).containsEntry("ignored", 1L);
		assertThat(listener.events()).isEmpty();
	}

}
