package dev.resilience.ratelimiter;

import java.util.Random;

import dev.resilience.ModelTests;
import dev.resilience.time.FakeTicker;

class LimiterModelTests extends ModelTests {

	@Override
	protected Model model(Random random, FakeTicker ticker) {
		return new LimiterModel(random, ticker, LimiterModel.algorithm(random));
	}

}
