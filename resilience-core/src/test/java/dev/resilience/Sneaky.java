package dev.resilience;

/**
 * Throws what a signature does not allow, as languages without checked exceptions do.
 */
public final class Sneaky {

	private Sneaky() {
	}

	/**
	 * Throws a fault as it is.
	 * @param <X> what the compiler takes it for
	 * @param fault the fault
	 * @return nothing, for callers that throw it
	 * @throws X the fault
	 */
	@SuppressWarnings({ "unchecked", "TypeParameterUnusedInFormals" })
	public static <X extends Throwable> RuntimeException sneaky(Throwable fault) throws X {
		throw (X) fault;
	}

}
