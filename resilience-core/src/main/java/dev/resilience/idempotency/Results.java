package dev.resilience.idempotency;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import dev.resilience.idempotency.store.ResultCodec;
import org.jspecify.annotations.Nullable;

/**
 * What a store keeps of a call's end, as an object or in bytes. Immutable and
 * thread-safe.
 */
final class Results {

	// In bytes, the first one is the kind: 'N' for null, 'V' before a value, 'F' before
	// the type of a failure, its length ahead in two bytes, and its message, 'T' before
	// the letter of why there is nothing else.
	//
	// A result that cannot be written, or is too large, must not make the call run again:
	// it took effect. So the store keeps that much. Writing runs code of the result,
	// which
	// may fail in every way, with an Error too: it is never the call's failure.

	private static final int MAX_TYPE = 500;

	private static final int MAX_MESSAGE = 2_000;

	private final @Nullable ResultCodec codec;

	private final int maxBytes;

	/**
	 * Creates it.
	 * @param codec writes values, or {@code null} where objects are kept
	 * @param maxBytes the most bytes of a value
	 */
	Results(@Nullable ResultCodec codec, int maxBytes) {
		this.codec = codec;
		this.maxBytes = maxBytes;
	}

	/**
	 * What is kept of a value: the value, or why it is not there.
	 */
	@Nullable Object keep(@Nullable Object value) {
		if (this.codec == null) {
			return value;
		}
		if (value == null) {
			return new byte[] { 'N' };
		}
		byte[] bytes;
		try {
			bytes = this.codec.encode(value);
		}
		catch (Throwable ex) {
			return keep(Tombstone.NOT_WRITABLE);
		}
		if (bytes.length > this.maxBytes) {
			return keep(Tombstone.TOO_LARGE);
		}
		return ByteBuffer.allocate(1 + bytes.length).put((byte) 'V').put(bytes).array();
	}

	/**
	 * What is kept when there is no value to keep.
	 */
	Object keep(Tombstone tombstone) {
		return (this.codec == null) ? tombstone : new byte[] { 'T', (byte) tombstone.letter };
	}

	Object keepFailure(Throwable cause) {
		Failure failure = new Failure(cut(cause.getClass().getName(), MAX_TYPE), cut(message(cause), MAX_MESSAGE));
		if (this.codec == null) {
			return failure;
		}
		byte[] type = failure.type.getBytes(StandardCharsets.UTF_8);
		byte[] text = failure.message.getBytes(StandardCharsets.UTF_8);
		return ByteBuffer.allocate(3 + type.length + text.length)
			.put((byte) 'F')
			.putShort((short) type.length)
			.put(type)
			.put(text)
			.array();
	}

	private static String message(Throwable cause) {
		try {
			String message = cause.getMessage();
			return (message != null) ? message : "";
		}
		catch (Throwable ex) {
			return "";
		}
	}

	/**
	 * Whether what is kept is less than the value.
	 */
	static boolean isTombstone(@Nullable Object kept) {
		return kept instanceof Tombstone || (kept instanceof byte[] bytes && bytes.length == 2 && bytes[0] == 'T');
	}

	/**
	 * What was kept: a value, a {@link Failure} or a {@link Tombstone}.
	 * @throws Exception when it is none of these
	 */
	@Nullable Object read(@Nullable Object kept) throws Exception {
		if (this.codec == null) {
			return kept;
		}
		ByteBuffer buffer = ByteBuffer.wrap((byte[]) kept);
		byte kind = buffer.get();
		return switch (kind) {
			case 'N' -> null;
			case 'V' -> this.codec.decode(rest(buffer));
			case 'F' -> failure(buffer);
			case 'T' -> Tombstone.of((char) buffer.get());
			default -> throw new IllegalStateException("There is no result of kind " + kind);
		};
	}

	private static Failure failure(ByteBuffer buffer) {
		byte[] type = new byte[Short.toUnsignedInt(buffer.getShort())];
		buffer.get(type);
		return new Failure(new String(type, StandardCharsets.UTF_8), new String(rest(buffer), StandardCharsets.UTF_8));
	}

	private static byte[] rest(ByteBuffer buffer) {
		byte[] bytes = new byte[buffer.remaining()];
		buffer.get(bytes);
		return bytes;
	}

	private static String cut(String text, int length) {
		return (text.length() > length) ? text.substring(0, length) : text;
	}

	/**
	 * A failure that is an answer.
	 */
	record Failure(String type, String message) {
	}

	/**
	 * Why a call that took effect has no result.
	 */
	enum Tombstone {

		NOT_WRITABLE('w', "it cannot be written"), TOO_LARGE('l', "it is larger than 'max-result-size'"),
		SETTLED('s', "the call was settled by hand");

		private final char letter;

		private final String reason;

		Tombstone(char letter, String reason) {
			this.letter = letter;
			this.reason = reason;
		}

		String reason() {
			return this.reason;
		}

		private static Tombstone of(char letter) {
			for (Tombstone each : values()) {
				if (each.letter == letter) {
					return each;
				}
			}
			throw new IllegalStateException("There is no tombstone of kind " + (int) letter);
		}

	}

}
