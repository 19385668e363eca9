package dev.resilience.redis;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * A record of idempotency as it stands in Redis. Immutable.
 */
final class RecordBytes {

	// A record is one string: a head, written by the claim, and what became of the call,
	// appended to it.
	//
	// head: 'P', owner (16), ttl in ms (8), claimed at in ms (8), attempt (1),
	// length (2), fingerprint
	// ended: 'C', owner (16), completed at in ms (8), length (4), result
	// ended: 'A', owner (16), when the outcome is unknown
	//
	// Only what names the head's own owner counts: an owner that lost the record may
	// append to it without harm, and so the result is stored by a plain APPEND, which
	// costs the server a third of a script. Another owner or a length that is not
	// expected tells that there is something to judge, which a script does.
	//
	// A record without a head is a result whose record vanished before it came. It counts
	// as the result of whoever it names. The script that its owner sends next gives it a
	// head and an expiry. If the owner dies in between, it stays without both, until
	// somebody forgets it: nobody knows what it was the answer to, so who asks with a
	// fingerprint is told that the key was used for something else. Who asks with none
	// gets it.

	static final byte HEAD = 'P';

	static final byte COMPLETED = 'C';

	static final byte ABANDONED = 'A';

	private static final int OWNER = 16;

	/** How many bytes tell whose record it is. */
	static final int HOLDER_LENGTH = 1 + OWNER;

	private static final int HEAD_LENGTH = 1 + OWNER + 8 + 8 + 1 + 2;

	private static final int RESULT_LENGTH = 1 + OWNER + 8 + 4;

	private static final int NO_FINGERPRINT = 0xFFFF;

	private static final int MAX_FINGERPRINT = 1_000;

	private static final int MAX_ATTEMPT = 255;

	private final UUID owner;

	private final @Nullable Head head;

	private final byte ending;

	private final long endedAt;

	private final byte[] result;

	private RecordBytes(UUID owner, @Nullable Head head, byte ending, long endedAt, byte[] result) {
		this.owner = owner;
		this.head = head;
		this.ending = ending;
		this.endedAt = endedAt;
		this.result = result;
	}

	static byte[] result(UUID owner, long completedAt, byte[] result) {
		return put(ByteBuffer.allocate(RESULT_LENGTH + result.length).put(COMPLETED), owner).putLong(completedAt)
			.putInt(result.length)
			.put(result)
			.array();
	}

	static byte[] bytes(UUID owner) {
		return put(ByteBuffer.allocate(OWNER), owner).array();
	}

	/**
	 * Whether a record's first bytes are those of a head.
	 */
	static boolean begins(byte[] head, byte[] begin) {
		return Arrays.equals(head, 0, HOLDER_LENGTH, begin, 0, begin.length);
	}

	private static ByteBuffer put(ByteBuffer buffer, UUID owner) {
		return buffer.putLong(owner.getMostSignificantBits()).putLong(owner.getLeastSignificantBits());
	}

	/**
	 * Reads a record.
	 * @throws IllegalStateException when the bytes are none
	 */
	static RecordBytes read(byte[] bytes) {
		ByteBuffer buffer = ByteBuffer.wrap(bytes);
		try {
			return read(buffer);
		}
		catch (RuntimeException ex) {
			throw new IllegalStateException("What is stored under an idempotency key is no record of this library's:"
					+ " give the library a key prefix or a database of its own", ex);
		}
	}

	private static RecordBytes read(ByteBuffer buffer) {
		Head head = (buffer.get(0) == HEAD) ? Head.read(buffer) : null;
		UUID owner = (head != null) ? head.owner() : new UUID(buffer.getLong(1), buffer.getLong(9));
		byte ending = 0;
		while (buffer.hasRemaining()) {
			byte kind = buffer.get();
			boolean counts = owner.equals(new UUID(buffer.getLong(), buffer.getLong()));
			if (kind == COMPLETED) {
				long endedAt = buffer.getLong();
				byte[] result = bytes(buffer, buffer.getInt());
				if (counts) {
					return new RecordBytes(owner, head, kind, endedAt, result);
				}
			}
			else if (kind != ABANDONED) {
				throw new IllegalStateException("There is nothing of kind " + kind);
			}
			else if (counts) {
				ending = kind;
			}
		}
		return new RecordBytes(owner, head, ending, 0, new byte[0]);
	}

	private static byte[] bytes(ByteBuffer buffer, int length) {
		if (length < 0 || length > buffer.remaining()) {
			throw new IllegalStateException("A part of it is missing");
		}
		byte[] bytes = new byte[length];
		buffer.get(bytes);
		return bytes;
	}

	UUID owner() {
		return this.owner;
	}

	/**
	 * What the claim wrote; nothing for a lone result.
	 */
	@Nullable Head head() {
		return this.head;
	}

	/**
	 * Whether it is about what a claim asks for. One that does not tell is about nothing
	 * that has a fingerprint.
	 */
	boolean hasFingerprint(@Nullable String fingerprint) {
		return Objects.equals((this.head != null) ? this.head.fingerprint() : null, fingerprint);
	}

	boolean isCompleted() {
		return this.ending == COMPLETED;
	}

	boolean isAbandoned() {
		return this.ending == ABANDONED;
	}

	long ttlMillis() {
		return (this.head != null) ? this.head.ttlMillis() : 0;
	}

	int attempt() {
		return (this.head != null) ? this.head.attempt() : 1;
	}

	long endedAt() {
		return this.endedAt;
	}

	byte[] result() {
		return this.result;
	}

	/**
	 * What a claim wrote.
	 *
	 * @param owner who claimed
	 * @param ttlMillis how long the record stays after the lease
	 * @param claimedAt when, in milliseconds of the epoch
	 * @param attempt 1, or more if it was taken over
	 * @param fingerprint a digest of what was asked for
	 */
	record Head(UUID owner, long ttlMillis, long claimedAt, int attempt, @Nullable String fingerprint) {

		private static Head read(ByteBuffer buffer) {
			buffer.get();
			UUID owner = new UUID(buffer.getLong(), buffer.getLong());
			long ttlMillis = buffer.getLong();
			long claimedAt = buffer.getLong();
			int attempt = Byte.toUnsignedInt(buffer.get());
			int length = Short.toUnsignedInt(buffer.getShort());
			return new Head(owner, ttlMillis, claimedAt, attempt, (length == NO_FINGERPRINT) ? null
					: new String(RecordBytes.bytes(buffer, length), StandardCharsets.UTF_8));
		}

		byte[] bytes() {
			byte[] text = (this.fingerprint != null) ? this.fingerprint.getBytes(StandardCharsets.UTF_8) : new byte[0];
			if (text.length > MAX_FINGERPRINT) {
				throw new IllegalArgumentException(
						"The fingerprint has " + text.length + " bytes but must have at most " + MAX_FINGERPRINT
								+ ": give a digest, such as Fingerprint.of" + " makes");
			}
			return put(ByteBuffer.allocate(HEAD_LENGTH + text.length).put(HEAD), this.owner).putLong(this.ttlMillis)
				.putLong(this.claimedAt)
				.put((byte) Math.min(this.attempt, MAX_ATTEMPT))
				.putShort((short) ((this.fingerprint != null) ? text.length : NO_FINGERPRINT))
				.put(text)
				.array();
		}

	}

}
