package dev.resilience.retry;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;

import dev.resilience.ModelTests;
import dev.resilience.time.FakeTicker;

class RetryModelTests extends ModelTests {

	@Override
	protected Model model(Random random, FakeTicker ticker) {
		// Where chance has its say, the model cannot know a delay to the nanosecond.
		boolean exact = random.nextInt(4) > 0;
		long base = 500L * random.nextInt(5);
		RetryConfig config = RetryConfig.builder()
			.maxRetries(random.nextInt(5))
			.baseDelay(Duration.ofMillis(base))
			.backoffFactor(1 + random.nextInt(3))
			.maxDelay(Duration.ofMillis(base + 500L * random.nextInt(10)))
			.jitter(exact ? 0 : random.nextDouble())
			.maxDuration((exact && random.nextBoolean()) ? Duration.ofMillis(500L * (1 + random.nextInt(20))) : null)
			.retryExceptions(List.of(IOException.class))
			.excludeExceptions(List.of(FileNotFoundException.class))
			.retryResult("unwanted"::equals)
			.retryAfter((failure) -> (failure instanceof RetryModel.Busy busy) ? busy.asked : null)
			.retryRejected(random.nextBoolean())
			.budget(new RetryBudget(random.nextInt(4) / 4.0, random.nextInt(4)))
			.build();
		return new RetryModel(random, ticker, config, exact);
	}

}
