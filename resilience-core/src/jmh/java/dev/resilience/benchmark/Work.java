package dev.resilience.benchmark;

import java.util.concurrent.Callable;

/**
 * The guarded work: next to nothing.
 */
final class Work implements Callable<Integer> {

	private final Integer result = Integer.valueOf(42);

	@Override
	public Integer call() {
		return this.result;
	}

}
