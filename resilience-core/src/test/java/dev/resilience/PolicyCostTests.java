package dev.resilience;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import dev.resilience.bulkhead.Bulkhead;
import dev.resilience.bulkhead.BulkheadConfig;
import dev.resilience.timeout.Timeout;
import dev.resilience.timeout.TimeoutConfig;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

@org.junit.jupiter.api.Timeout(60)
class PolicyCostTests {

	private static final int CALLED = 50;

	private static final int ROUNDS = 10;

	private static final int CALLS = 20_000;

	/**
	 * A look through all policies would cost 200 times as much, full caches twice or so.
	 */
	private static final double FACTOR = 8;

	@Test
	void callShouldCostTheSameBesideTenThousandOtherPolicies() throws Exception {
		Policies few = new Policies(CALLED);
		Policies many = new Policies(PolicyRegistry.MAX_POLICIES);
		double costOfFew = Double.MAX_VALUE;
		double costOfMany = Double.MAX_VALUE;
		for (int round = 0; round < ROUNDS; round++) {
			costOfFew = Math.min(costOfFew, few.nanosPerCall());
			costOfMany = Math.min(costOfMany, many.nanosPerCall());
		}
		assertThat(costOfMany).isLessThan(FACTOR * costOfFew);
	}

	/**
	 * Registered policies, a few of which are called.
	 */
	private static final class Policies {

		private final PolicyRegistry<Policy> registry = new PolicyRegistry<>("any");

		private final List<String> called = new ArrayList<>();

		Policies(int number) {
			TimeoutConfig limit = new TimeoutConfig(Duration.ofSeconds(10), true);
			for (int index = 0; index < number; index++) {
				String name = "policy-" + index;
				this.registry.register((index * CALLED / number % 2 == 0)
						? Bulkhead.of(name, BulkheadConfig.builder().build()) : Timeout.of(name, limit));
				if (index % (number / CALLED) == 0) {
					this.called.add(name);
				}
			}
		}

		double nanosPerCall() throws Exception {
			long begin = System.nanoTime();
			for (int call = 0; call < CALLS; call++) {
				this.registry.get(this.called.get(call % CALLED)).call(() -> "done");
			}
			return (double) (System.nanoTime() - begin) / CALLS;
		}

	}

}
