package dev.resilience;

import java.time.Clock;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

import dev.resilience.time.Sleeper;
import dev.resilience.time.Ticker;
import dev.resilience.time.TimeSource;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
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

	/**
	 * Checks operations against each other, each scenario being written out: with so few
	 * operations the orders are few enough to be tried to a good part, even if each does
	 * a lot.
	 * @param subject the class; each run takes a new instance
	 * @param orders how many orders of each scenario are tried
	 * @param scenarios names of operations, such as {@code "a > b | c d > e"}: first a,
	 * then one thread's b beside another's c and d, and in the end e
	 */
	public static void checkTogether(Class<?> subject, int orders, String... scenarios) {
		ModelCheckingOptions options = new ModelCheckingOptions().iterations(0)
			.invocationsPerIteration(orders * Math.min(2, ModelTests.effort()))
			.minimizeFailedScenario(false);
		for (String scenario : scenarios) {
			String[] parts = scenario.split(">", -1);
			List<List<Actor>> threads = Stream.of(parts[1].split("\\|", -1))
				.map((names) -> actors(subject, names))
				.toList();
			options.addCustomScenario(
					new ExecutionScenario(actors(subject, parts[0]), threads, actors(subject, parts[2]), null));
		}
		options.check(subject);
	}

	private static List<Actor> actors(Class<?> subject, String names) {
		return Stream.of(names.strip().split(" +", -1)).filter((name) -> !name.isEmpty()).map((name) -> {
			try {
				return new Actor(subject.getMethod(name), List.of());
			}
			catch (NoSuchMethodException ex) {
				throw new IllegalArgumentException(ex);
			}
		}).toList();
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
