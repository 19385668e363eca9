package dev.resilience.idempotency;

import java.util.concurrent.Executor;

import dev.resilience.time.TimeSource;

/**
 * Runs a step on another thread than the one that learned of its turn: that one may be
 * another caller's, or the one that reads all answers of a store. Only when there is no
 * other thread it does so itself. Thread-safe.
 */
final class Elsewhere implements Executor {

	private final TimeSource time;

	Elsewhere(TimeSource time) {
		this.time = time;
	}

	@Override
	public void execute(Runnable step) {
		try {
			this.time.sleeper().schedule(step, 0);
		}
		catch (Throwable ex) {
			step.run();
		}
	}

}
