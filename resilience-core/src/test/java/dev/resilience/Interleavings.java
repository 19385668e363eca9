package dev.resilience;

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
	 * @param orders how many orders of each of a few scenarios are tried, as a rule
	 */
	public static void check(Class<?> subject, int orders) {
		new ModelCheckingOptions().threads(3)
			.actorsPerThread(2)
			.actorsBefore(1)
			.actorsAfter(1)
			.iterations(2 * ModelTests.effort())
			.invocationsPerIteration(orders * Math.min(10, ModelTests.effort()))
			.check(subject);
	}

}
