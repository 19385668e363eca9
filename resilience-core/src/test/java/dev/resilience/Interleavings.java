package dev.resilience;

import java.time.Clock;
import java.util.function.Consumer;

import dev.resilience.time.Sleeper;
import dev.resilience.time.Ticker;
import dev.resilience.time.TimeSource;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;

/**
 * Runs the operations of a class in every order that a few switches between threads can
 * bring about, as far as the effort goes. What they return must be what they return in
 * some order one after the other, and what the class validates must hold in the end.
 */
public final class Interleavings {

	private Interleavings() {
	}

	/**
	 * Checks a class whose operations are annotated.
	 * @param subject the class; each run takes a new instance
	 * @param orders how many orders of each of a few scenarios are tried; more effort is
	 * for more scenarios
	 */
	public static void check(Class<?> subject, int orders) {
		check(subject, orders, 1);
	}

	/**
	 * Checks a class of which nothing is left to do after any one operation: none comes
	 * before the others.
	 * @param subject the class; each run takes a new instance
	 * @param orders as for {@link #check(Class, int)}
	 */
	public static void checkFromStart(Class<?> subject, int orders) {
		check(subject, orders, 0);
	}

	private static void check(Class<?> subject, int orders, int before) {
		new ModelCheckingOptions().threads(3)
			.actorsPerThread(2)
			.actorsBefore(before)
			.actorsAfter(1)
			.iterations(2 * ModelTests.effort())
			.invocationsPerIteration(orders * Math.min(2, ModelTests.effort()))
			.check(subject);
	}

	/**
	 * Time for a scenario. What is to run at once runs on the spot.
	 * @param ticker what time it is
	 * @param later takes what is to run later, and may run it or not
	 * @return the time
	 */
	public static TimeSource time(Ticker ticker, Consumer<Runnable> later) {
		return new TimeSource(ticker, Clock.systemUTC(), new Sleeper() {

			@Override
			public void sleep(long nanos) {
				throw new UnsupportedOperationException();
			}

			@Override
			public Timer schedule(Runnable task, long nanos) {
				if (nanos <= 0) {
					task.run();
				}
				else {
					later.accept(task);
				}
				return () -> {
				};
			}

		});
	}

}
