package dev.resilience.spring.aop;

/**
 * A method started work that nobody can follow, against its declaration. An error, as the
 * work goes on: whoever asks whether it took effect must not be told that it did not.
 */
final class UntrackableCallError extends Error {

	private static final long serialVersionUID = 1L;

	UntrackableCallError(Class<?> returned) {
		super("A protected method returned a " + returned.getName()
				+ " but is declared to return Object: declare what it returns, so that the call can be followed");
	}

}
