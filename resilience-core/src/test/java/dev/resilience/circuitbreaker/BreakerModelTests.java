package dev.resilience.circuitbreaker;

import java.util.Random;

import dev.resilience.ModelTests;
import dev.resilience.time.FakeTicker;

class BreakerModelTests extends ModelTests {

	@Override
	protected Model model(Random random, FakeTicker ticker) {
		return new BreakerModel(random, ticker);
	}

}
