package dev.resilience.bulkhead;

import java.time.Duration;
import java.util.Random;

import dev.resilience.ModelTests;
import dev.resilience.time.FakeTicker;

class BulkheadModelTests extends ModelTests {

	@Override
	protected Model model(Random random, FakeTicker ticker) {
		boolean waits = random.nextInt(4) > 0;
		return new BulkheadModel(random, ticker,
				new BulkheadConfig(1 + random.nextInt(5),
						waits ? Duration.ofMillis(1 + random.nextInt(5_000)) : Duration.ZERO, random.nextInt(5),
						1 + random.nextInt(3)));
	}

}
