package dev.resilience.idempotency.store;

import java.lang.reflect.Type;

/**
 * Turns the results of one operation into bytes and back, for stores that keep bytes.
 * Implementations are thread-safe. What they read comes from a store that others may
 * write to: they must decode into types of the operation only, never into one that the
 * bytes name.
 */
public interface ResultCodec {

	/**
	 * Writes a result.
	 * @param value the result, not {@code null}
	 * @return its bytes
	 * @throws Exception when it cannot be written; the result is then not kept, and later
	 * calls with its key are told so
	 */
	byte[] encode(Object value) throws Exception;

	/**
	 * Reads a result.
	 * @param bytes what {@link #encode(Object)} made, or what somebody put in its place
	 * @return the result
	 * @throws Exception when the bytes are no result of the operation
	 */
	Object decode(byte[] bytes) throws Exception;

	/**
	 * Makes the codecs of operations.
	 */
	@FunctionalInterface
	interface Factory {

		/**
		 * Makes the codec of an operation. Called at start-up: what can never be written
		 * or read is to be refused here.
		 * @param operation its name
		 * @param type what it returns, with type arguments
		 * @return the codec
		 * @throws IllegalArgumentException when results of the type cannot be written and
		 * read; the message says why and what to do
		 */
		ResultCodec codecOf(String operation, Type type);

	}

}
