package dev.resilience.timeout;

import java.util.Random;

import dev.resilience.ModelTests;
import dev.resilience.time.FakeTicker;

class TimeoutModelTests extends ModelTests {

	@Override
	protected Model model(Random random, FakeTicker ticker) {
		return new TimeoutModel(random, ticker);
	}

}
